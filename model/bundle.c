#define _POSIX_C_SOURCE 200809L
#include "model/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/crc32c.h"
#include "model/sstable.h"

enum { MOST_SHARDS = 1000, MOST_TENSORS = 16384, FORMAT_VERSION = 1, MOST_DIMENSIONS = 4 };

/* What reading the index needs. */
typedef struct opener {
    fd_bundle *bundle;
    char path[PATH_MAX]; /* of the index */
    fd_map map;          /* of the index */
} opener;

/* ---- Protocol Buffers ------------------------------------------------------------------- */

/* One field of a message: `number` has `value`, or `bytes` when it is a text or a message. */
typedef struct field {
    uint64_t number, value;
    fd_reader bytes;
} field;

static bool next_field(fd_reader *message, field *next) {
    uint64_t tag, length;
    *next = (field){0};
    if (!fd_read_varint(message, &tag))
        return false;
    next->number = tag >> 3;
    switch (tag & 7) {
    case 0:
        return fd_read_varint(message, &next->value);
    case 1:
        return fd_read_fixed(message, 8, &next->value);
    case 2:
        return fd_read_varint(message, &length) && fd_read_part(message, length, &next->bytes);
    case 5:
        return fd_read_fixed(message, 4, &next->value);
    default:
        return false;
    }
}

static bool bad_message(const opener *self, const uint8_t *at, const char *what, fd_error *error) {
    return fd_fail(error, FD_BAD_FILE, "%s: byte %zu: %s is not described as TensorFlow does.",
                   self->path, (size_t)(at - self->map.bytes), what);
}

/* ---- the header ------------------------------------------------------------------------- */

static bool open_shards(opener *self, uint64_t count, fd_error *error) {
    fd_bundle *bundle = self->bundle;
    if (count < 1 || count > MOST_SHARDS)
        return fd_fail(error, FD_BAD_FILE, "%s: expected 1 to %d data files, not %llu.", self->path,
                       MOST_SHARDS, (unsigned long long)count);
    bundle->shards = fd_alloc((size_t)count, sizeof *bundle->shards, "a list of files", error);
    if (!bundle->shards)
        return false;
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX];
        if (!fd_file_path(path, error, "%s.data-%05zu-of-%05zu", bundle->prefix, i,
                          (size_t)count) ||
            !fd_map_open(path, &bundle->shards[i], error))
            return false;
        bundle->shard_count++;
    }
    return true;
}

/* VersionDef: the oldest reader that understands the file. */
static bool read_version(fd_reader message, uint64_t *oldest) {
    field next;
    while (message.left)
        if (!next_field(&message, &next))
            return false;
        else if (next.number == 2)
            *oldest = next.value;
    return true;
}

static bool read_header(opener *self, fd_reader message, fd_error *error) {
    const uint8_t *place = message.at;
    uint64_t shards = 0, big_endian = 0, oldest = 0;
    while (message.left) {
        field next;
        if (!next_field(&message, &next) ||
            (next.number == 3 && !read_version(next.bytes, &oldest)))
            return bad_message(self, place, "the bundle", error);
        if (next.number == 1)
            shards = next.value;
        else if (next.number == 2)
            big_endian = next.value;
    }
    if (big_endian)
        return fd_fail(error, FD_BAD_FILE, "%s was written on a big-endian machine.", self->path);
    if (oldest > FORMAT_VERSION)
        return fd_fail(error, FD_BAD_FILE, "%s is in a newer format than version %d.", self->path,
                       FORMAT_VERSION);
    return open_shards(self, shards, error);
}

/* ---- tensors ---------------------------------------------------------------------------- */

/* What a description says apart from the shape. */
typedef struct entry {
    uint64_t dtype, shard, offset, size, sum;
    bool whole; /* not in slices, and the shape has few enough dimensions */
} entry;

/* TensorShapeProto: a Dim (field 2) with a size (its field 1) for each dimension. */
static bool read_shape(fd_reader message, fd_tensor *tensor, bool *fits) {
    field next, inner;
    while (message.left) {
        if (!next_field(&message, &next))
            return false;
        if (next.number != 2)
            continue;
        uint64_t side = 0;
        while (next.bytes.left)
            if (!next_field(&next.bytes, &inner))
                return false;
            else if (inner.number == 1)
                side = inner.value;
        if (tensor->rank == MOST_DIMENSIONS || side > SIZE_MAX)
            *fits = false;
        else
            tensor->shape[tensor->rank++] = (size_t)side;
    }
    return true;
}

static bool read_entry(fd_reader message, fd_tensor *tensor, entry *read) {
    while (message.left) {
        field next;
        if (!next_field(&message, &next) ||
            (next.number == 2 && !read_shape(next.bytes, tensor, &read->whole)))
            return false;
        switch (next.number) {
        case 1:
            read->dtype = next.value;
            break;
        case 3:
            read->shard = next.value;
            break;
        case 4:
            read->offset = next.value;
            break;
        case 5:
            read->size = next.value;
            break;
        case 6:
            read->sum = next.value;
            break;
        case 7:
            read->whole = false;
            break;
        default:
            break;
        }
    }
    return true;
}

/* The element's size in bytes; 0 for what is no float (DataType in types.proto). */
static size_t float_dtype(uint64_t number, fd_dtype *dtype) {
    static const struct {
        uint64_t number;
        fd_dtype dtype;
        size_t size;
    } floats[] = {{1, FD_F32, 4}, {19, FD_F16, 2}, {14, FD_BF16, 2}};
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++)
        if (floats[i].number == number) {
            *dtype = floats[i].dtype;
            return floats[i].size;
        }
    return 0;
}

