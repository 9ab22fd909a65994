#include "model/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/backprop.h"
#include "model/matmul.h"
#include "model/memory.h"
#include "model/parallel.h"
#include "model/random.h"

/* Streams of random numbers: one for weights, one for windows. */
enum { STREAM_WEIGHTS = 1, STREAM_WINDOWS = 2 };

/* One thread's share of a step. */
typedef struct worker {
    fd_backprop *work;
    const float *parameters;
    float *gradient;
    int32_t *inputs;  /* [windows][length] */
    int32_t *targets; /* [windows][length] */
    size_t *starts;   /* [windows] */
    size_t windows;
    float scale;
    double loss;
} worker;

void fd_train_fresh(const fd_config *config, uint64_t seed, float *parameters) {
    fd_random_key key = {seed, STREAM_WEIGHTS};
    double residual = 0.02 / sqrt(2.0 * (double)config->layers);
    for (size_t t = 0; t < fd_parameter_count(config); t++) {
        fd_parameter tensor = fd_parameter_at(config, t);
        bool gain = strstr(tensor.name, "ln_") && strstr(tensor.name, "weight");
        bool projection = strstr(tensor.name, "c_proj") != NULL;
        for (size_t i = tensor.offset; i < tensor.offset + tensor.count; i++)
            parameters[i] = tensor.shape[1]
                                ? (float)(fd_random_normal(key, i) * (projection ? residual : 0.02))
                                : (gain ? 1.0f : 0.0f);
    }
}

static void run_worker(void *context, size_t share, size_t threads) {
    (void)threads;
    worker *self = (worker *)context + share;
    self->loss += fd_backprop_run(self->work, self->parameters, self->inputs, self->targets,
                                  self->starts, self->scale, self->gradient);
}

static void free_workers(worker *workers, size_t count) {
    for (size_t i = 0; workers && i < count; i++) {
        fd_backprop_free(workers[i].work);
        free(workers[i].gradient);
        free(workers[i].inputs);
        free(workers[i].targets);
        free(workers[i].starts);
    }
    free(workers);
}

static worker *new_workers(const fd_config *config, const fd_train_plan *plan,
                           const float *parameters, fd_error *error) {
    worker *workers = fd_alloc(plan->threads, sizeof *workers, "training", error);
    bool ok = workers != NULL;
    for (size_t i = 0; ok && i < plan->threads; i++) {
        worker *w = &workers[i];
        w->windows = plan->batch / plan->threads + (i < plan->batch % plan->threads);
        size_t rows = w->windows * plan->length;
        w->parameters = parameters;
        w->scale = 1.0f / (float)(plan->batch * plan->accumulate * plan->length);
        w->work = fd_backprop_new(config, w->windows, plan->length, error);
        w->gradient = fd_alloc(fd_parameter_total(config), sizeof(float), "gradients", error);
        w->inputs = fd_alloc(rows, sizeof(int32_t), "training", error);
        w->targets = fd_alloc(rows, sizeof(int32_t), "training", error);
        w->starts = fd_alloc(w->windows, sizeof(size_t), "training", error);
        ok = w->work && w->gradient && w->inputs && w->targets && w->starts;
    }
    if (ok)
        return workers;
    free_workers(workers, plan->threads);
    return NULL;
}

/* Draws the windows of one batch. A window shorter than the context begins at any position, so
 * that every position is trained. */
static void draw_windows(const fd_config *config, const fd_train_plan *plan, worker *workers,
                         uint64_t batch) {
    fd_random_key key = {plan->seed, STREAM_WINDOWS};
    uint64_t index = batch * plan->batch * 2;
    for (size_t t = 0; t < plan->threads; t++)
        for (size_t w = 0; w < workers[t].windows; w++) {
            size_t from = (size_t)fd_random_below(key, index++, plan->count - plan->length);
            size_t slack = config->context - plan->length + 1;
            size_t bytes = plan->length * sizeof(int32_t);
            workers[t].starts[w] = (size_t)fd_random_below(key, index++, slack);
            memcpy(workers[t].inputs + w * plan->length, plan->tokens + from, bytes);
            memcpy(workers[t].targets + w * plan->length, plan->tokens + from + 1, bytes);
        }
}

/* Runs every worker over the batches of one step and leaves the sum of gradients in the first. */
static bool compute_gradient(const fd_config *config, const fd_train_plan *plan, worker *workers,
                             uint64_t step, double *loss, fd_error *error) {
    size_t total = fd_parameter_total(config);
    for (size_t t = 0; t < plan->threads; t++) {
        memset(workers[t].gradient, 0, total * sizeof(float));
        workers[t].loss = 0.0;
    }
    for (size_t i = 0; i < plan->accumulate; i++) {
        draw_windows(config, plan, workers, step * plan->accumulate + i);
        if (!fd_parallel(plan->threads, run_worker, workers, error))
            return false;
    }
    *loss = 0.0;
    for (size_t t = 0; t < plan->threads; t++) {
        *loss += workers[t].loss / (double)(plan->batch * plan->accumulate * plan->length);
        for (size_t i = 0; t > 0 && i < total; i++)
            workers[0].gradient[i] += workers[t].gradient[i];
    }
    return true;
}

