/* bundle_writer.h - writes TensorFlow checkpoints for tests, from the formats' own descriptions:
 * LevelDB's doc/table_format.md, tensor_bundle.proto, RFC 3720's CRC-32C. It shares no code with
 * the reader, and stops the test when anything fails. */
#ifndef TESTS_BUNDLE_WRITER_H
#define TESTS_BUNDLE_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOAT = 1, INT64 = 9, HALF = 19, LONGEST_INDEX = 1 << 18 };

typedef struct variable {
    char name[96];
    int dtype;
    size_t rank, shape[4];
    const void *data;
    size_t bytes;
} variable;

typedef struct table_layout {
    size_t interval;       /* keys from one restart point to the next */
    size_t block;          /* bytes after which a block ends */
    size_t shards;         /* data files, the variables dealt out in turn */
    const char *sliced;    /* a variable that is said to be kept in slices, or NULL */
    int compression;       /* what the blocks say about themselves */
    int big_endian, newer; /* what the header says */
    /* A bit that is flipped in data block 0 before it gets its checksum, when lied is set. */
    int lied;
    size_t lie;
} table_layout;

typedef struct run {
    uint8_t bytes[LONGEST_INDEX];
    size_t length;
} run;

static void put(run *to, const void *bytes, size_t length) {
    if (length > sizeof to->bytes - to->length)
        abort();
    if (length)
        memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

static void put_byte(run *to, unsigned byte) {
    const uint8_t one = (uint8_t)byte;
    put(to, &one, 1);
}

static void put_fixed(run *to, uint64_t value, size_t bytes) {
    for (; bytes; bytes--, value >>= 8)
        put_byte(to, value & 255);
}

static void put_varint(run *to, uint64_t value) {
    for (; value > 127; value >>= 7)
        put_byte(to, (value & 127) | 128);
    put_byte(to, (unsigned)value);
}

/* Bit by bit. */
static uint32_t slow_crc32c(const uint8_t *bytes, size_t length) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    }
    return crc ^ 0xffffffffu;
}

