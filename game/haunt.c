#include "game/haunt.h"

#include <string.h>

enum { STREAM_DECORATION = 47, SHORTEST = 3, LONGEST = 8 };

/* By their lengths. */
static const char *const words[LONGEST + 1][4] = {
    [3] = {"die", "lie", "rot", "dug"},
    [4] = {"dead", "cold", "mine", "down"},
    [5] = {"awake", "alone", "below", "drown"},
    [6] = {"buried", "listen", "hollow", "behind"},
    [7] = {"beneath", "waiting", "nothing", "silence"},
    [8] = {"watching", "remember", "drowning", "strangle"},
};
enum { EACH = sizeof words[0] / sizeof words[0][0] };

void fd_haunt_begin(fd_haunt *haunt, uint64_t seed) {
    *haunt = (fd_haunt){.key = {seed, STREAM_DECORATION}};
}

bool fd_haunt_chance(fd_haunt *haunt, uint64_t times) {
    return fd_random_below(haunt->key, haunt->drawn++, times) == 0;
}

static bool is_letter(char byte) {
    return byte >= 'a' && byte <= 'z';
}

/* The next word of small letters alone in bytes from..end. */
static bool next_word(const char *text, size_t from, size_t end, fd_match *word) {
    for (size_t at = from; at < end; at = word->end) {
        while (at < end && !is_letter(text[at]))
            at++;
        *word = (fd_match){at, at};
        while (word->end < end && is_letter(text[word->end]))
            word->end++;
        size_t length = word->end - at;
        bool parted = (at == from || text[at - 1] == ' ') &&
                      (word->end == end || strchr(" ,.;", text[word->end]));
        if (parted && length >= SHORTEST && length <= LONGEST)
            return true;
        if (length == 0)
            break;
    }
    return false;
}

bool fd_haunt_change(fd_haunt *haunt, const fd_rows *rows, const fd_window *window) {
    uint64_t seen = 0;
    fd_haunt_return(haunt);
    for (size_t i = window->top; i < rows->count && i < window->top + window->visible; i++) {
        const fd_row *row = &rows->items[i];
        fd_match word = {row->start, row->start};
        /* Each word takes the place of the one before it with the chance that makes all alike. */
        while (row->kind == FD_ROW_TEXT && next_word(row->text, word.end, row->end, &word))
            if (fd_haunt_chance(haunt, ++seen)) {
                haunt->text = row->text;
                haunt->at = word;
            }
    }
    if (!haunt->text)
        return false;
    size_t length = haunt->at.end - haunt->at.start;
    haunt->other = words[length][fd_random_below(haunt->key, haunt->drawn++, EACH)];
    return true;
}

void fd_haunt_return(fd_haunt *haunt) {
    haunt->text = haunt->other = NULL;
}
