#define _POSIX_C_SOURCE 200809L
#include "model/vocabulary.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "model/file.h"

enum { LARGEST_VOCABULARY = 100000, LARGEST_FILE = 64 << 20 };

bool fd_tokens_add(fd_tokens *tokens, int32_t id, fd_error *error) {
    if (!fd_grow((void **)&tokens->ids, &tokens->capacity, tokens->count + 1, sizeof id,
                 "a text's tokens", error))
        return false;
    tokens->ids[tokens->count++] = id;
    return true;
}

void fd_tokens_free(fd_tokens *tokens) {
    free(tokens->ids);
    *tokens = (fd_tokens){0};
}

/* ---- byte-level characters -------------------------------------------------------------- */

/* Printable Latin-1 characters stand for their own byte in GPT-2's files; the other bytes, in
 * order, for the characters from U+0100 on. -1 for a character that stands for no byte. */
static int byte_of_character(utf8proc_int32_t character) {
    if ((character >= 33 && character <= 126) ||
        (character >= 161 && character <= 255 && character != 173))
        return (int)character;
    int others = (int)character - 256;
    if (others < 0 || others > 67)
        return -1;
    if (others < 33)
        return others;
    return others < 67 ? others - 33 + 127 : 173;
}

/* The byte that the UTF-8 character at text[0..length) stands for, or -1; *used is its length. */
static int unmask_one(const char *text, size_t length, size_t *used) {
    utf8proc_int32_t character = (uint8_t)text[0];
    utf8proc_ssize_t count = 1;
    if (character >= 128)
        count =
            utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &character);
    *used = count > 0 ? (size_t)count : 1;
    return count > 0 ? byte_of_character(character) : -1;
}

/* ---- vocabulary ------------------------------------------------------------------------- */

/* What loading alone needs: the vocabulary by its bytes. */
typedef struct lexicon {
    struct slot {
        uint32_t hash;
        int32_t id; /* -1: empty */
    } * slots;
    size_t count; /* a power of two */
} lexicon;

/* The slot of the piece with these bytes and their hash, or the empty one where it belongs. */
static struct slot *find_piece(const lexicon *words, const fd_piece *pieces, uint64_t hash,
                               const char *bytes, size_t length) {
    uint32_t folded = fd_hash_fold(hash);
    size_t mask = words->count - 1, at = folded & mask;
    for (; words->slots[at].id >= 0; at = (at + 1) & mask) {
        const fd_piece *found = &pieces[words->slots[at].id];
        if (words->slots[at].hash == folded && found->length == length &&
            memcmp(found->bytes, bytes, length) == 0)
            break;
    }
    return &words->slots[at];
}

/* A file being scanned. vocab.json is one flat object of 50,000 members: a tree of them, built only
 * to be walked once, would cost more than everything else here together. */
typedef struct scanner {
    const char *path;
    const char *text;
    size_t length, at;
    fd_error *error;
} scanner;

static bool expected(const scanner *self, const char *what) {
    return fd_fail(self->error, FD_BAD_FILE, "%s: expected %s at byte %zu.", self->path, what,
                   self->at);
}

static void skip_space(scanner *self) {
    while (self->at < self->length &&
           (self->text[self->at] == ' ' || self->text[self->at] == '\n' ||
            self->text[self->at] == '\t' || self->text[self->at] == '\r'))
        self->at++;
}

/* Steps over white space and then over `mark`, if it comes next. */
static bool accept(scanner *self, char mark) {
    skip_space(self);
    bool found = self->at < self->length && self->text[self->at] == mark;
    self->at += found;
    return found;
}

/* The character that a backslash and what follows it stand for, or -1. Of JSON's escapes only these
 * can stand for byte-level characters. */
static int32_t read_escape(scanner *self) {
    char kind = self->at + 1 < self->length ? self->text[self->at + 1] : '\0';
    self->at += 2;
    if (kind == '"' || kind == '\\' || kind == '/')
        return kind;
    int32_t character = 0;
    for (size_t i = 0; i < 4; i++, self->at++) {
        int digit = self->at < self->length ? self->text[self->at] : 0, small = digit | 32;
        bool figure = digit >= '0' && digit <= '9', letter = small >= 'a' && small <= 'f';
        if (kind != 'u' || (!figure && !letter))
            return -1;
        character = 16 * character + (figure ? digit - '0' : small - 'a' + 10);
    }
    return character;
}

