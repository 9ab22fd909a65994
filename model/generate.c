#include "model/generate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/clock.h"

/* One sample on its way. */
typedef struct strand {
    fd_span *span;   /* where its tokens are read */
    float *logits;   /* [vocab] after the last token read */
    fd_tokens whole; /* prompt and sample */
    bool done;
    fd_error error; /* of its last draw */
} strand;

typedef struct generator {
    const fd_model *model;
    const fd_generation *plan;
    size_t context, vocab;
    fd_span *prompt;
    strand *strands;
    fd_feed *feeds;
    fd_sampler **samplers; /* [threads] */
    float *logits;         /* [samples][vocab] */
} generator;

static bool go_on(const generator *self, size_t done, fd_error *error) {
    const fd_generation *plan = self->plan;
    return !plan->observer || plan->observer(plan->context, done, plan->max_tokens) ||
           fd_fail(error, FD_CANCELLED, "The model was stopped.");
}

/* Reads tokens into a span a block at a time, so that cancelling never waits long. */
static bool read_tokens(const generator *self, fd_span *span, const int32_t *tokens, size_t count,
                        float *logits, fd_error *error) {
    enum { BLOCK = FD_PREFIX_BLOCK };
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t block = count - at < BLOCK ? count - at : BLOCK;
        fd_feed feed = {span, tokens + at, block, at + block == count ? logits : NULL, false};
        if (!go_on(self, 0, error) ||
            !fd_model_read(self->model, &feed, 1, self->plan->threads, error))
            return false;
    }
    return true;
}

static bool go_on_reading(void *self, fd_error *error) {
    return go_on(self, 0, error);
}

/* Reads the prompt, where something is kept of earlier ones after what it has in common with them.
 */
static bool read_prompt(generator *self, const int32_t *tokens, size_t count, fd_error *error) {
    const fd_generation *plan = self->plan;
    const fd_span *shared = NULL;
    size_t read = 0;
    if (plan->kept && !fd_prefix_read(plan->kept, tokens, count, plan->threads, go_on_reading, self,
                                      &shared, &read, error))
        return false;
    self->prompt = fd_span_new(self->model, shared, count - read, error);
    return self->prompt &&
           read_tokens(self, self->prompt, tokens + read, count - read, self->logits, error);
}

/* Begins every strand after the prompt, of which the last `context - 1` tokens at most are kept. */
static bool start(generator *self, fd_error *error) {
    const fd_generation *plan = self->plan;
    int32_t end = fd_tokenizer_end_of_text(fd_model_tokenizer(self->model));
    const int32_t *tokens = plan->prompt_count ? plan->prompt : &end;
    size_t count = plan->prompt_count ? plan->prompt_count : 1;
    if (end < 0 && !plan->prompt_count)
        return fd_fail(error, FD_USAGE,
                       "This model has no end-of-text token to start from: give a prompt.");
    if (count > self->context - 1) {
        tokens += count - (self->context - 1);
        count = self->context - 1;
    }
    if (!read_prompt(self, tokens, count, error))
        return false;
    size_t left = self->context - count;
    for (size_t s = 0; s < plan->samples; s++) {
        strand *one = &self->strands[s];
        one->logits = self->logits + s * self->vocab;
        if (s > 0)
            memcpy(one->logits, self->logits, self->vocab * sizeof(float));
        one->span = fd_span_new(self->model, self->prompt,
                                plan->max_tokens < left ? plan->max_tokens : left, error);
        for (size_t i = 0; one->span && i < count; i++)
            if (!fd_tokens_add(&one->whole, tokens[i], error))
                return false;
        if (!one->span)
            return false;
    }
    return true;
}

/* The context is full: the later half of it becomes a sequence of its own. */
static bool slide(const generator *self, strand *one, size_t to_come, fd_error *error) {
    size_t keep = self->context / 2 ? self->context / 2 : 1;
    size_t room = to_come < self->context - keep ? keep + to_come : self->context;
    fd_span *fresh = fd_span_new(self->model, NULL, room, error);
    if (!fresh)
        return false;
    fd_span_free(one->span);
    one->span = fresh;
    return read_tokens(self, fresh, one->whole.ids + one->whole.count - keep, keep, one->logits,
                       error);
}

/* Cuts the sample before the first stop text in it. */
static bool reached_stop(const fd_generation *plan, fd_sample *sample) {
    for (size_t i = 0; i < plan->stop_count; i++) {
        char *found =
            plan->stops[i][0] ? strstr(fd_buffer_text(&sample->text), plan->stops[i]) : NULL;
        if (found) {
            sample->text.length = (size_t)(found - sample->text.data);
            *found = '\0';
            return true;
        }
    }
    return false;
}

/* Draws the next token of a strand; it may end with it. */
static bool draw(const generator *self, fd_sampler *sampler, size_t index, size_t step,
                 fd_sample *sample, fd_error *error) {
    const fd_generation *plan = self->plan;
    strand *one = &self->strands[index];
    const fd_tokenizer *tokenizer = fd_model_tokenizer(self->model);
    double unit = fd_random_unit(plan->key, ((uint64_t)(plan->first + index) << 32) + step);
    int32_t end = fd_tokenizer_end_of_text(tokenizer);
    if (end >= 0 && plan->end_stops && step < plan->min_tokens)
        one->logits[end] = -INFINITY;
    int32_t id = fd_sampler_draw(sampler, &plan->sampling, one->logits, one->whole.ids,
                                 one->whole.count, unit);
    double logprob = (double)one->logits[id] -
                     fd_model_kernels(self->model)->log_sum_exp(one->logits, self->vocab);
    sample->logprob += logprob;
    if (plan->end_stops && id == end) {
        one->done = sample->ended = true;
        return true;
    }
    if (!fd_grow((void **)&sample->each, &sample->each_capacity, sample->tokens.count + 1,
                 sizeof *sample->each, "the samples", error))
        return false;
    sample->each[sample->tokens.count] = (float)logprob;
    if (!fd_tokens_add(&one->whole, id, error) || !fd_tokens_add(&sample->tokens, id, error) ||
        !fd_tokenizer_decode(tokenizer, &id, 1, &sample->text, error))
        return false;
    one->done = sample->ended =
        reached_stop(plan, sample) ||
        (plan->whole && plan->whole(fd_buffer_text(&sample->text), sample->text.length));
    if (step + 1 == plan->max_tokens)
        one->done = true;
    return true;
}

