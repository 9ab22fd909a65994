#include "model/trainee.h"

#include <stdlib.h>
#include <string.h>

#include "model/memory.h"

static bool allocate(fd_trainee *self, const fd_config *config, size_t count, fd_error *error) {
    *self = (fd_trainee){.config = *config, .count = count};
    self->values = fd_alloc(fd_parameter_count(config), sizeof *self->values, "training", error);
    self->tensors = fd_alloc(count, sizeof *self->tensors, "training", error);
    if (self->values && self->tensors)
        return true;
    fd_trainee_free(self);
    return false;
}

bool fd_trainee_whole(fd_trainee *self, const fd_config *config, float *parameters, bool freeze,
                      fd_error *error) {
    /* wte and wpe come first, the last norm's two tensors last. */
    size_t all = fd_parameter_count(config), first = freeze ? 2 : 0;
    if (!allocate(self, config, freeze ? all - 4 : all, error))
        return false;
    for (size_t i = 0; i < all; i++)
        self->values[i] = parameters + fd_parameter_at(config, i).offset;
    size_t start = fd_parameter_at(config, first).offset;
    for (size_t i = 0; i < self->count; i++) {
        self->tensors[i] = fd_parameter_at(config, first + i);
        self->tensors[i].offset -= start;
        self->total += self->tensors[i].count;
    }
    self->first = first;
    self->moving = parameters + start;
    return true;
}

bool fd_trainee_adapted(fd_trainee *self, const fd_config *config, const float *const *values,
                        const fd_lora *lora, float *adapters, fd_error *error) {
    if (!allocate(self, config, fd_lora_count(config), error))
        return false;
    memcpy(self->values, values, fd_parameter_count(config) * sizeof *self->values);
    for (size_t i = 0; i < self->count; i++)
        self->tensors[i] = fd_lora_parameter(config, lora->rank, i);
    self->total = fd_lora_total(config, lora->rank);
    self->rank = lora->rank;
    self->scale = (float)(lora->alpha / (double)lora->rank);
    self->moving = adapters;
    return true;
}

void fd_trainee_free(fd_trainee *self) {
    free(self->values);
    free(self->tensors);
    *self = (fd_trainee){.count = 0};
}

float *fd_trainee_gradient(const fd_trainee *self, float *gradient, size_t index) {
    if (!gradient || self->rank || index < self->first || index - self->first >= self->count)
        return NULL;
    return gradient + self->tensors[index - self->first].offset;
}

fd_adapter fd_trainee_adapter(const fd_trainee *self, float *gradient, size_t layer,
                              size_t matrix) {
    fd_adapter adapter = {.rank = self->rank, .scale = self->scale};
    if (!self->rank)
        return adapter;
    const fd_parameter *a = &self->tensors[(layer * FD_LORA_MATRICES + matrix) * 2], *b = a + 1;
    adapter.a = self->moving + a->offset;
    adapter.b = self->moving + b->offset;
    adapter.d_a = gradient ? gradient + a->offset : NULL;
    adapter.d_b = gradient ? gradient + b->offset : NULL;
    return adapter;
}