/* A key and its quotes, as the bytes it stands for and their hash. */
static bool read_key(scanner *self, char *bytes, size_t *count, uint64_t *hash) {
    if (!accept(self, '"'))
        return expected(self, "a piece in quotes");
    *hash = FD_HASH_START;
    for (*count = 0; self->at < self->length && self->text[self->at] != '"';) {
        size_t start = self->at, used = 0;
        int byte = self->text[start] == '\\'
                       ? byte_of_character(read_escape(self))
                       : unmask_one(self->text + start, self->length - start, &used);
        if (byte < 0) {
            self->at = start;
            return expected(self, "a byte-level character");
        }
        bytes[(*count)++] = (char)byte;
        *hash = fd_hash_byte(*hash, (char)byte);
        self->at += used;
    }
    if (!*count || self->at == self->length)
        return expected(self, "the rest of a piece");
    self->at++;
    return true;
}

/* A whole number below LARGEST_VOCABULARY, as JSON writes it. */
static bool read_id(scanner *self, int32_t *id) {
    skip_space(self);
    size_t start = self->at;
    for (*id = 0; self->at < self->length; self->at++) {
        int digit = self->text[self->at] - '0';
        if (digit < 0 || digit > 9 || (self->at > start && *id == 0) || *id >= LARGEST_VOCABULARY)
            break;
        *id = 10 * *id + digit;
    }
    return (self->at > start && *id < LARGEST_VOCABULARY) || expected(self, "an id");
}

/* One member of vocab.json. */
typedef struct entry {
    fd_piece piece;
    uint64_t hash;
    int32_t id;
} entry;

/* Reads the object's members, their bytes one after another into the arena. */
static bool read_entries(scanner *self, char *arena, entry **entries, size_t *count) {
    size_t capacity = 0;
    bool more = true;
    if (!accept(self, '{'))
        return expected(self, "a JSON object of pieces and ids");
    while (more) {
        if (!fd_grow((void **)entries, &capacity, *count + 1, sizeof **entries, "the vocabulary",
                     self->error))
            return false;
        entry *one = &(*entries)[(*count)++];
        one->piece.bytes = arena;
        if (!read_key(self, arena, &one->piece.length, &one->hash) ||
            (!accept(self, ':') && !expected(self, "a colon")) || !read_id(self, &one->id))
            return false;
        arena += one->piece.length;
        more = accept(self, ',');
    }
    if (!accept(self, '}'))
        return expected(self, "a comma or the object's end");
    skip_space(self);
    return self->at == self->length || expected(self, "the file's end");
}

/* Puts the piece in its place by id and by bytes. */
static bool add_piece(fd_tokenizer *tokenizer, lexicon *words, const char *path, const entry *one,
                      fd_error *error) {
    int shown = (int)(one->piece.length < 40 ? one->piece.length : 40);
    if ((size_t)one->id >= tokenizer->size)
        return fd_fail(error, FD_BAD_FILE, "%s: the id of \"%.*s\" should be 0 to %zu.", path,
                       shown, one->piece.bytes, tokenizer->size - 1);
    fd_piece *place = &tokenizer->pieces[one->id];
    if (place->bytes)
        return fd_fail(error, FD_BAD_FILE, "%s: the id %d stands twice.", path, (int)one->id);
    *place = one->piece;
    if (place->length == sizeof FD_END_OF_TEXT - 1 &&
        memcmp(place->bytes, FD_END_OF_TEXT, place->length) == 0) {
        tokenizer->end_of_text = one->id;
        return true; /* found by its own rule, never by its bytes */
    }
    struct slot *slot =
        find_piece(words, tokenizer->pieces, one->hash, place->bytes, place->length);
    if (slot->id >= 0)
        return fd_fail(error, FD_BAD_FILE, "%s: the piece \"%.*s\" stands twice.", path, shown,
                       place->bytes);
    *slot = (struct slot){fd_hash_fold(one->hash), one->id};
    return true;
}

