#include "story/dream.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "model/evaluate.h"
#include "story/judge.h"

typedef struct dreamer {
    const fd_dream *plan;
    fd_tokens read;   /* the prompt and the sentences that stand */
    fd_tokens alone;  /* what a sentence is read after that is read after nothing */
    fd_buffer text;   /* the opening and the sentences that stand */
    size_t words;     /* of it */
    size_t most;      /* tokens of a sentence */
    size_t done;      /* tokens drawn for the sentences that stand */
    fd_sample *drawn; /* or NULL */
} dreamer;

size_t fd_dream_tokens(size_t words) {
    return words * 2 + 8;
}

static bool observe(void *context, size_t done, size_t wanted) {
    const dreamer *self = context;
    size_t all = fd_dream_tokens(self->plan->words);
    (void)wanted;
    done += self->done;
    return self->plan->observer(self->plan->context, done < all ? done : all, all);
}

static size_t count_words(const char *text) {
    size_t words = 0;
    for (size_t i = 0; text[i]; i++)
        words +=
            !isspace((unsigned char)text[i]) && (i == 0 || isspace((unsigned char)text[i - 1]));
    return words;
}

/* How much the model spelled: a word of two pieces is a little suspect, one of three is rare or
 * does not exist. */
static double spelling(const fd_tokenizer *tokenizer, const fd_tokens *tokens) {
    double spelled = 0.0;
    size_t pieces = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        size_t length;
        const char *bytes = fd_tokenizer_bytes(tokenizer, tokens->ids[i], &length);
        bool goes_on = length > 0 && (isalpha((unsigned char)bytes[0]) || (bytes[0] & 0x80));
        pieces = goes_on ? pieces + 1 : 1;
        spelled += pieces == 2 ? 0.125 : pieces == 3 ? 0.375 : 0.0;
    }
    return spelled;
}

static bool append(fd_tokens *to, const fd_tokens *from, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < from->count; i++)
        ok = fd_tokens_add(to, from->ids[i], error);
    return ok;
}

/* The next sentences that the model can think of; their number tells their draws apart. */
static bool draw(dreamer *self, size_t sentence, fd_sample *samples, fd_error *error) {
    const fd_dream *plan = self->plan;
    static const char *const stops[] = {"\n"}; /* a dream is one paragraph */
    const fd_generation draws = {.prompt = self->read.ids,
                                 .prompt_count = self->read.count,
                                 .samples = plan->candidates,
                                 .first = sentence * plan->candidates,
                                 .max_tokens = self->most,
                                 .stops = stops,
                                 .stop_count = 1,
                                 .whole = fd_judge_is_whole,
                                 .end_stops = true,
                                 .min_tokens = self->most,
                                 .sampling = plan->sampling,
                                 .key = plan->key,
                                 .threads = plan->threads,
                                 .observer = plan->observer ? observe : NULL,
                                 .context = self,
                                 .kept = plan->kept};
    return fd_generate(plan->model, &draws, samples, NULL, error);
}

/* What each sentence's tokens would be worth without the story, and in the first one with the
 * dream's opening alone. */
static bool weigh(const dreamer *self, const fd_sample *samples, double *alone, fd_error *error) {
    const fd_dream *plan = self->plan;
    fd_tokens *ends = fd_alloc(plan->candidates, sizeof *ends, "the sentences", error);
    for (size_t s = 0; ends && s < plan->candidates; s++)
        ends[s] = samples[s].tokens;
    bool ok = ends && fd_model_weigh(plan->model, &self->alone, ends, plan->candidates,
                                     plan->threads, alone, error);
    free(ends);
    return ok;
}

/* The dream with the sample's sentence; *score is FD_JUDGE_POOR when it is none or too long. */
static bool judge(const dreamer *self, const fd_sample *sample, double alone, fd_buffer *text,
                  double *score, fd_error *error) {
    const fd_dream *plan = self->plan;
    *score = FD_JUDGE_POOR;
    fd_buffer_clear(text);
    if (!fd_judge_is_whole(fd_buffer_text(&sample->text), sample->text.length))
        return true;
    if (!fd_buffer_addf(text, error, "%s%s", fd_buffer_text(&self->text),
                        fd_buffer_text(&sample->text)))
        return false;
    size_t words = count_words(fd_buffer_text(text));
    if (words > self->words && words <= plan->words + plan->words / 4)
        *score = fd_judge_score(fd_buffer_text(text),
                                fd_judge_likelihood(sample->logprob, alone, sample->tokens.count),
                                plan->told) -
                 spelling(fd_model_tokenizer(plan->model), &sample->tokens);
    return true;
}

