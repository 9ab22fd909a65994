#include "model/safetensors.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_HEADER = 100000000, MOST_TENSORS = 4096, LENGTH_BYTES = 8, ALIGNMENT = 64 };

static const struct {
    const char *name;
    size_t size; /* bytes of an element */
    fd_dtype dtype;
} dtypes[] = {
    {"F32", 4, FD_F32},         {"F16", 2, FD_F16},         {"BF16", 2, FD_BF16},
    {"I8", 1, FD_I8},           {"U8", 1, FD_DTYPE_OTHER},  {"BOOL", 1, FD_DTYPE_OTHER},
    {"I16", 2, FD_DTYPE_OTHER}, {"U16", 2, FD_DTYPE_OTHER}, {"I32", 4, FD_DTYPE_OTHER},
    {"U32", 4, FD_DTYPE_OTHER}, {"F64", 8, FD_DTYPE_OTHER}, {"I64", 8, FD_DTYPE_OTHER},
    {"U64", 8, FD_DTYPE_OTHER},
};

/* ---- reading ---------------------------------------------------------------------------- */

/* A JSON number that is a whole number a double holds exactly. */
static bool read_size(const cJSON *item, size_t *value) {
    if (!cJSON_IsNumber(item) || item->valuedouble < 0.0 || item->valuedouble > 9007199254740992.0)
        return false;
    *value = (size_t)item->valuedouble;
    return (double)*value == item->valuedouble;
}

static bool read_shape(const char *path, const cJSON *entry, size_t element, fd_tensor *tensor,
                       fd_error *error) {
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(entry, "shape");
    size_t bytes = element;
    tensor->count = 1;
    if (!cJSON_IsArray(shape) || cJSON_GetArraySize(shape) > 4)
        return fd_fail(error, FD_BAD_FILE, "%s: the shape of %s should be a list of at most 4.",
                       path, tensor->name);
    const cJSON *side;
    cJSON_ArrayForEach(side, shape) {
        size_t *here = &tensor->shape[tensor->rank++];
        if (!read_size(side, here) || !fd_size_mul(tensor->count, *here, &tensor->count) ||
            !fd_size_mul(bytes, *here, &bytes))
            return fd_fail(error, FD_BAD_FILE, "%s: the shape of %s is not possible.", path,
                           tensor->name);
    }
    if (bytes != tensor->bytes)
        return fd_fail(error, FD_BAD_FILE, "%s: %s should take %zu bytes by its shape, not %zu.",
                       path, tensor->name, bytes, tensor->bytes);
    return true;
}

static bool read_tensor(const char *path, const cJSON *entry, const uint8_t *data, size_t length,
                        fd_tensor *tensor, fd_error *error) {
    size_t wide = strlen(entry->string), begin, end;
    if (wide >= sizeof tensor->name)
        return fd_fail(error, FD_BAD_FILE, "%s: a tensor's name is longer than 255 bytes.", path);
    memcpy(tensor->name, entry->string, wide + 1);
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
    const cJSON *kind = cJSON_GetObjectItemCaseSensitive(entry, "dtype");
    if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2 ||
        !read_size(cJSON_GetArrayItem(offsets, 0), &begin) ||
        !read_size(cJSON_GetArrayItem(offsets, 1), &end) || begin > end || end > length)
        return fd_fail(error, FD_BAD_FILE,
                       "%s: data_offsets of %s should lie within the file's %zu bytes of data.",
                       path, tensor->name, length);
    tensor->data = data + begin;
    tensor->bytes = end - begin;
    for (size_t i = 0; cJSON_IsString(kind) && i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (strcmp(kind->valuestring, dtypes[i].name) == 0) {
            tensor->dtype = dtypes[i].dtype;
            return read_shape(path, entry, dtypes[i].size, tensor, error);
        }
    return fd_fail(error, FD_BAD_FILE, "%s: the dtype of %s is not known.", path, tensor->name);
}

static int by_place(const void *a, const void *b) {
    const fd_tensor *one = a, *two = b;
    if (one->data != two->data)
        return one->data < two->data ? -1 : 1;
    return one->bytes < two->bytes ? -1 : one->bytes > two->bytes;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const fd_tensor *)a)->name, ((const fd_tensor *)b)->name);
}

/* The data has no hole, no overlap and nothing after the last tensor; names are unique. Leaves
 * the tensors sorted by name. */
