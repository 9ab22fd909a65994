#include "story/route.h"

#include <stdlib.h>
#include <string.h>

#include "model/digest.h"
#include "story/turn.h"

enum { STREAM_ROUTE = 48, QUESTIONS_MOST = 64 };
#define NOWHERE ((size_t)-1)

static bool find(const fd_story *story, const char *name, size_t *passage, fd_error *error) {
    *passage = fd_story_find(story, name);
    if (*passage == NOWHERE || !fd_story_is_told(story, *passage))
        return fd_fail(error, FD_USAGE, "There is no passage \"%s\" in %s.", name,
                       story->twee.source);
    return true;
}

static bool add_passage(fd_route *route, size_t *capacity, size_t passage, fd_error *error) {
    bool ok = fd_grow((void **)&route->passages, capacity, route->count + 1,
                      sizeof *route->passages, "the way to a passage", error);
    if (ok)
        route->passages[route->count++] = passage;
    return ok;
}

/* Breadth first, backwards from no one: `from` is where each passage was first reached from. */
static bool shortest(const fd_story *story, size_t at, fd_route *route, fd_error *error) {
    size_t count = story->twee.count, first = 0, last = 0, capacity = 0;
    size_t *from = fd_alloc(count, sizeof *from, "the way to a passage", error);
    size_t *queue = fd_alloc(count, sizeof *queue, "the way to a passage", error);
    bool ok = from && queue;
    for (size_t i = 0; ok && i < count; i++)
        from[i] = NOWHERE;
    if (ok) {
        from[story->start] = story->start;
        queue[last++] = story->start;
    }
    while (ok && first < last && from[at] == NOWHERE) {
        size_t here = queue[first++];
        const fd_targets *links = &story->targets[here];
        for (size_t i = 0; i < links->count; i++)
            if (from[links->passages[i]] == NOWHERE) {
                from[links->passages[i]] = here;
                queue[last++] = links->passages[i];
            }
    }
    for (size_t here = at; ok; here = from[here]) {
        ok = add_passage(route, &capacity, here, error);
        if (from[here] == NOWHERE || from[here] == here)
            break;
    }
    for (size_t i = 0; ok && i < route->count / 2; i++) {
        size_t other = route->passages[i];
        route->passages[i] = route->passages[route->count - 1 - i];
        route->passages[route->count - 1 - i] = other;
    }
    free(from);
    free(queue);
    return ok;
}

/* Adds a passage that the one before it leads to. */
static bool go_on(const fd_story *story, fd_route *route, size_t *capacity, size_t passage,
                  fd_error *error) {
    size_t last = route->count ? route->passages[route->count - 1] : passage;
    const fd_passage *names = story->twee.passages;
    if (route->count && !fd_story_leads(story, last, passage))
        return fd_fail(error, FD_USAGE, "No link leads from \"%s\" to \"%s\".", names[last].name,
                       names[passage].name);
    return add_passage(route, capacity, passage, error);
}

/* The passage whose name `list` begins with; names may have commas themselves: the longest one
 * that fits is meant. *length is how much of the list it is. */
static bool next_name(const fd_story *story, const char *list, size_t *length, size_t *passage,
                      fd_error *error) {
    size_t best = 0;
    for (size_t i = 0; i < story->twee.count; i++) {
        size_t wide = strlen(story->twee.passages[i].name);
        size_t rest =
            strncmp(list, story->twee.passages[i].name, wide) == 0 ? strspn(list + wide, " ") : 0;
        bool whole = strncmp(list, story->twee.passages[i].name, wide) == 0 &&
                     (!list[wide + rest] || list[wide + rest] == ',');
        if (whole && wide > best && fd_story_is_told(story, i)) {
            best = wide;
            *passage = i;
        }
    }
    *length = best;
    return best || fd_fail(error, FD_USAGE, "There is no passage \"%.*s\" in %s.",
                           (int)strcspn(list, ","), list, story->twee.source);
}