/* Points the tensor at its bytes; false if they are not in the files or do not fit the shape. */
static bool place(const fd_bundle *bundle, const entry *read, size_t element,
                  fd_bundle_tensor *placed) {
    fd_tensor *tensor = &placed->tensor;
    size_t bytes = element;
    tensor->count = 1;
    for (size_t i = 0; i < tensor->rank; i++)
        if (!fd_size_mul(tensor->count, tensor->shape[i], &tensor->count) ||
            !fd_size_mul(bytes, tensor->shape[i], &bytes))
            return false;
    if (read->shard >= bundle->shard_count || bytes != read->size || !bytes)
        return false;
    placed->shard = (size_t)read->shard;
    placed->sum = (uint32_t)read->sum;
    const fd_map *shard = &bundle->shards[read->shard];
    fd_reader rest = {shard->bytes, shard->length}, before, data;
    if (!fd_read_part(&rest, read->offset, &before) || !fd_read_part(&rest, bytes, &data))
        return false;
    tensor->data = data.at;
    tensor->bytes = bytes;
    return true;
}

static bool add_tensor(opener *self, const char *name, fd_reader message, fd_error *error) {
    fd_bundle *bundle = self->bundle;
    const uint8_t *at = message.at;
    entry read = {.whole = true};
    if (bundle->count == MOST_TENSORS)
        return fd_fail(error, FD_BAD_FILE, "%s holds more than %d tensors.", self->path,
                       MOST_TENSORS);
    if (!fd_grow((void **)&bundle->tensors, &bundle->capacity, bundle->count + 1,
                 sizeof *bundle->tensors, "a list of tensors", error))
        return false;
    fd_bundle_tensor *added = &bundle->tensors[bundle->count];
    *added = (fd_bundle_tensor){.tensor.dtype = FD_DTYPE_OTHER};
    (void)snprintf(added->tensor.name, sizeof added->tensor.name, "%s", name);
    if (!read_entry(message, &added->tensor, &read))
        return bad_message(self, at, name, error);
    size_t element = read.whole ? float_dtype(read.dtype, &added->tensor.dtype) : 0;
    if (element && !place(bundle, &read, element, added))
        return fd_fail(
            error, FD_BAD_FILE,
            "%s: byte %zu: %s should take bytes %llu to %llu of data file %llu, which "
            "do not fit its shape, or are not there.",
            self->path, (size_t)(at - self->map.bytes), name, (unsigned long long)read.offset,
            (unsigned long long)(read.offset + read.size), (unsigned long long)read.shard);
    bundle->count++;
    return true;
}

/* The header stands first, under the empty key. Slices of a tensor have keys with zero bytes. */
static bool visit(void *context, const char *key, size_t length, fd_reader value, fd_error *error) {
    opener *self = context;
    if (length == 0)
        return read_header(self, value, error);
    if (!self->bundle->shards)
        return bad_message(self, value.at, "the bundle", error);
    return strlen(key) != length || add_tensor(self, key, value, error);
}

bool fd_bundle_open(const char *prefix, fd_bundle *bundle, fd_error *error) {
    opener self = {.bundle = bundle};
    *bundle = (fd_bundle){.count = 0};
    if (!fd_file_path(bundle->prefix, error, "%s", prefix) ||
        !fd_file_path(self.path, error, "%s.index", prefix) ||
        !fd_map_open(self.path, &self.map, error))
        return false;
    bool ok = fd_table_read(self.path, &self.map, visit, &self, error) &&
              (bundle->shards || fd_fail(error, FD_BAD_FILE, "%s is an empty table.", self.path));
    fd_map_close(&self.map);
    if (!ok)
        fd_bundle_close(bundle);
    return ok;
}

void fd_bundle_close(fd_bundle *bundle) {
    for (size_t i = 0; i < bundle->shard_count; i++)
        fd_map_close(&bundle->shards[i]);
    free(bundle->shards);
    free(bundle->tensors);
    *bundle = (fd_bundle){.count = 0};
}

const fd_bundle_tensor *fd_bundle_find(const fd_bundle *bundle, const char *name) {
    for (size_t i = 0; i < bundle->count; i++)
        if (strcmp(bundle->tensors[i].tensor.name, name) == 0)
            return &bundle->tensors[i];
    return NULL;
}

bool fd_bundle_read(const fd_bundle *bundle, const fd_bundle_tensor *tensor, float *values,
                    fd_error *error) {
    const fd_tensor *read = &tensor->tensor;
    if (read->dtype == FD_DTYPE_OTHER)
        return fd_fail(error, FD_BAD_FILE, "%s.index: %s should hold floats, in one piece.",
                       bundle->prefix, read->name);
    if (fd_crc32c_masked(read->data, read->bytes) != tensor->sum)
        return fd_fail(
            error, FD_BAD_FILE,
            "%s.data-%05zu-of-%05zu: byte %zu: expected %zu bytes with the checksum that "
            "the index gives for %s; the file is damaged.",
            bundle->prefix, tensor->shard, bundle->shard_count,
            (size_t)(read->data - bundle->shards[tensor->shard].bytes), read->bytes, read->name);
    return fd_tensor_to_f32(read, values, read->count, error);
}
