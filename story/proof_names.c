/* proof_names.c - names that contradict each other: nearly the same, two for one relation, and
 * names in kept dreams that nobody else bears. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "story/proof.h"
#include "story/prose.h"
#include "story/words.h"

enum { SHORTEST = 5, LONGEST = 31, KNOWN = 4 };

/* A word with a capital. */
typedef struct use {
    char name[LONGEST + 1]; /* without a possessive 's */
    size_t passage, line;
    bool inside; /* of a sentence, where only a name has a capital */
} use;

static const char *const relations[] = {"mother", "father", "husband", "wife", "twin"};
enum { RELATIONS = sizeof relations / sizeof relations[0] };

typedef struct naming {
    const fd_proof *proof;
    use *uses; /* in order of the story */
    size_t count, capacity;
    use *by_name;     /* the same, sorted */
    fd_run_set small; /* words that stand without a capital somewhere */
    struct {
        const char *name; /* what it was called first */
        size_t passage, line;
    } called[RELATIONS];
} naming;

/* ---- collecting ---- */

/* Whether nothing but the line's and the sentence's own words stand before the word. */
static bool is_inside(const char *text, size_t start) {
    size_t at = start;
    while (at && strchr(" \t", text[at - 1]))
        at--;
    unsigned char before = at ? (unsigned char)text[at - 1] : '.';
    return at && at < start && (isalnum(before) || before == ',');
}

static bool is_common(const char *name) {
    static const char *const common[] = {
        "Monday",    "Tuesday",  "Wednesday", "Thursday", "Friday",    "Saturday", "Sunday",
        "January",   "February", "March",     "April",    "June",      "July",     "August",
        "September", "October",  "November",  "December", "Christmas", "Easter",   "English",
        "French",    "German",   "Latin",     "Greek",    "Italian",   "Spanish",  "Doctor",
        "Father",    "Mother",   "Sister",    "Brother",  "Mister",    "Missus",   "Madam",
        "Street",    "Saint",    "Lord",      "Lady",     "Heaven",    "Bible",    "Europe"};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (strcmp(name, common[i]) == 0)
            return true;
    return false;
}

static bool set_name(use *it, const char *text, size_t length) {
    if (length > 2 && (strncmp(text + length - 2, "'s", 2) == 0))
        length -= 2;
    else if (length > 4 && strncmp(text + length - 4, "\xe2\x80\x99s", 4) == 0)
        length -= 4;
    if (length < 2 || length > LONGEST || !isupper((unsigned char)text[0]))
        return false;
    for (size_t i = 1; i < length; i++)
        if (isupper((unsigned char)text[i]) || text[i] == '\'') /* SIGNS, I'll, O'Brien */
            return false;
    memcpy(it->name, text, length);
    it->name[length] = '\0';
    return true;
}

/* "your mother Alice", "your mother was called Alice", "your mother's name is Alice": which
 * relation the name at words[i] is given to, or RELATIONS. */
static size_t relation_of(const char *text, const fd_words *words, size_t i) {
    static const char *const between[] = {"is", "was", "called", "named", "name"};
    size_t at = i, verbs = 0;
    for (bool link = true; link && at && i - at < 3;) {
        const fd_word *word = &words->items[at - 1];
        link = false;
        for (size_t b = 0; b < sizeof between / sizeof between[0]; b++)
            link |= word->end - word->start == strlen(between[b]) &&
                    strncmp(text + word->start, between[b], strlen(between[b])) == 0;
        at -= link;
        verbs += link;
    }
    if (at < 2 || verbs == 1) /* "your mother is Alice" may say who, not what her name is */
        return RELATIONS;
    const fd_word *relation = &words->items[at - 1], *whose = &words->items[at - 2];
    if (whose->end - whose->start != 4 || strncmp(text + whose->start + 1, "our", 3) != 0 ||
        tolower((unsigned char)text[whose->start]) != 'y')
        return RELATIONS;
    for (size_t at_byte = relation->start; at_byte < words->items[i].start; at_byte++)
        if (strchr(",.;:!?\"\n\x1e()", text[at_byte]))
            return RELATIONS;
    size_t length = relation->end - relation->start;
    for (size_t r = 0; r < RELATIONS; r++) {
        size_t own = strlen(relations[r]);
        if (strncmp(text + relation->start, relations[r], own) == 0 &&
            (length == own || (length == own + 2 && text[relation->start + own] == '\'' && at < i)))
            return r;
    }
    return RELATIONS;
}

static void meet_relation(naming *self, size_t r, const use *it) {
    if (r == RELATIONS || is_common(it->name))
        return;
    const fd_passage *passages = self->proof->story->twee.passages;
    if (!self->called[r].name) {
        self->called[r].name = it->name;
        self->called[r].passage = it->passage;
        self->called[r].line = it->line;
    } else if (strcmp(self->called[r].name, it->name) != 0) {
        fd_proof_tell(self->proof, FD_FIND_NAME, it->passage, it->line,
                      "Your %s is called \"%s\" here, and \"%s\" in \"%s\" (%s:%zu).", relations[r],
                      it->name, self->called[r].name, passages[self->called[r].passage].name,
                      passages[self->called[r].passage].source, self->called[r].line);
    }
}

