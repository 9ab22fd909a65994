#include "model/train_sample.h"

#include <stdlib.h>
#include <string.h>

#include "model/backprop.h"
#include "model/memory.h"

bool fd_train_sample(const fd_trainee *trainee, const fd_sampling *sampling, fd_random_key key,
                     size_t wanted, int32_t end, size_t threads, fd_tokens *tokens,
                     fd_error *error) {
    const fd_config *config = &trainee->config;
    size_t length = wanted < config->context ? wanted : config->context, start = 0;
    if (tokens->count == 0 || tokens->count >= length)
        return true;
    fd_backprop *work = fd_backprop_new(config, 1, length, trainee->rank, threads, false, error);
    fd_sampler *sampler = fd_sampler_new(config->vocab, error);
    int32_t *inputs = fd_alloc(length, sizeof *inputs, "a sample", error), drawn = -1;
    bool ok = work && sampler && inputs;
    for (bool ended = false; ok && !ended && tokens->count < length;) {
        size_t count = tokens->count;
        memcpy(inputs, tokens->ids, count * sizeof *inputs);
        const float *logits = fd_backprop_predict(work, trainee, inputs, &start, count - 1);
        drawn = fd_sampler_draw(sampler, sampling, logits, tokens->ids, count,
                                fd_random_unit(key, count));
        ended = drawn == end;
        ok = ended || fd_tokens_add(tokens, drawn, error);
    }
    free(inputs);
    fd_sampler_free(sampler);
    fd_backprop_free(work);
    return ok;
}
