/* proof_person.c - slips from the second person and from the present tense. */
#include <stdlib.h>
#include <string.h>

#include "story/proof.h"
#include "story/prose.h"
#include "story/words.h"

enum { WORD_MOST = 15 };

#define NOWHERE ((size_t)-1)

/* A word of the prose outside quotations, in small letters; "" for one that is longer or quoted. */
typedef struct spoken {
    char text[WORD_MOST + 1];
    size_t at;
    bool sentence, paragraph; /* the first of one */
    bool apart;               /* a colon, semicolon or bracket stands before it */
} spoken;

typedef struct reading {
    fd_prose prose;
    fd_words words;
    spoken *spoken; /* [words.count] */
} reading;

/* Notes the ends of sentences and paragraphs and quotation marks between two words. */
static void pass_over(const char *text, size_t from, size_t to, spoken *next, bool *quoted) {
    for (size_t at = from; at < to; at++) {
        bool left = strncmp(text + at, "\xe2\x80\x9c", 3) == 0;
        bool right = strncmp(text + at, "\xe2\x80\x9d", 3) == 0;
        if (text[at] == '\n' && at + 1 < to && text[at + 1] == '\n') {
            next->paragraph = true;
            *quoted = false;
        }
        next->apart |= strchr(":;()", text[at]) != NULL;
        next->sentence |= strchr(".!?\n\x1e", text[at]) != NULL;
        if (text[at] == '"' || left || right)
            *quoted = text[at] == '"' ? !*quoted : left;
    }
}

