#define _POSIX_C_SOURCE 200809L
#include "model/tokenizer.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "model/file.h"

enum { LARGEST_VOCABULARY = 100000, LARGEST_FILE = 64 << 20 };

typedef struct piece {
    char *bytes;
    size_t length;
} piece;

/* One slot of the merge table; key 0 is an empty slot (no merge joins token 0 to token 0 with
 * key 0 because keys are stored plus one). */
typedef struct merge {
    uint64_t key;
    uint32_t rank;
    int32_t joined;
} merge;

struct fd_tokenizer {
    piece *pieces; /* [size] */
    size_t size;
    int32_t *by_bytes; /* open-addressed table of ids, -1 empty */
    size_t by_bytes_slots;
    merge *merges;
    size_t merge_slots;
    int32_t of_byte[256];
    int32_t end_of_text;
};

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

/* ---- vocabulary ------------------------------------------------------------------------- */

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(const char *bytes, size_t length) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)bytes[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

static int32_t find_piece(const fd_tokenizer *tokenizer, const char *bytes, size_t length,
                          size_t *slot) {
    size_t mask = tokenizer->by_bytes_slots - 1, at = (size_t)hash_bytes(bytes, length) & mask;
    int32_t id;
    while ((id = tokenizer->by_bytes[at]) >= 0) {
        const piece *found = &tokenizer->pieces[id];
        if (found->length == length && memcmp(found->bytes, bytes, length) == 0)
            break;
        at = (at + 1) & mask;
    }
    if (slot)
        *slot = at;
    return id;
}

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

/* The bytes that a key of vocab.json or half a merge stands for; false if it is no such text. */
static bool unmask(const char *text, size_t length, char *bytes, size_t *count) {
    *count = 0;
    for (size_t i = 0; i < length;) {
        utf8proc_int32_t character;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text + i,
                                                 (utf8proc_ssize_t)(length - i), &character);
        int byte = used > 0 ? byte_of_character(character) : -1;
        if (byte < 0)
            return false;
        bytes[(*count)++] = (char)byte;
        i += (size_t)used;
    }
    return length > 0;
}

static size_t power_of_two_above(size_t count) {
    size_t slots = 16;
    while (slots < count)
        slots *= 2;
    return slots;
}

static bool add_piece(fd_tokenizer *tokenizer, const char *path, const cJSON *entry,
                      fd_error *error) {
    const char *key = entry->string;
    double number = cJSON_IsNumber(entry) ? entry->valuedouble : -1.0;
    if (number < 0.0 || number >= (double)tokenizer->size || number != (double)(int32_t)number)
        return fd_fail(error, FD_BAD_FILE, "%s: the id of \"%.40s\" should be 0 to %zu.", path, key,
                       tokenizer->size - 1);
    piece *slot = &tokenizer->pieces[(int32_t)number];
    if (slot->bytes)
        return fd_fail(error, FD_BAD_FILE, "%s: the id %d stands twice.", path, (int)number);
    size_t length = strlen(key);
    slot->bytes = fd_alloc(length + 1, 1, "the vocabulary", error);
    if (!slot->bytes)
        return false;
    if (strcmp(key, FD_END_OF_TEXT) == 0) {
        memcpy(slot->bytes, key, length);
        slot->length = length;
        tokenizer->end_of_text = (int32_t)number;
        return true; /* found by its own rule, never by its bytes */
    }
    if (!unmask(key, length, slot->bytes, &slot->length))
        return fd_fail(error, FD_BAD_FILE, "%s: \"%.40s\" is not written in byte-level characters.",
                       path, key);
    size_t at;
    if (find_piece(tokenizer, slot->bytes, slot->length, &at) >= 0)
        return fd_fail(error, FD_BAD_FILE, "%s: the piece \"%.40s\" stands twice.", path, key);
    tokenizer->by_bytes[at] = (int32_t)number;
    return true;
}

static bool read_vocabulary(fd_tokenizer *tokenizer, const char *path, const cJSON *object,
                            fd_error *error) {
    if (!cJSON_IsObject(object))
        return fd_fail(error, FD_BAD_FILE, "%s should hold a JSON object of pieces and ids.", path);
    size_t size = 0;
    for (const cJSON *entry = object->child; entry; entry = entry->next)
        size++;
    if (size < 256 || size > LARGEST_VOCABULARY)
        return fd_fail(error, FD_BAD_FILE, "%s: a vocabulary has 256 to %d pieces, not %zu.", path,
                       LARGEST_VOCABULARY, size);
    tokenizer->size = size;
    tokenizer->by_bytes_slots = power_of_two_above(2 * size);
    tokenizer->pieces = fd_alloc(size, sizeof *tokenizer->pieces, "the vocabulary", error);
    tokenizer->by_bytes =
        fd_alloc(tokenizer->by_bytes_slots, sizeof *tokenizer->by_bytes, "the vocabulary", error);
    if (!tokenizer->pieces || !tokenizer->by_bytes)
        return false;
    memset(tokenizer->by_bytes, 0xff, tokenizer->by_bytes_slots * sizeof *tokenizer->by_bytes);
    for (const cJSON *entry = object->child; entry; entry = entry->next)
        if (!add_piece(tokenizer, path, entry, error))
            return false;
    for (int byte = 0; byte < 256; byte++) {
        char text = (char)byte;
        tokenizer->of_byte[byte] = find_piece(tokenizer, &text, 1, NULL);
        if (tokenizer->of_byte[byte] < 0)
            return fd_fail(error, FD_BAD_FILE, "%s: the byte %d has no piece.", path, byte);
    }
    return true;
}

