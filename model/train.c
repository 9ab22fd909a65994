#include "model/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/backprop.h"
#include "model/memory.h"
#include "model/random.h"

/* Streams of random numbers: one for weights, one for windows; lora.c has another. */
enum { STREAM_WEIGHTS = 1, STREAM_WINDOWS = 2 };

/* What the steps of one training use. */
typedef struct stepper {
    const fd_trainee *trainee;
    const fd_train_plan *plan;
    fd_backprop *work;
    float *gradient;
    int32_t *inputs;  /* [batch][length] */
    int32_t *targets; /* [batch][length] */
    size_t *starts;   /* [batch] */
} stepper;

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

static void stepper_free(stepper *self) {
    fd_backprop_free(self->work);
    free(self->gradient);
    free(self->inputs);
    free(self->targets);
    free(self->starts);
}

static bool stepper_init(stepper *self, const fd_trainee *trainee, const fd_train_plan *plan,
                         fd_error *error) {
    size_t rows = plan->batch * plan->length;
    *self = (stepper){.trainee = trainee, .plan = plan};
    self->work = fd_backprop_new(&trainee->config, plan->batch, plan->length, trainee->rank,
                                 plan->threads, true, error);
    self->gradient = fd_alloc(trainee->total, sizeof(float), "gradients", error);
    self->inputs = fd_alloc(rows, sizeof(int32_t), "training", error);
    self->targets = fd_alloc(rows, sizeof(int32_t), "training", error);
    self->starts = fd_alloc(plan->batch, sizeof(size_t), "training", error);
    if (self->work && self->gradient && self->inputs && self->targets && self->starts)
        return true;
    stepper_free(self);
    return false;
}

/* Draws the windows of one batch. A window shorter than the context begins at any position, so
 * that every position is trained. */
static void draw_windows(stepper *self, uint64_t batch) {
    const fd_train_plan *plan = self->plan;
    fd_random_key key = {plan->seed, STREAM_WINDOWS};
    uint64_t index = batch * plan->batch * 2;
    size_t slack = self->trainee->config.context - plan->length + 1;
    size_t bytes = plan->length * sizeof(int32_t);
    for (size_t w = 0; w < plan->batch; w++) {
        size_t from = (size_t)fd_random_below(key, index++, plan->count - plan->length);
        self->starts[w] = (size_t)fd_random_below(key, index++, slack);
        memcpy(self->inputs + w * plan->length, plan->tokens + from, bytes);
        memcpy(self->targets + w * plan->length, plan->tokens + from + 1, bytes);
    }
}

/* The gradient and loss (nats per token) over the batches of one step. */
static double compute_gradient(stepper *self, uint64_t step) {
    const fd_train_plan *plan = self->plan;
    size_t tokens = plan->batch * plan->accumulate * plan->length;
    double loss = 0.0;
    memset(self->gradient, 0, self->trainee->total * sizeof(float));
    for (size_t i = 0; i < plan->accumulate; i++) {
        draw_windows(self, step * plan->accumulate + i);
        loss += fd_backprop_run(self->work, self->trainee, self->inputs, self->targets,
                                self->starts, 1.0f / (float)tokens, self->gradient);
    }
    return loss / (double)tokens;
}