static bool check_layout(const char *path, fd_safetensors *file, const uint8_t *data, size_t length,
                         fd_error *error) {
    const uint8_t *next = data;
    if (file->count)
        qsort(file->tensors, file->count, sizeof *file->tensors, by_place);
    for (size_t i = 0; i < file->count; i++) {
        if (file->tensors[i].data != next)
            return fd_fail(error, FD_BAD_FILE, "%s: %s should begin where the tensor before ends.",
                           path, file->tensors[i].name);
        next += file->tensors[i].bytes;
    }
    if (next != data + length)
        return fd_fail(error, FD_BAD_FILE, "%s: %zu bytes belong to no tensor.", path,
                       (size_t)(data + length - next));
    if (file->count)
        qsort(file->tensors, file->count, sizeof *file->tensors, by_name);
    for (size_t i = 1; i < file->count; i++)
        if (by_name(&file->tensors[i - 1], &file->tensors[i]) == 0)
            return fd_fail(error, FD_BAD_FILE, "%s: the tensor %s stands twice.", path,
                           file->tensors[i].name);
    return true;
}

static bool read_header(const char *path, fd_safetensors *file, const cJSON *header,
                        const uint8_t *data, size_t length, fd_error *error) {
    if (!cJSON_IsObject(header))
        return fd_fail(error, FD_BAD_FILE, "%s: the header should be a JSON object.", path);
    size_t most = 0;
    for (const cJSON *entry = header->child; entry; entry = entry->next)
        most++;
    if (most > MOST_TENSORS)
        return fd_fail(error, FD_BAD_FILE, "%s holds more than %d tensors.", path, MOST_TENSORS);
    file->tensors = fd_alloc(most, sizeof *file->tensors, "a list of tensors", error);
    if (!file->tensors)
        return false;
    for (const cJSON *entry = header->child; entry; entry = entry->next)
        if (strcmp(entry->string, "__metadata__") != 0 &&
            !read_tensor(path, entry, data, length, &file->tensors[file->count++], error))
            return false;
    return check_layout(path, file, data, length, error);
}

bool fd_safetensors_open(const char *path, fd_safetensors *file, fd_error *error) {
    *file = (fd_safetensors){0};
    if (!fd_map_open(path, &file->map, error))
        return false;
    const uint8_t *bytes = file->map.bytes;
    uint64_t header = 0;
    for (size_t i = 0; file->map.length >= LENGTH_BYTES && i < LENGTH_BYTES; i++)
        header |= (uint64_t)bytes[i] << (8 * i);
    bool ok = file->map.length > LENGTH_BYTES && header > 1 && header <= LARGEST_HEADER &&
              header <= file->map.length - LENGTH_BYTES && bytes[LENGTH_BYTES] == '{';
    if (!ok) {
        fd_fail(error, FD_BAD_FILE, "%s is not a safetensors file, or was cut short.", path);
    } else {
        size_t start = LENGTH_BYTES + (size_t)header;
        cJSON *object = cJSON_ParseWithLength((const char *)bytes + LENGTH_BYTES, (size_t)header);
        ok = read_header(path, file, object, bytes + start, file->map.length - start, error);
        cJSON_Delete(object);
    }
    if (!ok)
        fd_safetensors_close(file);
    return ok;
}

void fd_safetensors_close(fd_safetensors *file) {
    fd_map_close(&file->map);
    free(file->tensors);
    *file = (fd_safetensors){0};
}

const fd_tensor *fd_safetensors_find(const fd_safetensors *file, const char *name) {
    static const char prefix[] = "transformer.";
    for (size_t i = 0; i < file->count; i++) {
        const char *here = file->tensors[i].name;
        if (strncmp(here, prefix, sizeof prefix - 1) == 0)
            here += sizeof prefix - 1;
        if (strcmp(here, name) == 0)
            return &file->tensors[i];
    }
    return NULL;
}

/* ---- values ----------------------------------------------------------------------------- */

static float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16, subnormals, infinities and NaN included. */
static float float_of_half(uint32_t half) {
    uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31u, fraction = half & 0x3ffu;
    if (exponent == 31)
        return float_of_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent > 0)
        return float_of_bits(sign | (exponent + 112u) << 23 | fraction << 13);
    float small = (float)fraction / 16777216.0f;
    return sign ? -small : small;
}

