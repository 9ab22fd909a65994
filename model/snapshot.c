#include "model/snapshot.h"

#include <string.h>

#include "model/safetensors.h"

enum { LONGEST_STEP = 1 << 24 };

bool fd_snapshot_save(const char *path, const fd_optimiser *optimiser, const float *moving,
                      const char *note, fd_error *error) {
    size_t total = optimiser->total;
    float step = (float)optimiser->step;
    const fd_tensor tensors[] = {fd_tensor_of("moving", FD_F32, total, 0, moving),
                                 fd_tensor_of("first", FD_F32, total, 0, optimiser->first),
                                 fd_tensor_of("second", FD_F32, total, 0, optimiser->second),
                                 fd_tensor_of("step", FD_F32, 1, 0, &step),
                                 fd_tensor_of("note", FD_I8, strlen(note), 0, note)};
    return fd_safetensors_write(path, tensors, sizeof tensors / sizeof tensors[0], NULL, error);
}

bool fd_snapshot_note(const char *path, fd_buffer *note, fd_error *error) {
    fd_safetensors file;
    if (!fd_safetensors_open(path, &file, error))
        return false;
    const fd_tensor *tensor = fd_safetensors_find(&file, "note");
    bool ok = tensor && tensor->dtype == FD_I8
                  ? fd_buffer_add(note, tensor->data, tensor->bytes, error)
                  : fd_fail(error, FD_BAD_FILE, "%s: \"note\" should be there, as I8.", path);
    fd_safetensors_close(&file);
    return ok;
}

static bool read_tensor(const fd_safetensors *file, const char *path, const char *name,
                        float *values, size_t count, fd_error *error) {
    const fd_tensor *tensor = fd_safetensors_find(file, name);
    if (!tensor || tensor->count != count)
        return fd_fail(error, FD_BAD_FILE, "%s: \"%s\" should have %zu numbers.", path, name,
                       count);
    return fd_tensor_to_f32(tensor, values, count, error);
}

bool fd_snapshot_load(const char *path, fd_optimiser *optimiser, float *moving, fd_error *error) {
    size_t total = optimiser->total;
    fd_safetensors file;
    float step = 0.0f;
    if (!fd_safetensors_open(path, &file, error))
        return false;
    bool ok = read_tensor(&file, path, "moving", moving, total, error) &&
              read_tensor(&file, path, "first", optimiser->first, total, error) &&
              read_tensor(&file, path, "second", optimiser->second, total, error) &&
              read_tensor(&file, path, "step", &step, 1, error);
    if (ok && !(step >= 0.0f && step < (float)LONGEST_STEP))
        ok = fd_fail(error, FD_BAD_FILE, "%s: \"step\" is not a number of updates.", path);
    if (ok)
        optimiser->step = (uint64_t)step;
    fd_safetensors_close(&file);
    return ok;
}
