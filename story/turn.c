#include "story/turn.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "model/digest.h"

static void free_question(fd_question *question) {
    if (!question)
        return;
    free(question->name);
    free(question->question);
    free(question->fallback);
    free(question);
}

void fd_turn_free(fd_turn *turn) {
    free(turn->action.text);
    for (size_t i = 0; i < turn->stretch_count; i++)
        free(turn->stretches[i].text);
    free(turn->stretches);
    for (size_t i = 0; i < turn->choice_count; i++)
        free(turn->choices[i].label);
    free(turn->choices);
    free(turn->picked);
    free_question(turn->question);
    fd_state_free(&turn->state);
    free(turn->pinned);
    *turn = (fd_turn){0};
}

bool fd_action_is_free(const fd_action *action) {
    return action->kind == FD_ACT_DO || action->kind == FD_ACT_SAY || action->kind == FD_ACT_GO_ON;
}

bool fd_action_equal(const fd_action *a, const fd_action *b) {
    return a->kind == b->kind && a->choice == b->choice &&
           strcmp(a->text ? a->text : "", b->text ? b->text : "") == 0;
}

static bool push_stretch(fd_turn *turn, fd_voice voice, const char *text, fd_error *error) {
    if (!fd_grow((void **)&turn->stretches, &turn->stretch_capacity, turn->stretch_count + 1,
                 sizeof(fd_stretch), "a turn", error))
        return false;
    char *copy = fd_copy_text(text, error);
    if (!copy)
        return false;
    turn->stretches[turn->stretch_count++] = (fd_stretch){voice, copy};
    return true;
}

bool fd_choices_copy(const fd_choice *from, size_t count, fd_choice **to, size_t *copied,
                     fd_error *error) {
    *copied = 0;
    *to = fd_alloc(count, sizeof(fd_choice), "the choices", error);
    for (; *to && *copied < count; ++*copied) {
        (*to)[*copied] = from[*copied];
        (*to)[*copied].label = fd_copy_text(from[*copied].label, error);
        if (!(*to)[*copied].label)
            return false;
    }
    return *to != NULL;
}

static bool copy_optional(const char *from, char **to, fd_error *error) {
    *to = NULL;
    return !from || (*to = fd_copy_text(from, error)) != NULL;
}

static fd_question *copy_question(const fd_question *from, fd_error *error) {
    fd_question *to = fd_alloc(1, sizeof *to, "a question", error);
    if (to && copy_optional(from->name, &to->name, error) &&
        copy_optional(from->question, &to->question, error) &&
        copy_optional(from->fallback, &to->fallback, error))
        return to;
    free_question(to);
    return NULL;
}

fd_turn *fd_turn_copy(const fd_turn *turn, fd_error *error) {
    fd_turn *copy = fd_alloc(1, sizeof *copy, "a turn", error);
    if (!copy)
        return NULL;
    *copy = (fd_turn){.action = {turn->action.kind, turn->action.choice, NULL},
                      .attempt = turn->attempt,
                      .passage = turn->passage,
                      .ending = turn->ending,
                      .carried = turn->carried,
                      .dreams = turn->dreams};
    memcpy(copy->key, turn->key, sizeof copy->key);
    memcpy(copy->check, turn->check, sizeof copy->check);
    memcpy(copy->unedited, turn->unedited, sizeof copy->unedited);
    bool ok = copy_optional(turn->action.text, &copy->action.text, error) &&
              copy_optional(turn->pinned, &copy->pinned, error) &&
              fd_choices_copy(turn->choices, turn->choice_count, &copy->choices,
                              &copy->choice_count, error) &&
              (!turn->question || (copy->question = copy_question(turn->question, error))) &&
              fd_state_copy(&turn->state, &copy->state, error) &&
              (copy->picked =
                   fd_alloc(turn->picked_count, sizeof *copy->picked, "a turn", error)) != NULL;
    for (size_t i = 0; ok && i < turn->stretch_count; i++)
        ok = push_stretch(copy, turn->stretches[i].voice, turn->stretches[i].text, error);
    for (; ok && copy->picked_count < turn->picked_count; copy->picked_count++)
        copy->picked[copy->picked_count] = turn->picked[copy->picked_count];
    if (ok)
        return copy;
    fd_turn_free(copy);
    free(copy);
    return NULL;
}

bool fd_turn_add_stretch(fd_turn *turn, fd_voice voice, bool joined, const char *text,
                         fd_error *error) {
    fd_buffer whole = FD_BUFFER((size_t)1 << 24);
    const char *gap = turn->stretch_count == 0 ? "" : joined ? " " : "\n\n";
    bool ok = fd_buffer_addf(&whole, error, "%s%s", gap, text) &&
              push_stretch(turn, voice, fd_buffer_text(&whole), error);
    fd_buffer_free(&whole);
    return ok;
}