/* Lets every strand that goes on read its last token, all in one call; `to_come` more are drawn at
 * most. */
static bool read_last(const generator *self, size_t to_come, fd_error *error) {
    size_t count = 0;
    for (size_t s = 0; s < self->plan->samples; s++) {
        strand *one = &self->strands[s];
        if (one->done)
            continue;
        if (fd_span_end(one->span) == self->context) {
            if (!slide(self, one, to_come, error))
                return false;
            continue;
        }
        const int32_t *last = one->whole.ids + one->whole.count - 1;
        self->feeds[count++] = (fd_feed){one->span, last, 1, one->logits, false};
    }
    return count == 0 || fd_model_read(self->model, self->feeds, count, self->plan->threads, error);
}

/* The draws of one step, shared between the threads: they depend on nothing but their logits. */
typedef struct draws {
    const generator *generator;
    fd_sample *samples;
    size_t step;
} draws;

static void draw_piece(void *context, size_t index, size_t worker) {
    const draws *self = context;
    strand *one = &self->generator->strands[index];
    one->error.status = FD_OK;
    if (!one->done)
        (void)draw(self->generator, self->generator->samplers[worker], index, self->step,
                   &self->samples[index], &one->error);
}

static bool draw_all(const generator *self, fd_sample *samples, fd_error *error) {
    const fd_generation *plan = self->plan;
    for (size_t step = 0; step < plan->max_tokens; step++) {
        draws job = {self, samples, step};
        size_t going = 0;
        if (!go_on(self, step, error) ||
            !fd_model_run(self->model, plan->threads, draw_piece, &job, plan->samples, error))
            return false;
        for (size_t s = 0; s < plan->samples; s++) {
            if (self->strands[s].error.status != FD_OK) {
                if (error)
                    *error = self->strands[s].error;
                return false;
            }
            going += !self->strands[s].done;
        }
        if (going == 0)
            return true;
        if (!read_last(self, plan->max_tokens - step - 1, error))
            return false;
    }
    return true;
}

/* One sampler for every thread that draws. */
static bool make_samplers(generator *self, fd_error *error) {
    size_t threads = self->plan->threads ? self->plan->threads : 1;
    /* A model may have more rows than its vocabulary has tokens; those are never drawn. */
    size_t vocab = fd_tokenizer_size(fd_model_tokenizer(self->model));
    self->samplers = fd_alloc(threads, sizeof(fd_sampler *), "the samples", error);
    for (size_t t = 0; self->samplers && t < threads; t++)
        if (!(self->samplers[t] = fd_sampler_new(vocab, error)))
            return false;
    return self->samplers != NULL;
}

static void finish(generator *self) {
    for (size_t s = 0; self->strands && s < self->plan->samples; s++) {
        fd_span_free(self->strands[s].span);
        fd_tokens_free(&self->strands[s].whole);
    }
    fd_span_free(self->prompt);
    for (size_t t = 0; self->samplers && t < (self->plan->threads ? self->plan->threads : 1); t++)
        fd_sampler_free(self->samplers[t]);
    free(self->samplers);
    free(self->strands);
    free(self->feeds);
    free(self->logits);
}

bool fd_generate(const fd_model *model, const fd_generation *plan, fd_sample *samples,
                 fd_timing *timing, fd_error *error) {
    generator self = {.model = model, .plan = plan};
    self.context = fd_model_config(model)->context;
    self.vocab = fd_model_config(model)->vocab;
    for (size_t s = 0; s < plan->samples; s++)
        samples[s] = (fd_sample){.text = FD_BUFFER((size_t)1 << 24)};
    self.strands = fd_alloc(plan->samples, sizeof(strand), "the samples", error);
    self.feeds = fd_alloc(plan->samples, sizeof(fd_feed), "the samples", error);
    self.logits = fd_alloc(plan->samples * self.vocab, sizeof(float), "the samples", error);
    double began = fd_clock_seconds();
    bool ok = self.strands && self.feeds && self.logits && make_samplers(&self, error) &&
              start(&self, error);
    double read = fd_clock_seconds();
    ok = ok && draw_all(&self, samples, error);
    if (timing) {
        *timing = (fd_timing){.prefill_s = read - began, .decode_s = fd_clock_seconds() - read};
        timing->prompt_tokens = self.prompt ? fd_span_end(self.prompt) : 0;
        for (size_t s = 0; s < plan->samples; s++)
            timing->drawn_tokens += samples[s].tokens.count;
    }
    finish(&self);
    return ok;
}

void fd_samples_free(fd_sample *samples, size_t count) {
    for (size_t s = 0; s < count; s++) {
        fd_tokens_free(&samples[s].tokens);
        fd_buffer_free(&samples[s].text);
        free(samples[s].each);
    }
}