/* The best of the samples, or plan->candidates when none is fit. */
static bool choose(const dreamer *self, const fd_sample *samples, const double *alone, size_t *best,
                   fd_error *error) {
    double best_score = FD_JUDGE_POOR, score;
    fd_buffer text = FD_BUFFER((size_t)1 << 20);
    bool ok = true;
    *best = self->plan->candidates;
    for (size_t s = 0; ok && s < self->plan->candidates; s++) {
        ok = judge(self, &samples[s], alone[s], &text, &score, error);
        if (ok && score > best_score) {
            best_score = score;
            *best = s;
        }
    }
    fd_buffer_free(&text);
    return ok;
}

static bool add_drawn(fd_sample *drawn, const fd_sample *sample, fd_error *error) {
    size_t had = drawn->tokens.count, more = sample->tokens.count;
    bool ok =
        fd_buffer_add(&drawn->text, fd_buffer_text(&sample->text), sample->text.length, error) &&
        fd_grow((void **)&drawn->each, &drawn->each_capacity, had + more, sizeof *drawn->each,
                "a dream", error) &&
        append(&drawn->tokens, &sample->tokens, error);
    for (size_t i = 0; ok && i < more; i++)
        drawn->each[had + i] = sample->each[i];
    drawn->logprob += sample->logprob;
    return ok;
}

/* Lets the sentence stand. */
static bool keep(dreamer *self, const fd_sample *sample, fd_error *error) {
    bool ok = fd_buffer_add_text(&self->text, fd_buffer_text(&sample->text), error) &&
              append(&self->read, &sample->tokens, error) &&
              (!self->drawn || add_drawn(self->drawn, sample, error));
    self->alone.count = 1;
    self->words = count_words(fd_buffer_text(&self->text));
    self->done += sample->tokens.count;
    return ok;
}

/* One more sentence; *going is false when there is none. */
static bool go_on(dreamer *self, size_t sentence, bool *going, fd_error *error) {
    size_t count = self->plan->candidates, best = count;
    fd_sample *samples = fd_alloc(count, sizeof *samples, "the sentences", error);
    double *alone = fd_alloc(count, sizeof *alone, "the sentences", error);
    bool ok = samples && alone && draw(self, sentence, samples, error) &&
              weigh(self, samples, alone, error) && choose(self, samples, alone, &best, error) &&
              (best == count || keep(self, &samples[best], error));
    *going = best < count;
    if (samples)
        fd_samples_free(samples, count);
    free(alone);
    free(samples);
    return ok;
}

static bool begin(dreamer *self, fd_error *error) {
    const fd_dream *plan = self->plan;
    const fd_tokenizer *tokenizer = fd_model_tokenizer(plan->model);
    size_t context = fd_model_config(plan->model)->context;
    self->most = FD_SENTENCE_TOKENS < context / 2 ? FD_SENTENCE_TOKENS : context / 2;
    self->words = count_words(plan->opening);
    bool ok = append(&self->read, plan->prompt, error) &&
              fd_buffer_add_text(&self->text, plan->opening, error) &&
              fd_tokens_add(&self->alone, fd_tokenizer_end_of_text(tokenizer), error) &&
              fd_tokenizer_encode(tokenizer, plan->opening, strlen(plan->opening), false,
                                  &self->alone, error);
    if (self->alone.count + self->most > context)
        self->alone.count = 1;
    return ok;
}

bool fd_dream_draw(const fd_dream *plan, fd_buffer *text, fd_sample *drawn, fd_error *error) {
    dreamer self = {.plan = plan, .text = FD_BUFFER((size_t)1 << 20), .drawn = drawn};
    size_t enough = plan->words * 3 / 5, sentence = 0;
    bool going = true, ok = begin(&self, error);
    for (; ok && going && (sentence == 0 || self.words < enough); sentence += going)
        ok = go_on(&self, sentence, &going, error);
    if (ok && sentence > 0) {
        ok = fd_buffer_add_text(text, fd_buffer_text(&self.text), error);
        (void)fd_judge_trim(text, 2 * plan->words);
    }
    fd_buffer_free(&self.text);
    fd_tokens_free(&self.alone);
    fd_tokens_free(&self.read);
    return ok;
}