/* The uses of a passage; with `telling`, the relations in it are met, whose names must stay. */
static bool add_passage(naming *self, size_t passage, bool telling) {
    fd_prose prose;
    fd_words words = {0};
    fd_error *error = self->proof->error;
    bool ok = fd_prose_of(self->proof->story, passage, true, &prose, error) &&
              fd_words_add(fd_buffer_text(&prose.text), prose.text.length, &words, error);
    const char *text = fd_buffer_text(&prose.text);
    for (size_t i = 0, seen = 0; ok && i < words.count; i++) {
        const fd_word *word = &words.items[i];
        use it = {.passage = passage, .inside = is_inside(text, word->start)};
        if (islower((unsigned char)text[word->start]))
            ok = telling || fd_run_set_add(&self->small, word->hash, error);
        if (!set_name(&it, text + word->start, word->end - word->start))
            continue;
        it.line = fd_prose_line(&prose, word->start);
        if (!telling) {
            ok = fd_grow((void **)&self->uses, &self->capacity, self->count + 1, sizeof *self->uses,
                         "a check", error);
            if (ok)
                self->uses[self->count++] = it;
            continue;
        }
        while (seen < self->count &&
               (self->uses[seen].passage != passage || self->uses[seen].line < it.line ||
                strcmp(self->uses[seen].name, it.name) != 0))
            seen++;
        if (seen < self->count)
            meet_relation(self, relation_of(text, &words, i), &self->uses[seen]);
    }
    fd_words_free(&words);
    fd_prose_free(&prose);
    return ok;
}

/* ---- one name and another ---- */

static int by_name(const void *a, const void *b) {
    const use *left = a, *right = b;
    int names = strcmp(left->name, right->name);
    if (names)
        return names;
    if (left->passage != right->passage)
        return left->passage < right->passage ? -1 : 1;
    return (left->line > right->line) - (left->line < right->line);
}

/* Whether one letter changed, added, dropped, or two exchanged, makes one name the other; a plural
 * or a people's name is no other name. */
static bool is_near(const char *a, const char *b) {
    size_t wide = strlen(a), other = strlen(b), same = 0, end = 0;
    if (wide > other)
        return is_near(b, a);
    while (same < wide && a[same] == b[same])
        same++;
    while (end < wide - same && a[wide - 1 - end] == b[other - 1 - end])
        end++;
    size_t left = wide - same - end, right = other - same - end;
    if (right == 1 && left == 0)
        return end || !strchr("ns", b[same]); /* Pask, Pasks; America, American */
    if (left == 1 && right == 1)              /* Himalayas, Himalayan; Englishman, Englishmen */
        return !(end == 0 && strchr("ns", a[same]) && strchr("ns", b[same])) &&
               !(end == 1 && strchr("ae", a[same]) && strchr("ae", b[same]));
    return (left == 2 && right == 2 && a[same] == b[same + 1] && a[same + 1] == b[same]);
}

static bool is_small_word(const naming *self, const char *name) {
    fd_words words = {0};
    bool found = fd_words_add(name, strlen(name), &words, NULL) && words.count == 1 &&
                 fd_run_set_has(&self->small, words.items[0].hash);
    fd_words_free(&words);
    return found;
}

/* The run of uses of one name that begins at by_name[from]: its end. */
static size_t end_of(const naming *self, size_t from) {
    size_t end = from + 1;
    while (end < self->count && strcmp(self->by_name[end].name, self->by_name[from].name) == 0)
        end++;
    return end;
}

/* Whether it is, and is told, a frequent name's misspelling. */
static bool find_near(const naming *self, const use *rare) {
    const fd_passage *passages = self->proof->story->twee.passages;
    bool found = false;
    for (size_t i = 0, end; i < self->count; i = end) {
        const use *it = &self->by_name[i];
        bool inside = false;
        end = end_of(self, i);
        for (size_t k = i; k < end; k++)
            inside |= self->by_name[k].inside;
        if (end - i < KNOWN || !inside || is_common(it->name) || !is_near(rare->name, it->name))
            continue;
        found = true;
        fd_proof_tell(self->proof, FD_FIND_NAME, rare->passage, rare->line,
                      "\"%s\" stands here only; is it \"%s\", which stands %zu times, first in "
                      "\"%s\" (%s:%zu)?",
                      rare->name, it->name, end - i, passages[it->passage].name,
                      passages[it->passage].source, it->line);
    }
    return found;
}

static void find_strangers(const naming *self) {
    const fd_passage *passages = self->proof->story->twee.passages;
    for (size_t i = 0, end; i < self->count; i = end) {
        const use *it = &self->by_name[i];
        bool inside = false, alone = true;
        end = end_of(self, i);
        for (size_t k = i; k < end; k++) {
            inside |= self->by_name[k].inside;
            alone &= self->by_name[k].passage == it->passage;
        }
        if (!inside || !alone || is_common(it->name) || is_small_word(self, it->name))
            continue;
        bool near = end - i == 1 && strlen(it->name) >= SHORTEST && find_near(self, it);
        if (!near && fd_passage_has_tag(&passages[it->passage], "dreamed"))
            fd_proof_tell(self->proof, FD_FIND_NAME, it->passage, it->line,
                          "\"%s\" stands nowhere but in the dreamed passage \"%s\".", it->name,
                          passages[it->passage].name);
    }
}

bool fd_proof_names(const fd_proof *proof) {
    naming self = {.proof = proof};
    size_t count = proof->story->twee.count;
    bool ok = true;
    for (int telling = 0; telling < 2; telling++)
        for (size_t p = 0; ok && p < count; p++)
            ok = !fd_story_is_told(proof->story, p) || add_passage(&self, p, telling);
    ok = ok && (self.by_name =
                    fd_alloc(self.count, sizeof *self.by_name, "a check", proof->error)) != NULL;
    if (ok && self.count) {
        memcpy(self.by_name, self.uses, self.count * sizeof *self.uses);
        qsort(self.by_name, self.count, sizeof *self.by_name, by_name);
        find_strangers(&self);
    }
    free(self.uses);
    free(self.by_name);
    fd_run_set_free(&self.small);
    return ok;
}
