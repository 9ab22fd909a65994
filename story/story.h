/* story.h - a story: its passages parsed into trees, and checked.
 *
 * Markup inside a passage (anything in braces that is none of these is plain text; a backslash
 * makes the next character plain; alternatives and branches may hold further markup and span
 * paragraphs):
 *
 *   [[label->target]] [[target<-label]] [[label|target]] [[target]]   a choice; the target may be
 *                             {~A|B}: chance decides where the link leads; SugarCube's setter
 *                             ([[label->target][$x to 1]]) is read over
 *   {~one|two|three}          chance; a weight before a colon: {~3:often|1:rarely}
 *   {>first|second|last}      a sequence: one a visit, then the last for good
 *   {&one|two}                a cycle           {!one|two}   each once, then nothing
 *   {%one|two|three}          a shuffled bag: all once in an order chance chose, then again
 *   {ask name "Question?" "default"}   asks the player, once; the answer is the text `name`
 *   {$name}                   a value woven in
 *   {set lamp = 1} {set lamp += 1} {set mood = "cold"}
 *   {?condition: text | else text}     conditions: lamp, lamp > 2, mood = "cold",
 *                             visited(Cellar), not, and, or, parentheses; the else is optional
 *   {dream 60 "opening words": fallback}  the narrator writes about 60 words here; they begin with
 *                             the opening (may be "" and may hold {$name}); the fallback is told
 *                             when there is no model
 *   {type Prompt->target}     the player may type free text here; it leads to target, and the
 *                             text is the value `typed`
 *
 * Spaces just inside the branches of a condition are dropped; alternatives keep theirs. Labels,
 * prompts, openings and fallbacks take text, alternatives, values and conditions only. A link that
 * chance decides needs a label. There are at most 64 alternatives, and 32 levels of markup. In
 * stories of Twine's other formats (format.h) their own markup is read over, and a link to what is
 * no passage is its label.
 */
#ifndef FD_STORY_STORY_H
#define FD_STORY_STORY_H

#include <stdint.h>

#include "story/foreign.h"

typedef enum fd_node_kind {
    FD_NODE_TEXT,  /* text */
    FD_NODE_VARY,  /* mode, branches with weights */
    FD_NODE_ASK,   /* name, text (question), other (default) */
    FD_NODE_SLOT,  /* name */
    FD_NODE_SET,   /* name, mode '=' or '+', text (a string value) or number */
    FD_NODE_IF,    /* condition, branches[0] then, branches[1] else (maybe empty) */
    FD_NODE_DREAM, /* number (words), branches[0] opening, branches[1] fallback */
    FD_NODE_LINK,  /* branches[0] label, branches[1] target */
    FD_NODE_TYPE,  /* branches[0] prompt, branches[1] target */
} fd_node_kind;

typedef struct fd_condition fd_condition;
typedef struct fd_node fd_node;

typedef struct fd_branch {
    fd_node *nodes;
    size_t count;
    size_t capacity;
    int64_t weight; /* at least 1 */
} fd_branch;

struct fd_node {
    fd_node_kind kind;
    char mode;   /* of VARY: ~ > & ! %; of SET: = or + */
    size_t line; /* in the file */
    size_t id;   /* counts the nodes of a passage from 0: what sequences are counted by */
    char *name;  /* owned, may be NULL */
    char *text;  /* owned, may be NULL */
    char *other; /* owned, may be NULL */
    int64_t number;
    fd_condition *condition;
    fd_branch *branches;
    size_t branch_count;
};

/* Where the links of a passage may lead, once each, in order. */
typedef struct fd_targets {
    size_t *passages;
    size_t count, capacity;
} fd_targets;

typedef struct fd_story {
    fd_twee twee;
    char *title;         /* StoryTitle, or the file's or folder's name */
    fd_branch *bodies;   /* [twee.count] parsed; empty for StoryTitle, StoryData, scripts, styles */
    fd_targets *targets; /* [twee.count] */
    bool *endings;       /* [twee.count] tagged so; in another format than ours, also those that
                          * nothing leads on from, neither a link nor a macro */
    bool *unseen;        /* [twee.count] in another format, those that may be left by other ways
                          * than targets: by a macro, or because they are told inside another */
    fd_format format;    /* passages of another than ours were read by foreign.h */
    fd_loose_ends loose; /* what those name and this program cannot follow */
    size_t start;        /* passage: StoryData's "start", or "Start" */
    bool closed;         /* StoryData says "closed": true */
    char hash[65];       /* SHA-256 of the files, one after the other, in hex */
} fd_story;

/* Reads a file, or a folder of them (project.h), parses and checks what a player could trip over:
 * FD_BAD_FILE with "file:line: message" for a malformed brace, a dead link, a missing start. */
fd_story *fd_story_load(const char *path, fd_error *error);

/* The same of texts that were read, each what messages call it and its bytes; `source` is what they
 * call the whole. */
typedef struct fd_story_file {
    const char *path;
    const fd_buffer *text;
} fd_story_file;
fd_story *fd_story_of(const char *source, const fd_story_file *files, size_t count,
                      fd_error *error);
fd_story *fd_story_parse(const char *source, const char *text, size_t length, fd_error *error);
void fd_story_free(fd_story *story);

/* The passage of that name, or (size_t)-1. */
size_t fd_story_find(const fd_story *story, const char *name);

/* Whether a link leads from one passage to the other. */
bool fd_story_leads(const fd_story *story, size_t from, size_t to);

/* Whether the passage is part of the story (format.h). */
bool fd_story_is_told(const fd_story *story, size_t passage);

/* Whether the player may only choose there (narrator.h). */
bool fd_story_is_closed(const fd_story *story, size_t passage);

/* Evaluation of a condition belongs to weave.c; its shape is here for it. */
struct fd_condition {
    enum { FD_IS_VALUE, FD_IS_VISITED, FD_IS_COMPARED, FD_IS_NOT, FD_IS_AND, FD_IS_OR } kind;
    char *name;      /* of a value or a passage */
    char compare[3]; /* = != < > <= >= */
    char *text;      /* compared with, or NULL for a number */
    int64_t number;
    fd_condition *left, *right;
};

/* Visits every node of what is told, in order, as long as the visitor returns true. Targets are
 * names, not told: they are left to who visits the link. */
typedef bool fd_node_visitor(void *context, const fd_node *node);
bool fd_branch_walk(const fd_branch *branch, fd_node_visitor *visit, void *context);

/* Counts over the passages that are told: words with every alternative's and label's, those of
 * dreams (openings and fallbacks) apart; `dreaming` passages with a dream in them; `variations` of
 * the kinds {~ {> {& {! {%. */
typedef struct fd_story_stats {
    size_t passages, words, dream_words, links, endings, dreaming, variations;
} fd_story_stats;
fd_story_stats fd_story_count(const fd_story *story);

/* Every target a link (or a chance within it) of the passage may lead to, once each, in order.
 * Fills up to `limit` and returns how many there are. */
size_t fd_story_targets(const fd_story *story, size_t passage, size_t *targets, size_t limit);

#endif
