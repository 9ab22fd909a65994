#include "model/adamw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/memory.h"

bool fd_adamw_init(fd_adamw *state, const fd_config *config, fd_error *error) {
    size_t total = fd_parameter_total(config);
    *state = (fd_adamw){.config = *config};
    state->first = fd_alloc(total, sizeof(float), "the optimiser", error);
    state->second = fd_alloc(total, sizeof(float), "the optimiser", error);
    if (state->first && state->second)
        return true;
    fd_adamw_free(state);
    return false;
}

void fd_adamw_free(fd_adamw *state) {
    free(state->first);
    free(state->second);
    state->first = state->second = NULL;
}

void fd_adamw_update(fd_adamw *state, float *parameters, const float *gradient, float rate,
                     float decay) {
    const float beta1 = 0.9f, beta2 = 0.95f, epsilon = 1e-8f;
    state->step++;
    float correct1 = (float)(1.0 / (1.0 - pow(0.9, (double)state->step)));
    float correct2 = (float)(1.0 / (1.0 - pow(0.95, (double)state->step)));
    for (size_t t = 0; t < fd_parameter_count(&state->config); t++) {
        fd_parameter tensor = fd_parameter_at(&state->config, t);
        bool decays = tensor.linear || strcmp(tensor.name, "wte.weight") == 0;
        float shrink = decays ? 1.0f - rate * decay : 1.0f;
        for (size_t i = tensor.offset; i < tensor.offset + tensor.count; i++) {
            float g = gradient[i];
            state->first[i] = beta1 * state->first[i] + (1.0f - beta1) * g;
            state->second[i] = beta2 * state->second[i] + (1.0f - beta2) * g * g;
            float move =
                state->first[i] * correct1 / (sqrtf(state->second[i] * correct2) + epsilon);
            parameters[i] = parameters[i] * shrink - rate * move;
        }
    }
}

float fd_learning_rate(uint64_t step, uint64_t warmup, uint64_t steps, float peak) {
    if (step < warmup)
        return peak * (float)(step + 1) / (float)warmup;
    if (step >= steps)
        return 0.1f * peak;
    double way = (double)(step - warmup) / (double)(steps - warmup);
    return peak * (float)(0.1 + 0.9 * 0.5 * (1.0 + cos(3.14159265358979323846 * way)));
}

double fd_clip_gradient(float *gradient, size_t count, double limit) {
    double squares = 0.0;
    for (size_t i = 0; i < count; i++)
        squares += (double)gradient[i] * (double)gradient[i];
    double norm = sqrt(squares);
    if (norm > limit) {
        float factor = (float)(limit / norm);
        for (size_t i = 0; i < count; i++)
            gradient[i] *= factor;
    }
    return norm;
}
