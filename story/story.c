#include "story/story.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/digest.h"
#include "story/markup.h"
#include "story/project.h"

#define NOWHERE ((size_t)-1)
#define BLANK " \t\n"

size_t fd_story_find(const fd_story *story, const char *name) {
    const fd_passage *passage = fd_twee_find(&story->twee, name);
    return passage ? (size_t)(passage - story->twee.passages) : NOWHERE;
}

bool fd_story_leads(const fd_story *story, size_t from, size_t to) {
    const fd_targets *links = &story->targets[from];
    for (size_t i = 0; i < links->count; i++)
        if (links->passages[i] == to)
            return true;
    return false;
}

bool fd_story_is_closed(const fd_story *story, size_t passage) {
    return story->closed || fd_passage_has_tag(&story->twee.passages[passage], "closed");
}

bool fd_story_is_told(const fd_story *story, size_t passage) {
    return fd_format_tells(story->format, &story->twee.passages[passage]);
}

static size_t find_told(const fd_story *story, const char *name) {
    size_t passage = fd_story_find(story, name);
    return passage != NOWHERE && fd_story_is_told(story, passage) ? passage : NOWHERE;
}

/* ---- walking the trees ---- */

bool fd_branch_walk(const fd_branch *branch, fd_node_visitor *visit, void *context) {
    for (size_t i = 0; i < branch->count; i++) {
        const fd_node *node = &branch->nodes[i];
        if (!visit(context, node))
            return false;
        bool leads = node->kind == FD_NODE_LINK || node->kind == FD_NODE_TYPE;
        for (size_t k = 0; k < (leads ? 1 : node->branch_count); k++)
            if (!fd_branch_walk(&node->branches[k], visit, context))
                return false;
    }
    return true;
}

/* ---- dead links ---- */

typedef struct linker {
    fd_story *story;
    size_t passage; /* whose links are looked at */
    size_t *seen;   /* [passage]: one more than the last passage that leads there */
    fd_error *error;
} linker;

static size_t smallest(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edits that turn one name into the other (Levenshtein). */
static size_t edits(const char *a, const char *b) {
    enum { LONGEST = 63 };
    size_t row[LONGEST + 1], wide = strlen(b);
    if (wide > LONGEST || strlen(a) > LONGEST)
        return NOWHERE;
    for (size_t k = 0; k <= wide; k++)
        row[k] = k;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < wide; k++) {
            size_t above = row[k + 1];
            row[k + 1] = smallest(above + 1, row[k] + 1, corner + (a[i] != b[k]));
            corner = above;
        }
    }
    return row[wide];
}

/* Fails because nothing told has that name, proposing the nearest one that is near. */
static bool missing(const linker *self, size_t line, const char *what, const char *name) {
    const fd_twee *twee = &self->story->twee;
    const char *source = twee->passages[self->passage].source;
    size_t best = strlen(name) / 3 + 2;
    const char *nearest = NULL;
    for (size_t i = 0; i < twee->count; i++) {
        size_t distance = edits(name, twee->passages[i].name);
        if (distance < best && fd_story_is_told(self->story, i)) {
            best = distance;
            nearest = twee->passages[i].name;
        }
    }
    return fd_twee_fail(
        self->error, source, line, "%s names \"%s\", but there is no such passage%s%s%s", what,
        name, nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : ".");
}

static bool link_target(linker *self, const fd_branch *target) {
    const fd_node *node = target->nodes;
    bool ok = true;
    for (size_t i = 0; ok && i < node->branch_count; i++)
        ok = link_target(self, &node->branches[i]);
    if (node->kind != FD_NODE_TEXT)
        return ok;
    size_t passage = find_told(self->story, node->text);
    if (passage == NOWHERE)
        return missing(self, node->line, "The link", node->text);
    if (self->seen[passage] == self->passage + 1)
        return true;
    self->seen[passage] = self->passage + 1;
    fd_targets *targets = &self->story->targets[self->passage];
    ok = fd_grow((void **)&targets->passages, &targets->capacity, targets->count + 1,
                 sizeof *targets->passages, "a story's links", self->error);
    if (ok)
        targets->passages[targets->count++] = passage;
    return ok;
}