static uint32_t masked(uint32_t crc) {
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

/* ---- tables ----------------------------------------------------------------------------- */

typedef struct block {
    run body;
    char last[256];
    uint32_t restarts[4096], restart_count;
    size_t since;
} block;

static void add_pair(block *to, size_t interval, const char *key, const run *value) {
    size_t shared = 0;
    if (to->restart_count == 0 || to->since == interval) {
        to->restarts[to->restart_count++] = (uint32_t)to->body.length;
        to->since = 0;
    } else {
        while (key[shared] && key[shared] == to->last[shared])
            shared++;
    }
    put_varint(&to->body, shared);
    put_varint(&to->body, strlen(key) - shared);
    put_varint(&to->body, value->length);
    put(&to->body, key + shared, strlen(key) - shared);
    put(&to->body, value->bytes, value->length);
    (void)snprintf(to->last, sizeof to->last, "%s", key);
    to->since++;
}

/* Appends the block with its trailer to the file; `handle` gets its place. */
static void end_block(block *ended, const table_layout *how, int lied, run *file, run *handle) {
    if (!ended->restart_count)
        ended->restarts[ended->restart_count++] = 0;
    for (uint32_t i = 0; i < ended->restart_count; i++)
        put_fixed(&ended->body, ended->restarts[i], 4);
    put_fixed(&ended->body, ended->restart_count, 4);
    if (lied)
        ended->body.bytes[how->lie / 8 % ended->body.length] ^= (uint8_t)(1 << how->lie % 8);
    handle->length = 0;
    put_varint(handle, file->length);
    put_varint(handle, ended->body.length);
    put_byte(&ended->body, (unsigned)how->compression);
    put(file, ended->body.bytes, ended->body.length);
    put_fixed(file, masked(slow_crc32c(ended->body.bytes, ended->body.length)), 4);
    memset(ended, 0, sizeof *ended);
}

/* ---- messages --------------------------------------------------------------------------- */

static void put_message(run *to, unsigned field, const run *message) {
    put_varint(to, field << 3 | 2);
    put_varint(to, message->length);
    put(to, message->bytes, message->length);
}

/* Zero is the default, which is not written. */
static void put_number(run *to, unsigned field, uint64_t value) {
    if (!value)
        return;
    put_varint(to, field << 3);
    put_varint(to, value);
}

static void describe_header(const table_layout *how, run *value) {
    static run version;
    version.length = value->length = 0;
    put_number(&version, 1, 1);
    put_number(&version, 2, how->newer ? 2 : 0);
    put_number(value, 1, how->shards);
    put_number(value, 2, how->big_endian ? 1 : 0);
    put_message(value, 3, &version);
}

static void describe_variable(const variable *one, const table_layout *how, size_t shard,
                              size_t offset, run *value) {
    static run shape, side;
    shape.length = value->length = 0;
    for (size_t i = 0; i < one->rank; i++) {
        side.length = 0;
        put_number(&side, 1, one->shape[i]);
        put_message(&shape, 2, &side);
    }
    put_number(value, 1, (uint64_t)one->dtype);
    put_message(value, 2, &shape);
    put_number(value, 3, shard);
    put_number(value, 4, offset);
    put_number(value, 5, one->bytes);
    put_varint(value, 6 << 3 | 5);
    put_fixed(value, masked(slow_crc32c(one->data, one->bytes)), 4);
    if (how->sliced && strcmp(how->sliced, one->name) == 0) {
        side.length = 0;
        put_message(value, 7, &side);
    }
}

/* ---- files ------------------------------------------------------------------------------ */

static int by_key(const void *a, const void *b) {
    return strcmp(((const variable *)a)->name, ((const variable *)b)->name);
}

static FILE *create(const char *prefix, const char *end) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s%s", prefix, end);
    (void)remove(path); /* some file systems sync a file that is cut to nothing and written anew */
    FILE *file = fopen(path, "wb");
    if (!file)
        abort();
    return file;
}

static void close_file(FILE *file) {
    if (fclose(file) != 0)
        abort();
}

/* Writes PREFIX.index and the data files; sorts the variables. Returns the bits of data block 0. */
static size_t write_checkpoint(const char *prefix, variable *variables, size_t count,
                               const table_layout *how) {
    static run file, value, handle;
    static block data, index;
    FILE *shards[4];
    size_t offsets[4] = {0}, bits = 0, blocks = 0;
    memset(&data, 0, sizeof data);
    memset(&index, 0, sizeof index);
    file.length = 0;
    qsort(variables, count, sizeof *variables, by_key);
    for (size_t s = 0; s < how->shards; s++) {
        char end[32];
        (void)snprintf(end, sizeof end, ".data-%05u-of-%05u", (unsigned)s, (unsigned)how->shards);
        shards[s] = create(prefix, end);
    }
    describe_header(how, &value);
    add_pair(&data, how->interval, "", &value);
    for (size_t i = 0; i < count; i++) {
        const variable *one = &variables[i];
        size_t shard = i % how->shards;
        describe_variable(one, how, shard, offsets[shard], &value);
        add_pair(&data, how->interval, one->name, &value);
        offsets[shard] += one->bytes;
        if (fwrite(one->data, 1, one->bytes, shards[shard]) != one->bytes)
            abort();
        if (data.body.length < how->block && i + 1 < count)
            continue;
        char last[256];
        memcpy(last, data.last, sizeof last);
        if (blocks++ == 0)
            bits = 8 * (data.body.length + 4 * (data.restart_count + 1));
        end_block(&data, how, how->lied && blocks == 1, &file, &handle);
        add_pair(&index, 1, last, &handle);
    }
    for (size_t s = 0; s < how->shards; s++)
        close_file(shards[s]);
    static run footer;
    footer.length = 0;
    end_block(&data, how, 0, &file, &handle); /* the block about blocks: empty */
    put(&footer, handle.bytes, handle.length);
    end_block(&index, how, 0, &file, &handle);
    put(&footer, handle.bytes, handle.length);
    while (footer.length < 40)
        put_byte(&footer, 0);
    put_fixed(&footer, 0xdb4775248b80fb57u, 8);
    put(&file, footer.bytes, footer.length);
    FILE *out = create(prefix, ".index");
    if (fwrite(file.bytes, 1, file.length, out) != file.length)
        abort();
    close_file(out);
    return bits;
}