bool fd_turn_seal(fd_turn *turn, const char *check_before, fd_error *error) {
    fd_buffer shown = FD_BUFFER((size_t)1 << 24);
    fd_digest digest;
    char hex[65];
    bool ok = fd_buffer_addf(&shown, error, "%s\n%zu\n", check_before, turn->passage);
    for (size_t i = 0; ok && i < turn->stretch_count; i++)
        ok = fd_buffer_addf(&shown, error, "%d %s\n", (int)turn->stretches[i].voice,
                            turn->stretches[i].text);
    for (size_t i = 0; ok && i < turn->choice_count; i++)
        ok = fd_buffer_addf(&shown, error, "%zu %s\n", turn->choices[i].target,
                            turn->choices[i].label);
    if (ok && turn->question)
        ok = fd_buffer_addf(&shown, error, "? %s\n", turn->question->question);
    ok = ok && fd_digest_of(fd_buffer_text(&shown), shown.length, &digest, error);
    if (ok) {
        fd_digest_hex(&digest, hex);
        memcpy(turn->check, hex, 16);
        turn->check[16] = '\0';
    }
    fd_buffer_free(&shown);
    return ok;
}

const char *fd_turn_deed(const fd_turn *turn, const fd_turn *before) {
    const fd_action *action = &turn->action;
    if (action->kind == FD_ACT_CHOOSE && before)
        return before->choices[action->choice].label;
    return action->text && !fd_action_is_free(action) ? action->text : "";
}

char *fd_turn_text(const fd_turn *turn, fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 24);
    bool ok = fd_buffer_add_text(&text, "", error);
    for (size_t i = 0; ok && i < turn->stretch_count; i++)
        ok = fd_buffer_add_text(&text, turn->stretches[i].text, error);
    if (!ok)
        fd_buffer_free(&text);
    return text.data;
}

size_t fd_turn_dreamed(const fd_turn *turn) {
    for (size_t i = turn->stretch_count; i > 0; i--)
        if (turn->stretches[i - 1].voice == FD_DREAMED || turn->stretches[i - 1].voice == FD_EDITED)
            return i - 1;
    return turn->stretch_count;
}

/* Adds a text without control characters, blank space at its ends and holes between paragraphs. */
static bool add_tidied(const char *text, fd_buffer *into, fd_error *error) {
    bool ok = true;
    size_t begun = into->length, newlines = 0, spaces = 0;
    for (; ok && *text; text++) {
        bool blank = (unsigned char)*text <= ' ' || *text == 0x7f;
        newlines += *text == '\n';
        spaces += blank && *text != '\n';
        if (blank)
            continue;
        const char *gap = newlines > 1 ? "\n\n" : newlines ? "\n" : spaces ? " " : "";
        ok = (into->length == begun || fd_buffer_add_text(into, gap, error)) &&
             fd_buffer_add(into, text, 1, error);
        newlines = spaces = 0;
    }
    return ok;
}

bool fd_turn_rewrite(fd_turn *turn, size_t stretch, const char *text, fd_error *error) {
    fd_stretch *old = &turn->stretches[stretch];
    fd_buffer whole = FD_BUFFER((size_t)1 << 24);
    size_t gap = strspn(old->text, " \n");
    bool ok = fd_buffer_add_text(&whole, "", error) &&
              fd_buffer_add(&whole, old->text, gap, error) && add_tidied(text, &whole, error);
    if (!ok) {
        fd_buffer_free(&whole);
        return false;
    }
    free(old->text);
    *old = (fd_stretch){FD_EDITED, whole.data};
    return true;
}

size_t fd_turn_words(const fd_turn *turn) {
    size_t words = 0;
    for (size_t i = 0; i < turn->stretch_count; i++) {
        bool inside = false;
        for (const char *at = turn->stretches[i].text; *at; at++) {
            bool space = isspace((unsigned char)*at);
            words += !space && !inside;
            inside = !space;
        }
    }
    return words;
}

/* Names as they stand in a save. */
static const char *const actions[] = {"start", "choose", "type", "answer", "do", "say", "go on"};
static const char *const voices[] = {"authored", "dreamed", "player", "edited"};

static cJSON *write_question(const fd_question *question) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "name", question->name);
    cJSON_AddStringToObject(json, "question", question->question);
    cJSON_AddStringToObject(json, "fallback", question->fallback);
    return json;
}

