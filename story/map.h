/* map.h - a story as a graph to look at: its passages, where they lead and on what conditions.
 *
 * Written as Graphviz's dot, as an indented tree, as a drawing in SVG and as one HTML page that
 * needs nothing else. Every text is escaped as its format asks; the same story and counts give the
 * same bytes. */
#ifndef FD_STORY_MAP_H
#define FD_STORY_MAP_H

#include <cjson/cJSON.h>

#include "story/story.h"

typedef struct fd_map_passage {
    const char *name; /* the story's */
    bool told;        /* a part of the story: the others are not drawn */
    bool start, ending;
    bool dreams;   /* holds a dream, or was kept from one (tag "dreamed") */
    bool chance;   /* chance decides where one of its links leads, or which it has */
    size_t visits; /* in plays; 0 without plays */
} fd_map_passage;

typedef struct fd_map_link {
    size_t from, to;        /* passages; one link for all ways from one to the other */
    fd_buffer label, terms; /* what the reader chooses; conditions and chance, in words */
    size_t taken;           /* in plays */
} fd_map_link;

typedef struct fd_story_map {
    const fd_story *story;
    fd_map_passage *passages; /* [story->twee.count] */
    fd_map_link *links;       /* by `from`, in the order of story->targets */
    size_t link_count;
    size_t *first; /* [story->twee.count + 1] where a passage's links begin */
    size_t plays;  /* 0: visits and taken say nothing */
} fd_story_map;

/* The map of a story, which outlives it. */
fd_story_map *fd_story_map_new(const fd_story *story, fd_error *error);
void fd_story_map_free(fd_story_map *map);

typedef bool fd_map_writer(const fd_story_map *map, fd_buffer *page, fd_error *error);
fd_map_writer fd_map_write_dot;
fd_map_writer fd_map_write_text; /* the tree of shortest ways; other links stand as arrows */
fd_map_writer fd_map_write_svg;
fd_map_writer fd_map_write_html; /* pan, zoom, search; a passage's text and ways on a click */

/* The whole as one object, with the passages' Twee when `text`; NULL when memory is short. */
cJSON *fd_map_json(const fd_story_map *map, bool text);

/* Adds a text to XML or HTML: & < > " ' as entities, what XML cannot hold as U+FFFD. */
bool fd_map_add_xml(fd_buffer *page, const char *text, fd_error *error);

/* The drawing without its XML declaration, for a page to hold; passages are groups with the
 * attribute data-p, links paths with data-from and data-to, numbers of passages all. */
fd_map_writer fd_map_add_drawing;

#endif
