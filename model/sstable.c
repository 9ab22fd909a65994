#include "model/sstable.h"

#include <string.h>

#include "model/crc32c.h"

enum { FOOTER = 48, MAGIC = 8, TRAILER = 5, RESTART = 4 };

static const uint64_t TABLE_MAGIC = 0xdb4775248b80fb57u;

typedef struct table {
    const char *path;
    const fd_map *map;
    fd_table_visitor *visit;
    void *context;
    fd_error *error;
} table;

/* The key before the one that is read. */
typedef struct last_key {
    char bytes[FD_LONGEST_KEY + 1];
    size_t length;
    bool any;
} last_key;

static bool expected(const table *self, const uint8_t *at, const char *what) {
    return fd_fail(self->error, FD_BAD_FILE, "%s: byte %zu: expected %s.", self->path,
                   (size_t)(at - self->map->bytes), what);
}

/* The block that a handle (offset, size) points to, checked, without its restart points: those are
 * for searching, and here everything is read. */
static bool open_block(const table *self, fd_reader handle, fd_reader *block) {
    const uint8_t *place = handle.at;
    fd_reader rest = {self->map->bytes, self->map->length - FOOTER};
    uint64_t offset, size, type, sum, restarts;
    fd_reader before;
    if (!fd_read_varint(&handle, &offset) || !fd_read_varint(&handle, &size) ||
        !fd_read_part(&rest, offset, &before) || !fd_read_part(&rest, size, block) ||
        !fd_read_fixed(&rest, 1, &type) || !fd_read_fixed(&rest, TRAILER - 1, &sum))
        return expected(self, place, "the place of a block inside the file");
    if (sum != fd_crc32c_masked(block->at, block->left + 1))
        return expected(self, block->at, "a block that has the checksum after it");
    if (type == 1)
        return expected(self, block->at,
                        "a plain block, not one compressed by Snappy (TensorFlow's own "
                        "checkpoints are not compressed)");
    if (type != 0)
        return expected(self, block->at, "a block of type 0");
    fd_reader count = {block->at + block->left - RESTART, RESTART};
    if (block->left < RESTART || !fd_read_fixed(&count, RESTART, &restarts) ||
        restarts > block->left / RESTART - 1)
        return expected(self, block->at, "a block that ends in its restart points");
    block->left -= RESTART * (size_t)(restarts + 1);
    return true;
}

/* The next pair of a block. A key is written as the length it shares with the one before, and the
 * rest of it. */
static bool read_pair(const table *self, fd_reader *block, bool first, last_key *key,
                      fd_reader *value) {
    const uint8_t *place = block->at;
    uint64_t shared, own, length;
    fd_reader rest;
    if (!fd_read_varint(block, &shared) || !fd_read_varint(block, &own) ||
        !fd_read_varint(block, &length) || !fd_read_part(block, own, &rest) ||
        !fd_read_part(block, length, value))
        return expected(self, place, "a key and a value");
    if (shared > (first ? 0 : key->length) || own > FD_LONGEST_KEY - shared)
        return expected(self, place, "a key of at most 255 bytes");
    size_t common = key->length - (size_t)shared < own ? key->length - (size_t)shared : (size_t)own;
    int order = memcmp(rest.at, key->bytes + shared, common);
    if (key->any && (order < 0 || (order == 0 && own <= key->length - shared)))
        return expected(self, place, "a key that sorts after the one before");
    memcpy(key->bytes + shared, rest.at, (size_t)own);
    key->length = (size_t)(shared + own);
    key->bytes[key->length] = '\0';
    key->any = true;
    return true;
}

static bool read_data(const table *self, fd_reader handle, last_key *key) {
    fd_reader block, value;
    if (!open_block(self, handle, &block))
        return false;
    if (!block.left)
        return expected(self, block.at, "a block with something in it");
    for (bool first = true; block.left; first = false)
        if (!read_pair(self, &block, first, key, &value) ||
            !self->visit(self->context, key->bytes, key->length, value, self->error))
            return false;
    return true;
}

bool fd_table_read(const char *path, const fd_map *map, fd_table_visitor *visit, void *context,
                   fd_error *error) {
    const table self = {path, map, visit, context, error};
    last_key index_key = {.any = false}, key = {.any = false};
    uint64_t magic, skipped;
    if (map->length < FOOTER)
        return fd_fail(error, FD_BAD_FILE, "%s is cut short: a table ends in %d bytes.", path,
                       FOOTER);
    fd_reader end = {map->bytes + map->length - MAGIC, MAGIC};
    fd_reader handles = {map->bytes + map->length - FOOTER, FOOTER - MAGIC};
    if (!fd_read_fixed(&end, MAGIC, &magic) || magic != TABLE_MAGIC)
        return fd_fail(error, FD_BAD_FILE,
                       "%s is cut short, or no table: its last 8 bytes should be LevelDB's mark.",
                       path);
    /* The first handle is of a block about blocks, which TensorFlow leaves empty. */
    fd_reader block, handle;
    if (!open_block(&self, handles, &block) || !fd_read_varint(&handles, &skipped) ||
        !fd_read_varint(&handles, &skipped) || !open_block(&self, handles, &block))
        return false;
    for (bool first = true; block.left; first = false)
        if (!read_pair(&self, &block, first, &index_key, &handle) ||
            !read_data(&self, handle, &key))
            return false;
    return true;
}