static bool place_entries(fd_tokenizer *tokenizer, lexicon *words, const char *path,
                          const entry *entries, size_t count, fd_error *error) {
    if (count < 256 || count > LARGEST_VOCABULARY)
        return fd_fail(error, FD_BAD_FILE, "%s: a vocabulary has 256 to %d pieces, not %zu.", path,
                       LARGEST_VOCABULARY, count);
    tokenizer->size = count;
    words->count = fd_table_size(count + count / 4); /* small enough for a cache */
    tokenizer->pieces = fd_alloc(count, sizeof *tokenizer->pieces, "the vocabulary", error);
    words->slots = fd_alloc(words->count, sizeof *words->slots, "the vocabulary", error);
    if (!tokenizer->pieces || !words->slots)
        return false;
    memset(words->slots, 0xff, words->count * sizeof *words->slots);
    for (size_t i = 0; i < count; i++)
        if (!add_piece(tokenizer, words, path, &entries[i], error))
            return false;
    for (int byte = 0; byte < 256; byte++) {
        char text = (char)byte;
        uint64_t hash = fd_hash_bytes(&text, 1);
        tokenizer->of_byte[byte] = find_piece(words, tokenizer->pieces, hash, &text, 1)->id;
        if (tokenizer->of_byte[byte] < 0)
            return fd_fail(error, FD_BAD_FILE, "%s: the byte %d has no piece.", path, byte);
    }
    return true;
}

static bool read_vocabulary(fd_tokenizer *tokenizer, lexicon *words, const char *path,
                            const fd_buffer *text, fd_error *error) {
    scanner json = {path, fd_buffer_text(text), text->length, 0, error};
    entry *entries = NULL;
    size_t count = 0;
    tokenizer->end_of_text = -1;
    /* A piece is never longer than what is written for it. */
    tokenizer->arena = fd_alloc(text->length, 1, "the vocabulary", error);
    bool ok = tokenizer->arena && read_entries(&json, tokenizer->arena, &entries, &count) &&
              place_entries(tokenizer, words, path, entries, count, error);
    free(entries);
    return ok;
}

/* ---- merges ----------------------------------------------------------------------------- */

/* The bytes of the piece that ends before `stop` or with the line; its id, -1 where it has none, -2
 * where it is no piece. */
static int32_t read_half(scanner *self, const fd_tokenizer *tokenizer, const lexicon *words,
                         char stop, char *bytes, size_t room, size_t *count) {
    size_t used;
    uint64_t hash = FD_HASH_START;
    for (*count = 0; self->at < self->length && self->text[self->at] != stop; self->at += used) {
        int byte = unmask_one(self->text + self->at, self->length - self->at, &used);
        if (byte < 0 || *count == room)
            return -2;
        bytes[(*count)++] = (char)byte;
        hash = fd_hash_byte(hash, (char)byte);
    }
    return *count ? find_piece(words, tokenizer->pieces, hash, bytes, *count)->id : -2;
}

static bool add_merge(fd_tokenizer *tokenizer, const lexicon *words, scanner *line, size_t number,
                      uint32_t rank, int32_t *next) {
    char both[1024];
    const fd_piece *pieces = tokenizer->pieces;
    size_t left, right = 0;
    int32_t a = read_half(line, tokenizer, words, ' ', both, sizeof both, &left), b = -2;
    if (a > -2 && line->at++ < line->length)
        b = read_half(line, tokenizer, words, '\n', both + left, sizeof both - left, &right);
    if (b == -2)
        return fd_fail(line->error, FD_BAD_FILE,
                       "%s:%zu: expected two pieces with a space between.", line->path, number);
    /* A vocabulary mostly lists what its merges make in their order. */
    int32_t joined = *next;
    if ((size_t)joined >= tokenizer->size || joined == tokenizer->end_of_text ||
        pieces[joined].length != left + right ||
        memcmp(pieces[joined].bytes, both, left + right) != 0)
        joined =
            find_piece(words, pieces, fd_hash_bytes(both, left + right), both, left + right)->id;
    *next = joined + 1;
    if (a < 0 || b < 0 || joined < 0)
        return fd_fail(line->error, FD_BAD_FILE,
                       "%s:%zu: a piece of this merge is not in vocab.json.", line->path, number);
    uint64_t *slot = fd_merge_slot(tokenizer, a, b);
    if (*slot)
        return fd_fail(line->error, FD_BAD_FILE, "%s:%zu: this merge stands twice.", line->path,
                       number);
    *slot = ((uint64_t)a << FD_ID_BITS | (uint64_t)b) << FD_RANK_BITS | (rank + 1);
    tokenizer->joined[rank] = joined;
    return true;
}

