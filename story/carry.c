#include "story/carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story/log.h"

/* ---- through the story as it now is ---- */

/* The choice that is still the one that was made: it leads to the same passage, and of several that
 * do has the same words. Returns here->choice_count when it is gone. */
static size_t find_choice(const fd_story *story, const fd_turn *here, const fd_story *old,
                          const fd_choice *made) {
    const char *target = old->twee.passages[made->target].name;
    size_t found = here->choice_count;
    for (size_t i = here->choice_count; i > 0; i--) {
        const fd_choice *choice = &here->choices[i - 1];
        if (choice->typed != made->typed ||
            strcmp(story->twee.passages[choice->target].name, target) != 0)
            continue;
        if (strcmp(choice->label, made->label) == 0)
            return i - 1;
        found = i - 1;
    }
    return found;
}

/* Whether what led to a turn can be done after `here`, too; *action is then how. */
static bool can_do(const fd_path *old, size_t index, const fd_narrator *narrator,
                   const fd_turn *here, fd_action *action, const char **gone) {
    const fd_turn *turn = old->turns[index], *before = index ? old->turns[index - 1] : NULL;
    *action = turn->action;
    *gone = "it begins elsewhere now";
    if (action->kind == FD_ACT_START)
        return true;
    *gone = "it asks something else now";
    if ((here->question != NULL) != (before->question != NULL))
        return false;
    if (action->kind == FD_ACT_ANSWER)
        return strcmp(here->question->name, before->question->name) == 0;
    *gone = "one can only choose now";
    if (fd_action_is_free(action))
        return here->choice_count > 0 && !fd_story_is_closed(narrator->story, here->passage);
    *gone = "has changed";
    action->choice =
        find_choice(narrator->story, here, old->story, &before->choices[action->choice]);
    return action->choice < here->choice_count;
}

/* Carries one turn over; NULL with an error, or without one where it does not stand. */
static fd_turn *carry_turn(const fd_path *old, size_t index, const fd_narrator *narrator,
                           const fd_path *path, const char **gone, fd_error *error) {
    const fd_turn *from = old->turns[index];
    fd_action action;
    fd_situation situation;
    if (!can_do(old, index, narrator, fd_path_last(path), &action, gone) ||
        !fd_situation_of(path, &situation, error))
        return NULL;
    fd_turn *turn = fd_narrator_carry(narrator, &situation, &action, from, error);
    fd_situation_free(&situation);
    if (!turn || strcmp(narrator->story->twee.passages[turn->passage].name,
                        old->story->twee.passages[from->passage].name) == 0)
        return turn;
    fd_turn_free(turn);
    free(turn);
    return NULL;
}

bool fd_carry(const fd_path *old, const fd_narrator *narrator, fd_path *path, fd_parting *parting,
              fd_error *error) {
    fd_error why = {FD_OK, ""};
    bool ok = true, stands = true;
    *parting = (fd_parting){0, NULL, "", ""};
    for (size_t i = 0; ok && stands && i < old->count; i++) {
        const fd_turn *from = old->turns[i];
        ok = fd_path_pin(path, from->pinned ? from->pinned : "", error);
        fd_turn *turn = ok ? carry_turn(old, i, narrator, path, &parting->gone, &why) : NULL;
        stands = turn != NULL;
        ok = ok && why.status == FD_OK && (!turn || fd_path_add(path, turn, error));
        if (ok && !stands &&
            (from->action.kind == FD_ACT_CHOOSE || from->action.kind == FD_ACT_TYPE))
            parting->deed = fd_turn_deed(from, old->turns[i - 1]);
        if (ok && stands)
            parting->passage = narrator->story->twee.passages[turn->passage].name;
    }
    if (why.status != FD_OK)
        fd_fail(error, why.status, "%s", why.message);
    if (stands)
        parting->gone = "";
    parting->turns = path->count;
    return ok && fd_path_pin(path, old->pinned ? old->pinned : "", error);
}

/* ---- the story that a save remembers ---- */

/* A member of `names` for the passage that an object names, once. */
static bool add_name(cJSON *names, const cJSON *json, const char *key) {
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
    return !name || cJSON_GetObjectItemCaseSensitive(names, name) ||
           cJSON_AddNullToObject(names, name);
}

static bool add_names(cJSON *names, const cJSON *turn) {
    const cJSON *choice, *choices = cJSON_GetObjectItemCaseSensitive(turn, "choices");
    bool ok = add_name(names, turn, "passage");
    cJSON_ArrayForEach(choice, choices) ok = ok && add_name(names, choice, "target");
    return ok;
}

/* The passages' names in the order the lines name them, where a telling begins first. */
static cJSON *collect(char *lines, fd_error *error) {
    cJSON *names = cJSON_CreateObject();
    bool ok = names != NULL;
    for (char *rest = NULL, *line = strtok_r(lines, "\n", &rest); ok && line;
         line = strtok_r(NULL, "\n", &rest)) {
        cJSON *json = cJSON_Parse(line); /* what is malformed is found where turns are read */
        ok = add_names(names, json);
        cJSON_Delete(json);
    }
    if (ok)
        return names;
    cJSON_Delete(names);
    fd_fail_memory(error, "a save");
    return NULL;
}

/* The story's source: StoryData, and a header for each. */
static bool write_names(const cJSON *names, fd_buffer *text, fd_error *error) {
    static char nothing[] = "", data_name[] = "StoryData", start[] = "Start";
    char *first = names->child ? names->child->string : start;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "start", first);
    char *data = cJSON_PrintUnformatted(json);
    fd_passage *passages = fd_alloc((size_t)cJSON_GetArraySize(names) + 2, sizeof *passages,
                                    "a save's passages", error);
    bool ok = data && passages;
    if (ok) {
        size_t count = 0;
        passages[count++] = (fd_passage){.name = data_name, .text = data};
        passages[count++] = (fd_passage){.name = first, .text = nothing};
        for (const cJSON *name = names->child ? names->child->next : NULL; name; name = name->next)
            passages[count++] = (fd_passage){.name = name->string, .text = nothing};
        ok = fd_twee_write(&(fd_twee){.passages = passages, .count = count}, text, error);
    } else if (passages) {
        fd_fail_memory(error, "a save");
    }
    free(passages);
    cJSON_free(data);
    cJSON_Delete(json);
    return ok;
}

fd_story *fd_carry_names(const char *file, fd_error *error) {
    fd_path_header header = {0};
    fd_buffer lines = FD_BUFFER(FD_SAVE_MOST), text = FD_BUFFER(FD_TWEE_LIMIT);
    bool page, torn;
    fd_story *story = NULL;
    cJSON *names = NULL;
    if (fd_path_read_header(file, &header, error) &&
        fd_log_read(file, &lines, &page, &torn, error) && (names = collect(lines.data, error)) &&
        write_names(names, &text, error) &&
        (story = fd_story_parse(file, fd_buffer_text(&text), text.length, error))) {
        free(story->title);
        story->title = header.title;
        header.title = NULL;
        (void)snprintf(story->hash, sizeof story->hash, "%s", header.story_hash);
    }
    cJSON_Delete(names);
    fd_buffer_free(&text);
    fd_buffer_free(&lines);
    fd_path_header_free(&header);
    return story;
}