static bool given(const fd_story *story, size_t at, const char *via, fd_route *route,
                  fd_error *error) {
    size_t capacity = 0, passage = 0, length;
    bool ok = true;
    for (via += strspn(via, " ,"); ok && *via; via += strspn(via, " ,")) {
        ok = next_name(story, via, &length, &passage, error) &&
             go_on(story, route, &capacity, passage, error);
        via += ok ? length : 0;
    }
    bool there = route->count && route->passages[route->count - 1] == at;
    return ok && (there || go_on(story, route, &capacity, at, error));
}

/* Weaves a visit, answering what is asked as the author would. */
static bool weave(const fd_story *story, size_t passage, fd_random_key key, fd_state *state,
                  fd_woven *woven, fd_error *error) {
    for (size_t times = 0; times < QUESTIONS_MOST; times++) {
        fd_state after = {0};
        bool ok = fd_state_copy(state, &after, error) &&
                  fd_weave(story, passage, key, &after, woven, error);
        bool asked = ok && woven->question_count;
        ok = ok && fd_woven_answer(woven, state, error);
        if (ok && !asked) {
            fd_state_free(state);
            *state = after;
            return true;
        }
        fd_state_free(&after);
        fd_woven_free(woven);
        if (!ok)
            return false;
    }
    return fd_fail(error, FD_BAD_FILE, "\"%s\" asks too much.", story->twee.passages[passage].name);
}

/* What is told on a visit, in one text. */
static char *tell(const fd_woven *woven, fd_error *error) {
    fd_turn turn = {0};
    fd_buffer text = FD_BUFFER((size_t)1 << 24);
    bool ok = true;
    for (size_t i = 0; ok && i < woven->piece_count; i++) {
        const fd_piece *piece = &woven->pieces[i];
        ok = fd_turn_add_stretch(&turn, FD_AUTHORED, piece->joined,
                                 piece->dream ? piece->fallback : piece->text, error);
    }
    for (size_t i = 0; ok && i < turn.stretch_count; i++)
        ok = fd_buffer_add_text(&text, turn.stretches[i].text, error);
    char *copy = ok ? fd_copy_text(fd_buffer_text(&text), error) : NULL;
    fd_turn_free(&turn);
    fd_buffer_free(&text);
    return copy;
}

static bool tell_all(const fd_story *story, const char *seed, fd_route *route, fd_error *error) {
    fd_digest digest;
    fd_state state = {0};
    bool ok = fd_digest_of(seed, strlen(seed), &digest, error);
    uint64_t key = 0;
    for (size_t i = 0; ok && i < sizeof key; i++)
        key = key << 8 | digest.bytes[i];
    route->texts =
        ok ? fd_alloc(route->count, sizeof(char *), "the way to a passage", error) : NULL;
    ok = route->texts != NULL;
    for (size_t i = 0; ok && i < route->count; i++) {
        fd_woven woven = {0};
        ok = weave(story, route->passages[i], (fd_random_key){key + i, STREAM_ROUTE}, &state,
                   &woven, error) &&
             (route->texts[i] = tell(&woven, error)) != NULL;
        fd_woven_free(&woven);
    }
    fd_state_free(&state);
    return ok;
}

bool fd_route_to(const fd_story *story, const char *at, const char *via, const char *seed,
                 fd_route *route, fd_error *error) {
    size_t passage;
    *route = (fd_route){0};
    bool ok =
        find(story, at, &passage, error) &&
        (via ? given(story, passage, via, route, error) : shortest(story, passage, route, error)) &&
        tell_all(story, seed, route, error);
    if (!ok)
        fd_route_free(route);
    return ok;
}

void fd_route_free(fd_route *route) {
    for (size_t i = 0; route->texts && i < route->count; i++)
        free(route->texts[i]);
    free(route->texts);
    free(route->passages);
    *route = (fd_route){0};
}