cJSON *fd_turn_write(const fd_turn *turn, const fd_story *story) {
    fd_buffer state = FD_BUFFER((size_t)1 << 24);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "action", actions[turn->action.kind]);
    if (turn->action.kind == FD_ACT_CHOOSE || turn->action.kind == FD_ACT_TYPE)
        cJSON_AddNumberToObject(json, "choice", (double)turn->action.choice + 1.0);
    if (turn->action.text)
        cJSON_AddStringToObject(json, "text", turn->action.text);
    cJSON_AddNumberToObject(json, "attempt", (double)turn->attempt);
    cJSON_AddStringToObject(json, "passage", story->twee.passages[turn->passage].name);
    cJSON *told = cJSON_AddArrayToObject(json, "told");
    for (size_t i = 0; i < turn->stretch_count; i++) {
        cJSON *stretch = cJSON_CreateObject();
        cJSON_AddStringToObject(stretch, "voice", voices[turn->stretches[i].voice]);
        cJSON_AddStringToObject(stretch, "text", turn->stretches[i].text);
        cJSON_AddItemToArray(told, stretch);
    }
    cJSON *choices = cJSON_AddArrayToObject(json, "choices");
    for (size_t i = 0; i < turn->choice_count; i++) {
        cJSON *choice = cJSON_CreateObject();
        const char *target = story->twee.passages[turn->choices[i].target].name;
        cJSON_AddStringToObject(choice, "label", turn->choices[i].label);
        cJSON_AddStringToObject(choice, "target", target);
        cJSON_AddBoolToObject(choice, "typed", turn->choices[i].typed);
        cJSON_AddItemToArray(choices, choice);
    }
    if (turn->question)
        cJSON_AddItemToObject(json, "question", write_question(turn->question));
    cJSON_AddBoolToObject(json, "ending", turn->ending);
    if (turn->carried)
        cJSON_AddBoolToObject(json, "carried", true);
    if (turn->pinned)
        cJSON_AddStringToObject(json, "pinned", turn->pinned);
    cJSON_AddStringToObject(json, "key", turn->key);
    cJSON_AddStringToObject(json, "check", turn->check);
    if (turn->unedited[0])
        cJSON_AddStringToObject(json, "unedited", turn->unedited);
    if (fd_state_write(&turn->state, &state, NULL))
        cJSON_AddItemToObject(json, "state", cJSON_Parse(fd_buffer_text(&state)));
    fd_buffer_free(&state);
    return json;
}

static const char *text_of(const cJSON *json, const char *key) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
}

/* Reads a string that must be there; the caller frees *copy. */
static bool read_text(const cJSON *json, const char *key, char **copy, fd_error *error) {
    const char *text = text_of(json, key);
    if (!text)
        return fd_fail(error, FD_BAD_FILE, "\"%s\" should be a text.", key);
    *copy = fd_copy_text(text, error);
    return *copy != NULL;
}

static bool read_fixed(const cJSON *json, const char *key, char *into, size_t length,
                       fd_error *error) {
    const char *text = text_of(json, key);
    if (!text || strlen(text) != length)
        return fd_fail(error, FD_BAD_FILE, "\"%s\" should be %zu hexadecimal digits.", key, length);
    memcpy(into, text, length + 1);
    return true;
}

static bool read_count(const cJSON *json, const char *key, size_t least, size_t *count,
                       fd_error *error) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    if (!cJSON_IsNumber(item) || item->valuedouble != (double)item->valueint ||
        item->valueint < (int)least)
        return fd_fail(error, FD_BAD_FILE, "\"%s\" should be a whole number, at least %zu.", key,
                       least);
    *count = (size_t)item->valueint;
    return true;
}

/* Which of `count` names the text under `key` is. */
static bool read_name(const cJSON *json, const char *key, const char *const *names, size_t count,
                      int *index, fd_error *error) {
    const char *text = text_of(json, key);
    for (size_t i = 0; text && i < count; i++)
        if (strcmp(names[i], text) == 0) {
            *index = (int)i;
            return true;
        }
    return fd_fail(error, FD_BAD_FILE, "\"%s\" should be one of %s, %s, ...", key, names[0],
                   names[1]);
}

static bool read_passage(const cJSON *json, const char *key, const fd_story *story, size_t *passage,
                         fd_error *error) {
    const char *name = text_of(json, key);
    *passage = name ? fd_story_find(story, name) : (size_t)-1;
    return *passage != (size_t)-1 ||
           fd_fail(error, FD_BAD_FILE, "\"%s\" should name a passage of the story, not \"%s\".",
                   key, name ? name : "");
}