static bool link_condition(linker *self, size_t line, const fd_condition *condition) {
    if (!condition)
        return true;
    if (condition->kind == FD_IS_VISITED && find_told(self->story, condition->name) == NOWHERE)
        return missing(self, line, "visited()", condition->name);
    return link_condition(self, line, condition->left) &&
           link_condition(self, line, condition->right);
}

static bool link_node(void *context, const fd_node *node) {
    linker *self = context;
    if (node->kind == FD_NODE_LINK || node->kind == FD_NODE_TYPE)
        return link_target(self, &node->branches[1]);
    return link_condition(self, node->line, node->condition);
}

static bool link_passages(fd_story *story, fd_error *error) {
    size_t count = story->twee.count;
    linker self = {story, 0, fd_alloc(count, sizeof(size_t), "a story", error), error};
    story->targets = fd_alloc(count, sizeof *story->targets, "a story", error);
    bool ok = self.seen && story->targets;
    for (; ok && self.passage < count; self.passage++)
        ok = fd_branch_walk(&story->bodies[self.passage], link_node, &self);
    free(self.seen);
    return ok;
}

static bool is_tagged(const fd_story *story, size_t passage) {
    return fd_passage_has_tag(&story->twee.passages[passage], "ending");
}

/* What other formats' macros and loose ends tell of where passages lead. */
static void find_unseen(fd_story *story) {
    const fd_twee *twee = &story->twee;
    for (size_t i = 0; story->format != FD_FORMAT_OURS && i < twee->count; i++) {
        const char *text = twee->passages[i].text;
        size_t named = 0;
        story->unseen[i] = story->unseen[i] || fd_foreign_moves(story->format, text) ||
                           fd_foreign_named(twee, text, &named) != NOWHERE;
        for (size_t at = 0, shown;
             (shown = fd_foreign_shown(story->format, twee, text, &at)) != NOWHERE;)
            story->unseen[shown] = true;
    }
    for (size_t i = 0; i < story->loose.count; i++)
        if (!story->loose.items[i].dead)
            story->unseen[story->loose.items[i].passage] = true;
}

static bool find_endings(fd_story *story, fd_error *error) {
    const fd_twee *twee = &story->twee;
    story->endings = fd_alloc(twee->count, sizeof *story->endings, "a story", error);
    story->unseen = fd_alloc(twee->count, sizeof *story->unseen, "a story", error);
    if (!story->endings || !story->unseen)
        return false;
    find_unseen(story);
    for (size_t i = 0; i < twee->count; i++)
        story->endings[i] =
            is_tagged(story, i) || (story->format != FD_FORMAT_OURS && fd_story_is_told(story, i) &&
                                    !story->targets[i].count && !story->unseen[i]);
    for (size_t i = 0; i < story->loose.count; i++) { /* a dead link was meant to lead on */
        size_t passage = story->loose.items[i].passage;
        story->endings[passage] = is_tagged(story, passage);
    }
    return true;
}

/* ---- loading ---- */

/* The passage as its format would have it, in our markup; with no markup of ours when that cannot
 * be read. */
static bool parse_foreign(fd_story *story, const fd_constants *constants, size_t passage,
                          fd_error *error) {
    fd_error ours = {FD_OK, ""};
    size_t ends = story->loose.count;
    bool ok = true, parsed = false;
    for (int plain = 0; ok && !parsed && plain < 2; plain++) {
        fd_buffer text = FD_BUFFER(8 * (size_t)FD_TWEE_LIMIT);
        fd_passage read = story->twee.passages[passage];
        fd_loose_ends_cut(&story->loose, ends);
        ok = fd_foreign_read(story->format, &story->twee, constants, passage, plain, &text,
                             &story->loose, error);
        read.text = text.data;
        parsed = ok && fd_markup_parse(&read, &story->bodies[passage], plain ? error : &ours);
        fd_buffer_free(&text);
    }
    return parsed;
}