static bool read_merges(fd_tokenizer *tokenizer, const lexicon *words, const char *path,
                        const fd_buffer *text, fd_error *error) {
    size_t lines = 1, number = 0;
    uint32_t rank = 0;
    int32_t next = 0;
    for (size_t i = 0; i < text->length; i++)
        lines += text->data[i] == '\n';
    tokenizer->merge_slots = fd_table_size(2 * lines);
    tokenizer->merges =
        fd_alloc(tokenizer->merge_slots, sizeof *tokenizer->merges, "the merges", error);
    tokenizer->joined = fd_alloc(lines, sizeof *tokenizer->joined, "the merges", error);
    if (!tokenizer->merges || !tokenizer->joined)
        return false;
    for (size_t at = 0; at < text->length;) {
        const char *start = text->data + at;
        const char *end = memchr(start, '\n', text->length - at);
        size_t length = end ? (size_t)(end - start) : text->length - at;
        at += length + 1;
        number++;
        if (length && start[length - 1] == '\r')
            length--;
        scanner line = {path, start, length, 0, error};
        if (!length || (number == 1 && strncmp(start, "#version", 8) == 0))
            continue;
        if (!add_merge(tokenizer, words, &line, number, rank++, &next))
            return false;
    }
    return true;
}

/* ---- loading ---------------------------------------------------------------------------- */

static bool read_part(const char *directory, const char *name, char path[PATH_MAX], fd_buffer *text,
                      fd_error *error) {
    fd_buffer_clear(text);
    return fd_file_path(path, error, "%s/%s", directory, name) && fd_file_read(path, text, error);
}

fd_tokenizer *fd_tokenizer_load(const char *directory, fd_error *error) {
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(LARGEST_FILE);
    lexicon words = {0};
    fd_tokenizer *tokenizer = fd_alloc(1, sizeof *tokenizer, "the tokenizer", error);
    bool ok = tokenizer && read_part(directory, "vocab.json", path, &text, error) &&
              read_vocabulary(tokenizer, &words, path, &text, error) &&
              read_part(directory, "merges.txt", path, &text, error) &&
              read_merges(tokenizer, &words, path, &text, error);
    free(words.slots);
    fd_buffer_free(&text);
    if (ok)
        return tokenizer;
    fd_tokenizer_free(tokenizer);
    return NULL;
}

void fd_tokenizer_free(fd_tokenizer *tokenizer) {
    if (!tokenizer)
        return;
    free(tokenizer->arena);
    free(tokenizer->pieces);
    free(tokenizer->merges);
    free(tokenizer->joined);
    free(tokenizer);
}

size_t fd_tokenizer_size(const fd_tokenizer *tokenizer) {
    return tokenizer->size;
}

int32_t fd_tokenizer_end_of_text(const fd_tokenizer *tokenizer) {
    return tokenizer->end_of_text;
}

/* ---- decoding -------------------------------------------------------------------------- */

const char *fd_tokenizer_bytes(const fd_tokenizer *tokenizer, int32_t id, size_t *length) {
    if (id < 0 || (size_t)id >= tokenizer->size)
        return NULL;
    *length = tokenizer->pieces[id].length;
    return tokenizer->pieces[id].bytes;
}

bool fd_tokenizer_decode(const fd_tokenizer *tokenizer, const int32_t *ids, size_t count,
                         fd_buffer *text, fd_error *error) {
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *bytes = fd_tokenizer_bytes(tokenizer, ids[i], &length);
        if (!bytes)
            return fd_fail(error, FD_BAD_FILE, "Token %zu is %d; the vocabulary ends at %zu.", i,
                           (int)ids[i], tokenizer->size - 1);
        if (!fd_buffer_add(text, bytes, length, error))
            return false;
    }
    return true;
}