static bool read_action(const cJSON *json, fd_action *action, fd_error *error) {
    int kind = 0;
    size_t number = 1;
    if (!read_name(json, "action", actions, 7, &kind, error) ||
        ((kind == FD_ACT_CHOOSE || kind == FD_ACT_TYPE) &&
         !read_count(json, "choice", 1, &number, error)))
        return false;
    action->kind = (fd_action_kind)kind;
    action->choice = number - 1;
    bool typed = kind != FD_ACT_START && kind != FD_ACT_CHOOSE && kind != FD_ACT_GO_ON;
    return !typed || read_text(json, "text", &action->text, error);
}

static bool read_told(const cJSON *json, fd_turn *turn, fd_error *error) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "told"), *item;
    if (!cJSON_IsArray(list))
        return fd_fail(error, FD_BAD_FILE, "\"told\" should be a list.");
    cJSON_ArrayForEach(item, list) {
        int voice = 0;
        if (!read_name(item, "voice", voices, 4, &voice, error))
            return false;
        if (!text_of(item, "text"))
            return fd_fail(error, FD_BAD_FILE, "What was told should have a \"text\".");
        if (!push_stretch(turn, (fd_voice)voice, text_of(item, "text"), error))
            return false;
    }
    return true;
}

static bool read_choices(const cJSON *json, const fd_story *story, fd_turn *turn, fd_error *error) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "choices"), *item;
    if (!cJSON_IsArray(list))
        return fd_fail(error, FD_BAD_FILE, "\"choices\" should be a list.");
    turn->choices = fd_alloc((size_t)cJSON_GetArraySize(list), sizeof(fd_choice), "a turn", error);
    if (!turn->choices)
        return false;
    cJSON_ArrayForEach(item, list) {
        fd_choice *choice = &turn->choices[turn->choice_count++];
        choice->typed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "typed"));
        if (!read_text(item, "label", &choice->label, error) ||
            !read_passage(item, "target", story, &choice->target, error))
            return false;
    }
    return true;
}

static bool read_question(const cJSON *json, fd_turn *turn, fd_error *error) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "question");
    if (!item)
        return true;
    turn->question = fd_alloc(1, sizeof(fd_question), "a turn", error);
    return turn->question && read_text(item, "name", &turn->question->name, error) &&
           read_text(item, "question", &turn->question->question, error) &&
           read_text(item, "fallback", &turn->question->fallback, error);
}

static bool read_state(const cJSON *json, fd_turn *turn, fd_error *error) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "state");
    if (!cJSON_IsObject(item))
        return fd_fail(error, FD_BAD_FILE, "\"state\" should be an object.");
    char *text = cJSON_PrintUnformatted(item);
    bool ok = text ? fd_state_read(text, &turn->state, error) : fd_fail_memory(error, "a turn");
    cJSON_free(text);
    return ok;
}

/* What is there only where the player changed something. */
static bool read_amended(const cJSON *json, fd_turn *turn, fd_error *error) {
    bool edited = false, checked = cJSON_GetObjectItemCaseSensitive(json, "unedited") != NULL;
    for (size_t i = 0; i < turn->stretch_count; i++)
        edited = edited || turn->stretches[i].voice == FD_EDITED;
    if (edited != checked)
        return fd_fail(error, FD_BAD_FILE,
                       "A turn should have \"unedited\" when something in it is edited, and only "
                       "then.");
    return (!edited || read_fixed(json, "unedited", turn->unedited, 16, error)) &&
           (!cJSON_GetObjectItemCaseSensitive(json, "pinned") ||
            read_text(json, "pinned", &turn->pinned, error));
}

bool fd_turn_read(const cJSON *json, const fd_story *story, fd_turn *turn, fd_error *error) {
    *turn = (fd_turn){0};
    bool ok = cJSON_IsObject(json)
                  ? read_action(json, &turn->action, error) &&
                        read_count(json, "attempt", 0, &turn->attempt, error) &&
                        read_passage(json, "passage", story, &turn->passage, error) &&
                        read_told(json, turn, error) && read_choices(json, story, turn, error) &&
                        read_question(json, turn, error) && read_state(json, turn, error) &&
                        read_amended(json, turn, error) &&
                        read_fixed(json, "key", turn->key, 64, error) &&
                        read_fixed(json, "check", turn->check, 16, error)
                  : fd_fail(error, FD_BAD_FILE, "A turn should be a JSON object.");
    turn->ending = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "ending"));
    turn->carried = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "carried"));
    if (!ok)
        fd_turn_free(turn);
    return ok;
}