static bool parse_bodies(fd_story *story, fd_error *error) {
    const fd_twee *twee = &story->twee;
    story->bodies = fd_alloc(twee->count, sizeof *story->bodies, "a story", error);
    fd_constants constants;
    bool ok = fd_constants_read(story->format, twee, &constants, error) && story->bodies;
    for (size_t i = 0; ok && i < twee->count; i++)
        ok = !fd_story_is_told(story, i) ||
             (story->format == FD_FORMAT_OURS
                  ? fd_markup_parse(&twee->passages[i], &story->bodies[i], error)
                  : parse_foreign(story, &constants, i, error));
    fd_constants_free(&constants);
    return ok;
}

static bool find_title(fd_story *story, fd_error *error) {
    const fd_passage *passage = fd_twee_find(&story->twee, "StoryTitle");
    const char *title = passage ? passage->text + strspn(passage->text, BLANK) : "";
    const char *slash = strrchr(story->twee.source, '/');
    if (!*title)
        title = slash ? slash + 1 : story->twee.source;
    story->title = fd_copy_text(title, error);
    if (story->title)
        story->title[strcspn(story->title, "\n")] = '\0';
    return story->title != NULL;
}

/* What StoryData says: the format, the passage it names, or "Start", and whether the story is
 * closed. */
static bool read_data(fd_story *story, fd_error *error) {
    const fd_twee *twee = &story->twee;
    const fd_passage *data = fd_twee_find(twee, "StoryData");
    cJSON *json = data ? cJSON_ParseWithOpts(data->text, NULL, true) : NULL;
    const cJSON *start = cJSON_GetObjectItemCaseSensitive(json, "start");
    bool ok = !data || (cJSON_IsObject(json) && (!start || cJSON_IsString(start)));
    if (!ok)
        fd_twee_fail(error, data->source, data->line,
                     "StoryData should be one JSON object such as {\"start\": \"Start\"}.");
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(json, "format");
    linker self = {.story = story, .error = error};
    story->format = fd_format_of(twee, cJSON_GetStringValue(format));
    self.passage = data ? (size_t)(data - twee->passages) : 0;
    const char *name = ok && start ? start->valuestring : "Start";
    story->closed = ok && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "closed"));
    if (ok && (story->start = find_told(story, name)) == NOWHERE)
        ok = start ? missing(&self, data->line, "\"start\"", name)
                   : fd_twee_fail(error, twee->source, 1,
                                  "There is no passage \":: Start\" to begin with, and no "
                                  "StoryData that names another.");
    cJSON_Delete(json);
    return ok;
}

/* The story of passages that were read; takes them over whatever happens. */
static fd_story *make(fd_twee *twee, const fd_digest *digest, fd_error *error) {
    fd_story *story = fd_alloc(1, sizeof *story, "a story", error);
    if (!story) {
        fd_twee_free(twee);
        return NULL;
    }
    story->twee = *twee;
    fd_digest_hex(digest, story->hash);
    if (find_title(story, error) && read_data(story, error) && parse_bodies(story, error) &&
        link_passages(story, error) && find_endings(story, error))
        return story;
    fd_story_free(story);
    return NULL;
}