/* ---- merges ----------------------------------------------------------------------------- */

static merge *merge_slot(const fd_tokenizer *tokenizer, int32_t left, int32_t right) {
    uint64_t key = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) + 1;
    size_t mask = tokenizer->merge_slots - 1;
    size_t at = (size_t)((key * 0x9E3779B97F4A7C15u) >> 32) & mask;
    while (tokenizer->merges[at].key && tokenizer->merges[at].key != key)
        at = (at + 1) & mask;
    return &tokenizer->merges[at];
}

static bool add_merge(fd_tokenizer *tokenizer, const char *path, size_t line, const char *text,
                      size_t length, uint32_t rank, fd_error *error) {
    char left[512], right[512], both[1024];
    size_t left_length, right_length;
    const char *space = memchr(text, ' ', length);
    size_t before = space ? (size_t)(space - text) : 0, after = length - before - 1;
    if (!space || before > sizeof left || after > sizeof right ||
        !unmask(text, before, left, &left_length) ||
        !unmask(space + 1, after, right, &right_length))
        return fd_fail(error, FD_BAD_FILE, "%s:%zu: expected two pieces with a space between.",
                       path, line);
    memcpy(both, left, left_length);
    memcpy(both + left_length, right, right_length);
    int32_t a = find_piece(tokenizer, left, left_length, NULL);
    int32_t b = find_piece(tokenizer, right, right_length, NULL);
    int32_t joined = find_piece(tokenizer, both, left_length + right_length, NULL);
    if (a < 0 || b < 0 || joined < 0)
        return fd_fail(error, FD_BAD_FILE, "%s:%zu: a piece of this merge is not in vocab.json.",
                       path, line);
    merge *slot = merge_slot(tokenizer, a, b);
    if (slot->key)
        return fd_fail(error, FD_BAD_FILE, "%s:%zu: this merge stands twice.", path, line);
    uint64_t key = ((uint64_t)(uint32_t)a << 32 | (uint32_t)b) + 1;
    *slot = (merge){key, rank, joined};
    return true;
}

static bool read_merges(fd_tokenizer *tokenizer, const char *path, const fd_buffer *text,
                        fd_error *error) {
    size_t lines = 1;
    for (size_t i = 0; i < text->length; i++)
        lines += text->data[i] == '\n';
    tokenizer->merge_slots = power_of_two_above(2 * lines);
    tokenizer->merges =
        fd_alloc(tokenizer->merge_slots, sizeof *tokenizer->merges, "the merges", error);
    if (!tokenizer->merges)
        return false;
    uint32_t rank = 0;
    size_t line = 0;
    for (size_t at = 0; at < text->length;) {
        const char *start = text->data + at;
        const char *end = memchr(start, '\n', text->length - at);
        size_t length = end ? (size_t)(end - start) : text->length - at;
        at += length + 1;
        line++;
        if (length && start[length - 1] == '\r')
            length--;
        if (!length || (line == 1 && strncmp(start, "#version", 8) == 0))
            continue;
        if (!add_merge(tokenizer, path, line, start, length, rank++, error))
            return false;
    }
    return true;
}

/* ---- loading ---------------------------------------------------------------------------- */

static bool read_part(const char *directory, const char *name, char path[PATH_MAX], fd_buffer *text,
                      fd_error *error) {
    int length = snprintf(path, PATH_MAX, "%s/%s", directory, name);
    if (length < 0 || length >= PATH_MAX)
        return fd_fail(error, FD_FAILED, "The path %s is too long.", directory);
    fd_buffer_clear(text);
    return fd_file_read(path, text, error);
}

fd_tokenizer *fd_tokenizer_load(const char *directory, fd_error *error) {
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(LARGEST_FILE);
    fd_tokenizer *tokenizer = fd_alloc(1, sizeof *tokenizer, "the tokenizer", error);
    bool ok = tokenizer && read_part(directory, "vocab.json", path, &text, error);
    if (ok) {
        tokenizer->end_of_text = -1;
        cJSON *object = cJSON_ParseWithLength(fd_buffer_text(&text), text.length);
        ok = read_vocabulary(tokenizer, path, object, error);
        cJSON_Delete(object);
    }
    ok = ok && read_part(directory, "merges.txt", path, &text, error) &&
         read_merges(tokenizer, path, &text, error);
    fd_buffer_free(&text);
    if (ok)
        return tokenizer;
    fd_tokenizer_free(tokenizer);
    return NULL;
}