static bool take_step(stepper *self, fd_optimiser *optimiser, fd_train_progress *now,
                      fd_error *error) {
    const fd_train_plan *plan = self->plan;
    const fd_trainee *trainee = self->trainee;
    const double limit = 1.0; /* of the gradient's norm */
    uint64_t step = optimiser->step;
    float rate = fd_learning_rate(step, plan->warmup, plan->steps, plan->rate);
    *now = (fd_train_progress){.step = step + 1, .rate = (double)rate};
    now->loss = compute_gradient(self, step);
    if (!isfinite(now->loss))
        return fd_fail(error, FD_FAILED, "The loss was no longer a number at step %llu.",
                       (unsigned long long)step + 1);
    if (!fd_gradient_norm(self->gradient, trainee->total, plan->threads, &now->gradient_norm,
                          error))
        return false;
    float shrink = now->gradient_norm > limit ? (float)(limit / now->gradient_norm) : 1.0f;
    return fd_optimiser_update(optimiser, trainee->moving, self->gradient, shrink, rate,
                               plan->decay, plan->threads, error);
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
    if (plan->batch == 0 || plan->accumulate == 0 || plan->threads == 0 || plan->length == 0 ||
        plan->length > config->context)
        return fd_fail(error, FD_USAGE, "Training needs 1 to %zu tokens a window, not %zu.",
                       config->context, plan->length);
    if (plan->count <= plan->length)
        return fd_fail(error, FD_BAD_FILE,
                       "The training text has %zu tokens; windows of %zu need more than that.",
                       plan->count, plan->length);
    return check_tokens(config, plan->tokens, plan->count, error);
}

bool fd_train(const fd_trainee *trainee, const fd_train_plan *plan, fd_optimiser *optimiser,
              fd_train_observer *observer, void *context, fd_error *error) {
    stepper self;
    if (!check_plan(&trainee->config, plan, error) || !stepper_init(&self, trainee, plan, error))
        return false;
    bool ok = true;
    while (ok && optimiser->step < plan->steps) {
        fd_train_progress now;
        ok = take_step(&self, optimiser, &now, error);
        if (ok && observer && !observer(context, &now))
            ok = fd_fail(error, FD_CANCELLED, "Training was stopped.");
    }
    stepper_free(&self);
    return ok;
}

fd_train_memory fd_train_memory_of(const fd_config *config, size_t moving, size_t rank,
                                   const fd_train_plan *plan) {
    fd_train_memory memory;
    size_t of_model = fd_parameter_total(config) + (rank ? moving : 0);
    memory.parameters = of_model * sizeof(float);
    memory.gradients = moving * sizeof(float);
    memory.optimiser = 2 * moving * sizeof(float);
    size_t window = config->context > 1 ? config->context - 1 : 1;
    memory.activations =
        (fd_backprop_size(config, plan->batch, plan->length, rank, plan->threads, true) +
         fd_backprop_size(config, 1, window, rank, plan->threads, false)) *
        sizeof(float);
    memory.total = memory.parameters + memory.gradients + memory.optimiser + memory.activations;
    return memory;
}

/* One window; a short last one is filled up with tokens whose prediction counts for nothing. */
static double evaluate_window(fd_backprop *work, const fd_trainee *trainee, const int32_t *tokens,
                              size_t count, int32_t *inputs, int32_t *targets) {
    size_t start = 0;
    for (size_t i = 0; i + 1 < trainee->config.context; i++) {
        bool there = i + 1 < count;
        inputs[i] = there ? tokens[i] : 0;
        targets[i] = there ? tokens[i + 1] : -1;
    }
    return fd_backprop_run(work, trainee, inputs, targets, &start, 1.0f, NULL);
}

bool fd_evaluate(const fd_trainee *trainee, const int32_t *tokens, size_t count, size_t threads,
                 double *nll, size_t *predicted, fd_error *error) {
    const fd_config *config = &trainee->config;
    size_t context = config->context;
    *nll = 0.0;
    *predicted = 0;
    if (!check_tokens(config, tokens, count, error))
        return false;
    if (context < 2)
        return true;
    fd_backprop *work =
        fd_backprop_new(config, 1, context - 1, trainee->rank, threads, false, error);
    int32_t *inputs = fd_alloc(context, sizeof(int32_t), "the evaluation", error);
    int32_t *targets = fd_alloc(context, sizeof(int32_t), "the evaluation", error);
    bool ok = work && inputs && targets;
    for (size_t at = 0; ok && at + 1 < count; at += context) {
        size_t window = count - at < context ? count - at : context;
        *nll += evaluate_window(work, trainee, tokens + at, window, inputs, targets);
        *predicted += window - 1;
    }
    free(inputs);
    free(targets);
    fd_backprop_free(work);
    return ok;
}