bool fd_tensor_to_f32(const fd_tensor *tensor, float *values, size_t count, fd_error *error) {
    if (tensor->count != count ||
        (tensor->dtype != FD_F32 && tensor->dtype != FD_F16 && tensor->dtype != FD_BF16))
        return fd_fail(error, FD_BAD_FILE, "The tensor %s should hold %zu F32, F16 or BF16 values.",
                       tensor->name, count);
    if (tensor->dtype == FD_F32) {
        memcpy(values, tensor->data, count * sizeof *values);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = tensor->data[2 * i] | (uint32_t)tensor->data[2 * i + 1] << 8;
        values[i] = tensor->dtype == FD_F16 ? float_of_half(bits) : float_of_bits(bits << 16);
    }
    return true;
}

/* ---- writing ---------------------------------------------------------------------------- */

static const char *dtype_name(fd_dtype dtype) {
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (dtypes[i].dtype == dtype)
            return dtypes[i].name;
    return "F32";
}

static cJSON *describe(const fd_tensor *tensor, size_t begin) {
    cJSON *entry = cJSON_CreateObject(), *shape = cJSON_CreateArray();
    cJSON *offsets = cJSON_CreateArray();
    for (size_t i = 0; i < tensor->rank; i++)
        cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)tensor->shape[i]));
    cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)begin));
    cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)(begin + tensor->bytes)));
    cJSON_AddStringToObject(entry, "dtype", dtype_name(tensor->dtype));
    cJSON_AddItemToObject(entry, "shape", shape);
    cJSON_AddItemToObject(entry, "data_offsets", offsets);
    return entry;
}

/* The header's JSON text, from cJSON's allocator. */
static char *header_text(const fd_tensor *tensors, size_t count, const char *const *metadata) {
    cJSON *header = cJSON_CreateObject();
    if (metadata) {
        cJSON *object = cJSON_AddObjectToObject(header, "__metadata__");
        for (; metadata[0]; metadata += 2)
            cJSON_AddStringToObject(object, metadata[0], metadata[1]);
    }
    size_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        cJSON_AddItemToObject(header, tensors[i].name, describe(&tensors[i], begin));
        begin += tensors[i].bytes;
    }
    char *text = cJSON_PrintUnformatted(header);
    cJSON_Delete(header);
    return text;
}

fd_tensor fd_tensor_of(const char *name, fd_dtype dtype, size_t rows, size_t columns,
                       const void *data) {
    fd_tensor tensor = {.dtype = dtype, .rank = columns ? 2 : 1, .shape = {rows, columns}};
    (void)snprintf(tensor.name, sizeof tensor.name, "%s", name);
    tensor.count = rows * (columns ? columns : 1);
    tensor.bytes = tensor.count * (dtype == FD_I8 ? 1 : sizeof(float));
    tensor.data = data;
    return tensor;
}

bool fd_safetensors_begin(fd_replacement *file, const char *path, const fd_tensor *tensors,
                          size_t count, const char *const *metadata, fd_error *error) {
    char *text = header_text(tensors, count, metadata);
    if (!text)
        return fd_fail_memory(error, "a model file's header");
    size_t length = strlen(text), padding = (ALIGNMENT - (LENGTH_BYTES + length) % ALIGNMENT);
    uint64_t header = length + padding % ALIGNMENT;
    uint8_t prefix[LENGTH_BYTES];
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        prefix[i] = (uint8_t)(header >> (8 * i));
    char spaces[ALIGNMENT];
    memset(spaces, ' ', sizeof spaces);
    bool ok = fd_replace_begin(file, path, error) &&
              fd_replace_add(file, prefix, sizeof prefix, error) &&
              fd_replace_add(file, text, length, error) &&
              fd_replace_add(file, spaces, padding % ALIGNMENT, error);
    free(text);
    return ok;
}

bool fd_safetensors_write(const char *path, const fd_tensor *tensors, size_t count,
                          const char *const *metadata, fd_error *error) {
    fd_replacement file;
    bool ok = fd_safetensors_begin(&file, path, tensors, count, metadata, error);
    for (size_t i = 0; ok && i < count; i++)
        ok = fd_replace_add(&file, tensors[i].data, tensors[i].bytes, error);
    return ok && fd_replace_end(&file, error);
}