static bool read_passage(const fd_proof *proof, size_t passage, reading *it) {
    *it = (reading){0};
    if (!fd_prose_of(proof->story, passage, false, &it->prose, proof->error) ||
        !fd_words_add(fd_buffer_text(&it->prose.text), it->prose.text.length, &it->words,
                      proof->error) ||
        !(it->spoken = fd_alloc(it->words.count, sizeof *it->spoken, "a check", proof->error)))
        return false;
    const char *text = fd_buffer_text(&it->prose.text);
    bool quoted = false;
    for (size_t i = 0, before = 0; i < it->words.count; i++) {
        const fd_word *word = &it->words.items[i];
        spoken *one = &it->spoken[i];
        *one = (spoken){.at = word->start, .sentence = i == 0, .paragraph = i == 0};
        pass_over(text, before, word->start, one, &quoted);
        before = word->end;
        if (quoted || word->end - word->start > WORD_MOST)
            continue;
        memcpy(one->text, text + word->start, word->end - word->start);
        for (char *c = one->text; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    return true;
}

static void free_reading(reading *it) {
    fd_prose_free(&it->prose);
    fd_words_free(&it->words);
    free(it->spoken);
}

static bool is_any(const char *word, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

/* ---- person ---- */

static bool is_first_person(const char *word) {
    static const char *const words[] = {"i",  "i'm", "i'd",  "i'll",  "i've",
                                        "me", "my",  "mine", "myself"};
    return is_any(word, words, sizeof words / sizeof words[0]);
}

/* "mine" with an article before it is a pit. */
static bool slips(const reading *it, size_t i) {
    const char *before = i ? it->spoken[i - 1].text : "";
    bool pit = strcmp(it->spoken[i].text, "mine") == 0 &&
               (strcmp(before, "the") == 0 || strcmp(before, "a") == 0);
    return is_first_person(it->spoken[i].text) && !pit;
}

/* Words after which others' words may follow without marks. */
static bool speaks(const char *word) {
    static const char *const words[] = {
        "answer", "ask",   "asks",   "called",  "calls",  "hear",  "hears", "heard",  "print",
        "read",   "reads", "said",   "say",     "saying", "says",  "sign",  "spell",  "tell",
        "tells",  "think", "thinks", "thought", "told",   "words", "write", "writes", "wrote"};
    return is_any(word, words, sizeof words / sizeof words[0]);
}

static void tell_slip(const fd_proof *proof, size_t passage, const reading *it, size_t i) {
    const fd_word *word = &it->words.items[i];
    fd_proof_tell(proof, FD_FIND_PERSON, passage, fd_prose_line(&it->prose, it->spoken[i].at),
                  "\"%.*s\" stands outside quotations where \"you\" is told of.",
                  (int)(word->end - word->start), fd_buffer_text(&it->prose.text) + word->start);
}

/* The first slip of the sentence that begins at word i, before anything that sets words apart or
 * lets somebody speak; NOWHERE without one. */
static size_t slip_in(const reading *it, size_t i) {
    for (size_t k = i; k < it->words.count && (k == i || !it->spoken[k].sentence); k++) {
        if ((k > i && it->spoken[k].apart) || speaks(it->spoken[k].text))
            return NOWHERE;
        if (slips(it, k))
            return k;
    }
    return NOWHERE;
}

/* ---- tense ---- */

/* Verbs whose past no present has; "read", "put" and their like are left out. */
static const char *const present[] = {
    "are",   "ask",   "begin",    "bend",   "break", "bring", "call",  "carry", "catch",
    "close", "climb", "come",     "cross",  "do",    "draw",  "drink", "drop",  "eat",
    "fall",  "feel",  "find",     "follow", "get",   "give",  "go",    "have",  "hear",
    "hold",  "keep",  "kneel",    "know",   "lean",  "leave", "lift",  "light", "listen",
    "look",  "lose",  "make",     "move",   "open",  "pass",  "pick",  "press", "pull",
    "push",  "reach", "remember", "rise",   "run",   "say",   "see",   "shake", "sit",
    "sleep", "speak", "stand",    "step",   "stop",  "take",  "tell",  "think", "touch",
    "try",   "turn",  "wait",     "wake",   "walk",  "want",  "watch", "write"};
static const char *const past[] = {
    "asked",    "began",   "bent",    "broke",   "brought",  "called",  "carried", "caught",
    "closed",   "climbed", "came",    "crossed", "did",      "drew",    "drank",   "dropped",
    "ate",      "fell",    "felt",    "found",   "followed", "got",     "gave",    "went",
    "heard",    "held",    "kept",    "knelt",   "knew",     "leaned",  "lifted",  "lit",
    "listened", "looked",  "lost",    "made",    "moved",    "opened",  "passed",  "picked",
    "pressed",  "pulled",  "pushed",  "reached", "rose",     "ran",     "said",    "saw",
    "shook",    "sat",     "slept",   "spoke",   "stood",    "stepped", "stopped", "took",
    "told",     "thought", "touched", "tried",   "turned",   "waited",  "woke",    "walked",
    "watched",  "wrote"};

typedef struct opening {
    size_t word;      /* that begins the sentence */
    bool now, before; /* "You" and a verb of the present, of the past */
} opening;

static opening open_at(const reading *it, size_t i) {
    bool you = strcmp(it->spoken[i].text, "you") == 0 && i + 1 < it->words.count &&
               !it->spoken[i + 1].sentence;
    const char *verb = you ? it->spoken[i + 1].text : "";
    return (opening){i, is_any(verb, present, sizeof present / sizeof present[0]),
                     is_any(verb, past, sizeof past / sizeof past[0])};
}

/* Whether somebody may have begun to speak, or something to be read out, between two words. */
static bool voices(const reading *it, size_t from, size_t to) {
    for (size_t i = from; i <= to; i++)
        if (it->spoken[i].apart || speaks(it->spoken[i].text))
            return true;
    return false;
}

/* How many sentences of the paragraph that word i stands in hold a slip. */
static size_t slips_around(const reading *it, size_t i) {
    size_t found = 0;
    bool counted = false;
    while (i && !it->spoken[i].paragraph)
        i--;
    for (size_t k = i; k < it->words.count && (k == i || !it->spoken[k].paragraph); k++) {
        counted = counted && !it->spoken[k].sentence;
        found += !counted && slips(it, k);
        counted = counted || slips(it, k);
    }
    return found;
}

/* Three sentences of a paragraph in a row tell a slip in the second: now, then, now; or you, I,
 * you. One that begins in the present with "You" must not go on with "I". */
static void find_slips(const fd_proof *proof, size_t passage, const reading *it) {
    opening last[2] = {{0}, {0}};
    for (size_t i = 0; i < it->words.count; i++) {
        if (it->spoken[i].paragraph)
            last[0] = last[1] = (opening){0};
        if (!it->spoken[i].sentence)
            continue;
        opening here = open_at(it, i);
        size_t slip = here.now ? slip_in(it, i) : NOWHERE, between = last[1].word;
        bool around = last[0].now && here.now;
        if (slip != NOWHERE && slips_around(it, slip) == 1)
            tell_slip(proof, passage, it, slip);
        if (around && slips(it, between) && slips_around(it, between) == 1 &&
            !voices(it, last[0].word, between))
            tell_slip(proof, passage, it, between);
        if (around && last[1].before)
            fd_proof_tell(proof, FD_FIND_TENSE, passage,
                          fd_prose_line(&it->prose, it->spoken[between].at),
                          "\"You %s\" stands in the past between sentences in the present.",
                          it->spoken[between + 1].text);
        last[0] = last[1];
        last[1] = here;
    }
}

/* A passage that was kept from a dream has no letters or slates to read out: the first slip of each
 * of its sentences. */
static void find_kept_slips(const fd_proof *proof, size_t passage, const reading *it) {
    bool told = false;
    for (size_t i = 0; i < it->words.count; i++) {
        told = told && !it->spoken[i].sentence;
        if (!told && slips(it, i))
            tell_slip(proof, passage, it, i);
        told = told || slips(it, i);
    }
}

bool fd_proof_person(const fd_proof *proof) {
    bool ok = true;
    for (size_t p = 0; ok && p < proof->story->twee.count; p++) {
        bool kept = fd_passage_has_tag(&proof->story->twee.passages[p], "dreamed");
        reading it;
        ok = read_passage(proof, p, &it);
        if (ok)
            (kept ? find_kept_slips : find_slips)(proof, p, &it);
        free_reading(&it);
    }
    return ok;
}
