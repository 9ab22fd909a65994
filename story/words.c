#include "story/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a curly apostrophe at text[at], 0 if there is none. */
static size_t curly(const char *text, size_t length, size_t at) {
    return length - at >= 3 && memcmp(text + at, "\xe2\x80\x99", 3) == 0 ? 3 : 0;
}

/* Bytes of what belongs to a word at text[at], 0 if nothing does. U+2000 to U+206F are spaces,
 * dashes and quotes. */
static size_t in_word(const char *text, size_t length, size_t at) {
    unsigned char c = (unsigned char)text[at];
    if (isalnum(c) || c == '\'')
        return 1;
    if (!(c & 0x80))
        return 0;
    if (c == 0xe2 && length - at >= 3 && ((unsigned char)text[at + 1] & 0xfe) == 0x80)
        return curly(text, length, at);
    size_t step = 1;
    while (at + step < length && (text[at + step] & 0xc0) == 0x80)
        step++;
    return step;
}

/* FNV-1a. */
static uint64_t mix(uint64_t hash, unsigned char byte) {
    return (hash ^ byte) * 0x100000001b3u;
}

static uint64_t hash_of(const char *text, size_t start, size_t end) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t at = start; at < end; at++) {
        size_t apostrophe = curly(text, end, at);
        if (apostrophe || text[at] == '\'') {
            hash = mix(hash, '\'');
            at += apostrophe ? apostrophe - 1 : 0;
        } else {
            hash = mix(hash, (unsigned char)tolower((unsigned char)text[at]));
        }
    }
    return hash;
}

/* Without the apostrophes around it, which are quotes. */
static bool add_word(const char *text, size_t start, size_t end, fd_words *words, fd_error *error) {
    while (start < end && (text[start] == '\'' || curly(text, end, start)))
        start += text[start] == '\'' ? 1 : 3;
    while (end > start && text[end - 1] == '\'')
        end--;
    while (end >= start + 3 && curly(text, end, end - 3))
        end -= 3;
    if (start == end)
        return true;
    if (!fd_grow((void **)&words->items, &words->capacity, words->count + 1, sizeof *words->items,
                 "words", error))
        return false;
    words->items[words->count++] = (fd_word){hash_of(text, start, end), start, end};
    return true;
}

bool fd_words_add(const char *text, size_t length, fd_words *words, fd_error *error) {
    for (size_t at = 0; at < length;) {
        size_t start = at, step;
        while (at < length && (step = in_word(text, length, at)) > 0)
            at += step;
        if (at > start && !add_word(text, start, at, words, error))
            return false;
        for (step = at == start; step && at < length;
             step = at < length && (text[at] & 0xc0) == 0x80)
            at++;
    }
    return true;
}

void fd_words_free(fd_words *words) {
    free(words->items);
    *words = (fd_words){NULL, 0, 0};
}

uint64_t fd_words_run(const fd_word *words, size_t count) {
    uint64_t run = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < count; i++) {
        run = (run ^ words[i].hash) * 0xff51afd7ed558ccdu;
        run ^= run >> 32;
    }
    return run;
}

/* Where `run` is in the set, or the empty slot where it would be. */
static size_t slot_of(const fd_run_set *set, uint64_t run) {
    size_t slot = (size_t)run & (set->capacity - 1);
    while (set->slots[slot] && set->slots[slot] != run)
        slot = (slot + 1) & (set->capacity - 1);
    return slot;
}

static bool widen(fd_run_set *set, fd_error *error) {
    fd_run_set wide = {NULL, set->count, set->capacity ? 2 * set->capacity : 1024};
    wide.slots = fd_alloc(wide.capacity, sizeof *wide.slots, "runs of words", error);
    if (!wide.slots)
        return false;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i])
            wide.slots[slot_of(&wide, set->slots[i])] = set->slots[i];
    free(set->slots);
    *set = wide;
    return true;
}

bool fd_run_set_has(const fd_run_set *set, uint64_t run) {
    run += run == 0;
    return set->capacity && set->slots[slot_of(set, run)] == run;
}

bool fd_run_set_add(fd_run_set *set, uint64_t run, fd_error *error) {
    run += run == 0;
    if (set->count >= set->capacity / 2 && !widen(set, error))
        return false;
    size_t slot = slot_of(set, run);
    set->count += set->slots[slot] == 0;
    set->slots[slot] = run;
    return true;
}

void fd_run_set_free(fd_run_set *set) {
    free(set->slots);
    *set = (fd_run_set){NULL, 0, 0};
}