void fd_tokenizer_free(fd_tokenizer *tokenizer) {
    if (!tokenizer)
        return;
    for (size_t i = 0; tokenizer->pieces && i < tokenizer->size; i++)
        free(tokenizer->pieces[i].bytes);
    free(tokenizer->pieces);
    free(tokenizer->by_bytes);
    free(tokenizer->merges);
    free(tokenizer);
}

size_t fd_tokenizer_size(const fd_tokenizer *tokenizer) {
    return tokenizer->size;
}

int32_t fd_tokenizer_end_of_text(const fd_tokenizer *tokenizer) {
    return tokenizer->end_of_text;
}

/* ---- the pre-tokeniser ------------------------------------------------------------------ */

typedef enum kind { LETTER, NUMBER, SPACE, OTHER } kind;

/* The kind and length of the character at text[0..length), length > 0; a byte that is not UTF-8
 * counts as a character of no kind. */
static kind character_kind(const char *text, size_t length, size_t *used) {
    utf8proc_int32_t character;
    utf8proc_ssize_t count =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &character);
    *used = count > 0 ? (size_t)count : 1;
    if (count <= 0)
        return OTHER;
    if ((character >= 9 && character <= 13) || (character >= 28 && character <= 32) ||
        character == 0x85)
        return SPACE;
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return NUMBER;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return SPACE;
    default:
        return OTHER;
    }
}

/* How far the run of characters of `wanted` kind reaches from `at`; *last is where its last
 * character begins. */
static size_t run_end(const char *text, size_t length, size_t at, kind wanted, size_t *last) {
    size_t used;
    *last = at;
    while (at < length && character_kind(text + at, length - at, &used) == wanted) {
        *last = at;
        at += used;
    }
    return at;
}

size_t fd_pretoken_end(const char *text, size_t length) {
    static const char *const suffixes[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t wide = strlen(suffixes[i]);
        if (length >= wide && memcmp(text, suffixes[i], wide) == 0)
            return wide;
    }
    size_t used, last, lead = text[0] == ' ' && length > 1 ? 1 : 0;
    kind first = character_kind(text + lead, length - lead, &used);
    if (first != SPACE)
        return run_end(text, length, lead, first, &last);
    size_t end = run_end(text, length, 0, SPACE, &last);
    /* A run of spaces before a word leaves its last character to the word's own token. */
    return end < length && last > 0 ? last : end;
}

/* ---- encoding and decoding -------------------------------------------------------------- */

/* Joins the best pair of ids[0..count) everywhere, until no pair can be joined. */
static size_t join(const fd_tokenizer *tokenizer, int32_t *ids, size_t count) {
    while (count > 1) {
        const merge *best = NULL;
        for (size_t i = 0; i + 1 < count; i++) {
            const merge *here = merge_slot(tokenizer, ids[i], ids[i + 1]);
            if (here->key && (!best || here->rank < best->rank))
                best = here;
        }
        if (!best)
            break;
        int32_t left = (int32_t)((best->key - 1) >> 32);
        int32_t right = (int32_t)((best->key - 1) & 0xffffffffu);
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            bool pair = i + 1 < count && ids[i] == left && ids[i + 1] == right;
            ids[kept++] = pair ? best->joined : ids[i];
            i += pair;
        }
        count = kept;
    }
    return count;
}

static bool encode_ordinary(const fd_tokenizer *tokenizer, const char *text, size_t length,
                            fd_tokens *tokens, fd_error *error) {
    for (size_t at = 0; at < length;) {
        size_t wide = fd_pretoken_end(text + at, length - at);
        if (!fd_grow((void **)&tokens->ids, &tokens->capacity, tokens->count + wide,
                     sizeof *tokens->ids, "a text's tokens", error))
            return false;
        int32_t *ids = tokens->ids + tokens->count;
        for (size_t i = 0; i < wide; i++)
            ids[i] = tokenizer->of_byte[(uint8_t)text[at + i]];
        tokens->count += join(tokenizer, ids, wide);
        at += wide;
    }
    return true;
}

/* Where the next "<|endoftext|>" of text[0..length) begins, or length. */
static size_t find_end_of_text(const char *text, size_t length) {
    const size_t wide = sizeof FD_END_OF_TEXT - 1;
    for (size_t at = 0; at + wide <= length; at++) {
        const char *mark = memchr(text + at, '<', length - at);
        if (!mark)
            break;
        at = (size_t)(mark - text);
        if (length - at >= wide && memcmp(mark, FD_END_OF_TEXT, wide) == 0)
            return at;
    }
    return length;
}

bool fd_tokenizer_encode(const fd_tokenizer *tokenizer, const char *text, size_t length,
                         bool special, fd_tokens *tokens, fd_error *error) {
    if (!special || tokenizer->end_of_text < 0)
        return encode_ordinary(tokenizer, text, length, tokens, error);
    for (size_t at = 0; at < length;) {
        size_t run = find_end_of_text(text + at, length - at);
        if (!encode_ordinary(tokenizer, text + at, run, tokens, error))
            return false;
        at += run;
        if (at < length && !fd_tokens_add(tokens, tokenizer->end_of_text, error))
            return false;
        at += at < length ? sizeof FD_END_OF_TEXT - 1 : 0;
    }
    return true;
}

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