fd_story *fd_story_of(const char *source, const fd_story_file *files, size_t count,
                      fd_error *error) {
    fd_twee twee = {0};
    fd_digest digest;
    fd_buffer whole = FD_BUFFER(FD_TWEE_LIMIT);
    bool ok = (twee.source = fd_copy_text(source, error)) != NULL;
    for (size_t end = ok ? strlen(source) : 0; end > 1 && source[end - 1] == '/'; end--)
        twee.source[end - 1] = '\0';
    for (size_t i = 0; ok && i < count; i++) {
        const fd_buffer *text = files[i].text;
        ok = fd_twee_add(files[i].path, fd_buffer_text(text), text->length, &twee, error) &&
             fd_buffer_add(&whole, fd_buffer_text(text), text->length, error);
    }
    ok = ok && fd_digest_of(fd_buffer_text(&whole), whole.length, &digest, error);
    fd_buffer_free(&whole);
    if (ok)
        return make(&twee, &digest, error);
    fd_twee_free(&twee);
    return NULL;
}

fd_story *fd_story_parse(const char *source, const char *text, size_t length, fd_error *error) {
    const fd_buffer bytes = {.data = (char *)text, .length = length};
    return fd_story_of(source, &(fd_story_file){source, &bytes}, 1, error);
}

fd_story *fd_story_load(const char *path, fd_error *error) {
    fd_project project;
    if (!fd_project_read((char *const[]){(char *)path}, 1, &project, error))
        return NULL;
    fd_story_file *files = fd_alloc(project.count, sizeof *files, "a story's files", error);
    for (size_t i = 0; files && i < project.count; i++)
        files[i] = (fd_story_file){project.sources[i].path, &project.sources[i].text};
    fd_story *story = files ? fd_story_of(path, files, project.count, error) : NULL;
    free(files);
    fd_project_free(&project);
    return story;
}

void fd_story_free(fd_story *story) {
    if (!story)
        return;
    for (size_t i = 0; i < story->twee.count; i++) {
        if (story->bodies)
            fd_branch_free(&story->bodies[i]);
        if (story->targets)
            free(story->targets[i].passages);
    }
    fd_loose_ends_cut(&story->loose, 0);
    free(story->bodies);
    free(story->targets);
    free(story->endings);
    free(story->unseen);
    free(story->title);
    fd_twee_free(&story->twee);
    free(story);
}

size_t fd_story_targets(const fd_story *story, size_t passage, size_t *targets, size_t limit) {
    const fd_targets *all = &story->targets[passage];
    for (size_t i = 0; i < all->count && i < limit; i++)
        targets[i] = all->passages[i];
    return all->count;
}

/* ---- counting ---- */

typedef struct counter {
    fd_story_stats stats;
    bool dreams;
} counter;

static size_t count_words(const char *text) {
    size_t words = 0;
    for (text += strspn(text, BLANK); *text; text += strspn(text, BLANK)) {
        text += strcspn(text, BLANK);
        words++;
    }
    return words;
}

static bool count_text(void *words, const fd_node *node) {
    if (node->kind == FD_NODE_TEXT)
        *(size_t *)words += count_words(node->text);
    return true;
}

static bool count_node(void *context, const fd_node *node) {
    counter *self = context;
    for (size_t i = 0; node->kind == FD_NODE_DREAM && i < node->branch_count; i++)
        (void)fd_branch_walk(&node->branches[i], count_text, &self->stats.dream_words);
    self->stats.links += node->kind == FD_NODE_LINK || node->kind == FD_NODE_TYPE;
    self->stats.variations += node->kind == FD_NODE_VARY;
    self->dreams = self->dreams || node->kind == FD_NODE_DREAM;
    return true;
}

fd_story_stats fd_story_count(const fd_story *story) {
    counter self = {0};
    for (size_t i = 0; i < story->twee.count; i++) {
        self.dreams = false;
        (void)fd_branch_walk(&story->bodies[i], count_node, &self);
        (void)fd_branch_walk(&story->bodies[i], count_text, &self.stats.words);
        self.stats.passages += fd_story_is_told(story, i);
        self.stats.endings += story->endings[i];
        self.stats.dreaming += self.dreams;
    }
    self.stats.words -= self.stats.dream_words;
    return self.stats;
}