/* ---- GPT-2 ------------------------------------------------------------------------------ */

static const float *add_variable(variable *to, const float *values, const char *name, size_t a,
                                 size_t b, size_t c) {
    const size_t sides[3] = {a, b, c};
    size_t count = 1;
    *to = (variable){.dtype = FLOAT, .data = values};
    (void)snprintf(to->name, sizeof to->name, "model/%s", name);
    for (size_t i = 0; i < 3; i++)
        if (sides[i]) {
            to->shape[to->rank++] = sides[i];
            count *= sides[i];
        }
    to->bytes = count * sizeof(float);
    return values + count;
}

/* The variables that OpenAI's model.py makes, over parameters in the order of model/config.h.
 * Returns how many: 12 a layer and 4. */
static size_t gpt2_variables(size_t layers, size_t width, size_t context, size_t vocab,
                             const float *values, variable *to) {
    static const struct {
        const char *name;
        size_t lead, rows, columns; /* rows and columns in widths */
    } parts[12] = {
        {"ln_1/g", 0, 1, 0},        {"ln_1/b", 0, 1, 0},        {"attn/c_attn/w", 1, 1, 3},
        {"attn/c_attn/b", 0, 3, 0}, {"attn/c_proj/w", 1, 1, 1}, {"attn/c_proj/b", 0, 1, 0},
        {"ln_2/g", 0, 1, 0},        {"ln_2/b", 0, 1, 0},        {"mlp/c_fc/w", 1, 1, 4},
        {"mlp/c_fc/b", 0, 4, 0},    {"mlp/c_proj/w", 1, 4, 1},  {"mlp/c_proj/b", 0, 1, 0}};
    size_t count = 0;
    values = add_variable(&to[count++], values, "wte", vocab, width, 0);
    values = add_variable(&to[count++], values, "wpe", context, width, 0);
    for (size_t l = 0; l < layers; l++)
        for (size_t p = 0; p < 12; p++) {
            char name[64];
            (void)snprintf(name, sizeof name, "h%u/%s", (unsigned)l, parts[p].name);
            values = add_variable(&to[count++], values, name, parts[p].lead, parts[p].rows * width,
                                  parts[p].columns * width);
        }
    values = add_variable(&to[count++], values, "ln_f/g", width, 0, 0);
    (void)add_variable(&to[count++], values, "ln_f/b", width, 0, 0);
    return count;
}

/* hparams.json and checkpoint, as beside PREFIX = DIRECTORY/NAME. */
static void write_surroundings(const char *directory, const char *name, size_t layers, size_t heads,
                               size_t width, size_t context, size_t vocab) {
    FILE *file = create(directory, "/hparams.json");
    fprintf(file,
            "{\n  \"n_vocab\": %u,\n  \"n_ctx\": %u,\n  \"n_embd\": %u,\n  \"n_head\": %u,\n"
            "  \"n_layer\": %u\n}\n",
            (unsigned)vocab, (unsigned)context, (unsigned)width, (unsigned)heads, (unsigned)layers);
    close_file(file);
    file = create(directory, "/checkpoint");
    fprintf(file,
            "model_checkpoint_path: \"/content/checkpoint/run1/%s\"\n"
            "all_model_checkpoint_paths: \"/content/checkpoint/run1/%s\"\n",
            name, name);
    close_file(file);
}

#endif