static bool check_tokens(const fd_config *config, const int32_t *tokens, size_t count,
                         fd_error *error) {
    for (size_t i = 0; i < count; i++)
        if (tokens[i] < 0 || (size_t)tokens[i] >= config->vocab)
            return fd_fail(error, FD_BAD_FILE,
                           "Token %zu of the text is not in the model's vocabulary.", i);
    return true;
}

static bool check_plan(const fd_config *config, const fd_train_plan *plan, fd_error *error) {
    if (plan->batch == 0 || plan->accumulate == 0 || plan->threads == 0 ||
        plan->threads > plan->batch || plan->length == 0 || plan->length > config->context)
        return fd_fail(error, FD_USAGE,
                       "Training needs 1 to %zu tokens a window and a thread for each window or "
                       "fewer.",
                       config->context);
    if (plan->count <= plan->length)
        return fd_fail(error, FD_BAD_FILE,
                       "The training text has %zu tokens; windows of %zu need more than that.",
                       plan->count, plan->length);
    return check_tokens(config, plan->tokens, plan->count, error);
}

bool fd_train(const fd_config *config, const fd_train_plan *plan, fd_optimiser *optimiser,
              float *parameters, fd_train_observer *observer, void *context, fd_error *error) {
    worker *workers = NULL;
    bool ok = check_plan(config, plan, error) &&
              (workers = new_workers(config, plan, parameters, error)) != NULL;
    fd_matmul_threads(1); /* the threads are ours: a window each, no waiting inside a product */
    while (ok && optimiser->step < plan->steps) {
        uint64_t step = optimiser->step;
        fd_train_progress now = {.step = step + 1};
        ok = compute_gradient(config, plan, workers, step, &now.loss, error);
        if (ok && !isfinite(now.loss))
            ok = fd_fail(error, FD_FAILED, "The loss was no longer a number at step %llu.",
                         (unsigned long long)step + 1);
        if (!ok)
            break;
        float rate = fd_learning_rate(step, plan->warmup, plan->steps, plan->rate);
        now.rate = (double)rate;
        now.gradient_norm = fd_clip_gradient(workers[0].gradient, fd_parameter_total(config), 1.0);
        ok = fd_optimiser_update(optimiser, parameters, workers[0].gradient, rate, plan->decay,
                                 plan->threads, error);
        if (ok && observer && !observer(context, &now))
            ok = fd_fail(error, FD_CANCELLED, "Training was stopped.");
    }
    free_workers(workers, plan->threads);
    return ok;
}

/* The windows of an evaluation, shared between threads. */
typedef struct evaluation {
    const fd_config *config;
    const float *parameters;
    const int32_t *tokens;
    size_t count;
    double *nll;      /* [windows] */
    fd_error *errors; /* [threads] */
} evaluation;

static void evaluate_share(void *context, size_t share, size_t threads) {
    evaluation *self = context;
    size_t length = self->config->context, start = 0;
    for (size_t w = share; w * length + 1 < self->count; w += threads) {
        const int32_t *tokens = self->tokens + w * length;
        size_t left = self->count - w * length, window = left < length ? left : length;
        fd_backprop *work = fd_backprop_new(self->config, 1, window - 1, &self->errors[share]);
        if (!work)
            return;
        self->nll[w] =
            fd_backprop_run(work, self->parameters, tokens, tokens + 1, &start, 1.0f, NULL);
        fd_backprop_free(work);
    }
}

bool fd_evaluate(const fd_config *config, const float *parameters, const int32_t *tokens,
                 size_t count, size_t threads, double *nll, size_t *predicted, fd_error *error) {
    size_t windows = count / config->context + 1;
    *nll = 0.0;
    *predicted = 0;
    if (!check_tokens(config, tokens, count, error))
        return false;
    evaluation self = {config, parameters, tokens, count, NULL, NULL};
    self.nll = fd_alloc(windows, sizeof(double), "the evaluation", error);
    self.errors = fd_alloc(threads, sizeof(fd_error), "the evaluation", error);
    fd_matmul_threads(1);
    bool ok = self.nll && self.errors && fd_parallel(threads, evaluate_share, &self, error);
    for (size_t t = 0; ok && t < threads; t++)
        if (self.errors[t].status != FD_OK) {
            *error = self.errors[t];
            ok = false;
        }
    for (size_t w = 0; ok && w * config->context + 1 < count; w++) {
        size_t left = count - w * config->context;
        *nll += self.nll[w];
        *predicted += (left < config->context ? left : config->context) - 1;
    }
    free(self.nll);
    free(self.errors);
    return ok;
}
