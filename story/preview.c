#include "story/preview.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "model/digest.h"
#include "model/evaluate.h"
#include "story/dream.h"
#include "story/judge.h"
#include "story/prompt.h"

#define BLANKS " \n\t"

/* Of sentences that are chosen, each candidate has draws of its own from the second on. */
enum { PURPOSE_PREVIEW = 64, PURPOSE_CHOSEN = 1 << 20 };

static bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t';
}

static size_t count_words(const char *text) {
    size_t words = 0;
    for (size_t i = 0; text[i]; i++)
        words += !is_blank(text[i]) && (i == 0 || is_blank(text[i - 1]));
    return words;
}

/* Without the blanks at the end of `open`: a word brings the blank before it along. */
bool fd_preview_prompt(const fd_preview *plan, const char *open, size_t wanted, fd_tokens *prompt,
                       fd_error *error) {
    size_t context = fd_model_config(plan->model)->context, count = 0, length = strlen(open);
    const char **told = fd_alloc(plan->segment_count, sizeof *told, "the prompt", error);
    fd_buffer begun = FD_BUFFER(FD_SCRIPT_LIMIT);
    for (size_t i = 0; told && i < plan->segment_count; i++)
        if (*plan->segments[i])
            told[count++] = plan->segments[i];
    while (length && open[length - 1] == ' ')
        length--;
    bool ok = told && fd_buffer_add(&begun, open, length, error);
    const fd_reading reading = {.segments = told, .count = count, .open = fd_buffer_text(&begun)};
    ok =
        ok && fd_prompt(fd_model_tokenizer(plan->model), &reading,
                        context > 2 * wanted ? context - wanted : context / 2, prompt, NULL, error);
    fd_buffer_free(&begun);
    free(told);
    return ok;
}

/* The draws are the seed's after these texts: no name is in them, so that a passage may be called
 * anything. */
static bool make_key(const fd_preview *plan, const fd_buffer *told, fd_random_key *key,
                     fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 27);
    fd_digest digest;
    bool ok = fd_buffer_addf(&text, error, "feverdream preview 2\n%s\n", plan->seed) &&
              fd_buffer_add(&text, fd_buffer_text(told), told->length, error) &&
              fd_digest_of(fd_buffer_text(&text), text.length, &digest, error);
    fd_buffer_free(&text);
    *key = (fd_random_key){0, PURPOSE_PREVIEW};
    for (size_t i = 0; ok && i < sizeof key->key; i++)
        key->key = key->key << 8 | digest.bytes[i];
    return ok;
}

/* ---- from samples to candidates ---- */

/* The bytes that a draft of a sample consists of: valid UTF-8. A character cut in two at the end of
 * the last token, or one that never was any, ends it. */
static size_t valid_length(const char *text, size_t length) {
    size_t at = 0;
    while (at < length) {
        utf8proc_int32_t code;
        utf8proc_ssize_t wide = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                 (utf8proc_ssize_t)(length - at), &code);
        if (wide <= 0)
            break;
        at += (size_t)wide;
    }
    return at;
}

static bool find_words(fd_candidate *it, fd_error *error) {
    const char *text = fd_buffer_text(&it->draft.text);
    size_t capacity = 0;
    for (size_t at = strspn(text, BLANKS); text[at]; at += strspn(text + at, BLANKS)) {
        size_t end = at + strcspn(text + at, BLANKS);
        if (!fd_grow((void **)&it->words, &capacity, it->word_count + 1, sizeof *it->words,
                     "a candidate", error))
            return false;
        it->words[it->word_count++] = (fd_likely_word){at, end, NAN};
        at = end;
    }
    return true;
}

/* Finds the draft's words and gives those behind the opening their tokens' probability. Words are
 * matched by their number, since trimming leaves out blanks and the end, and nothing else. */
static bool weigh_words(const fd_preview *plan, const fd_sample *sample, size_t opening,
                        fd_candidate *it, double *per_token, fd_error *error) {
    const fd_tokenizer *tokenizer = fd_model_tokenizer(plan->model);
    if (!find_words(it, error))
        return false;
    size_t word = 0, tokens = 0;
    while (word < it->word_count && it->words[word].start < opening)
        word++;
    word -= word && it->words[word - 1].end > opening; /* a word that the opening began */
    const size_t first = word;
    for (size_t i = first; i < it->word_count; i++)
        it->words[i].logprob = 0.0;
    bool begun = false, blank = true;
    *per_token = 0.0;
    for (size_t t = 0; t < sample->tokens.count; t++) {
        size_t length, i = 0;
        const char *bytes = fd_tokenizer_bytes(tokenizer, sample->tokens.ids[t], &length);
        while (i < length && is_blank(bytes[i]))
            i++;
        if (i == length) {
            blank = true;
            continue;
        }
        if (begun && (i > 0 || blank))
            word++;
        begun = true;
        blank = is_blank(bytes[length - 1]);
        if (word >= it->word_count)
            break;
        it->words[word].logprob += (double)sample->each[t];
        *per_token += (double)sample->each[t];
        tokens++;
    }
    *per_token /= (double)(tokens ? tokens : 1);
    for (size_t i = first; i < it->word_count; i++)
        it->per_word += it->words[i].logprob / (double)(it->word_count - first);
    return true;
}

static bool find_faults(const char *told, size_t wanted, fd_candidate *it, fd_error *error) {
    fd_buffer faults = FD_BUFFER(1000);
    fd_findings seen;
    fd_judge_look(fd_buffer_text(&it->draft.text), told, &seen);
    bool ok = fd_judge_words(&seen, wanted, &faults, error) &&
              (it->whole ||
               fd_buffer_addf(&faults, error, "%sno whole sentence", faults.length ? ", " : "")) &&
              (it->faults = fd_copy_text(fd_buffer_text(&faults), error)) != NULL;
    fd_buffer_free(&faults);
    return ok;
}

static bool judge(double per_token, const char *told, size_t wanted, fd_candidate *it,
                  fd_error *error) {
    const char *text = fd_buffer_text(&it->draft.text);
    it->score = fd_judge_score(text, per_token, told) + fd_judge_length(text, wanted);
    if (!it->whole)
        it->score = it->score < FD_JUDGE_POOR ? it->score : FD_JUDGE_POOR;
    return find_faults(told, wanted, it, error);
}

/* A candidate adds one paragraph, or what is left of the opening's: a line end before it begins
 * another one. */
static bool ends_paragraph(const char *text, size_t length) {
    size_t begin = strspn(text, BLANKS);
    return begin < length && strchr(text + begin, '\n') != NULL;
}

/* The candidate's draft: the opening, and what was drawn, cut after a sentence where there is one.
 */
static bool make_draft(const fd_preview *plan, const char *opening, const fd_sample *sample,
                       size_t wanted, fd_candidate *it, fd_error *error) {
    fd_buffer text = FD_BUFFER(FD_SCRIPT_LIMIT);
    const char *drawn = fd_buffer_text(&sample->text);
    size_t length = valid_length(drawn, sample->text.length), kept = strlen(opening);
    for (; !kept && length && is_blank(*drawn); length--)
        drawn++;
    bool ok =
        fd_buffer_add_text(&text, opening, error) && fd_buffer_add(&text, drawn, length, error);
    /* What was drawn beyond that, while others were, is no part of it. */
    text.length = fd_judge_reach(fd_buffer_text(&text), text.length, wanted);
    while (text.length > kept && is_blank(text.data[text.length - 1]))
        text.length--;
    fd_buffer trimmed = FD_BUFFER(FD_SCRIPT_LIMIT);
    ok = ok && fd_buffer_add(&trimmed, fd_buffer_text(&text), text.length, error);
    it->whole = ok && fd_judge_trim(&trimmed, wanted) && trimmed.length > kept &&
                memcmp(trimmed.data, opening, kept) == 0;
    const fd_buffer *used = it->whole ? &trimmed : &text;
    if (ok && plan->opening) {
        ok = fd_script_copy(plan->opening, &it->draft, error);
        fd_script_cut(&it->draft, kept);
    }
    ok = ok && fd_script_add(&it->draft, fd_buffer_text(used) + kept, used->length - kept,
                             FD_HAND_MODEL, error);
    fd_buffer_free(&trimmed);
    fd_buffer_free(&text);
    return ok;
}

/* All that is read before and in the opening: names in it are no strangers'. */
static bool add_told(const fd_preview *plan, fd_buffer *told, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < plan->segment_count; i++)
        ok = fd_buffer_addf(told, error, "%s\n\n", plan->segments[i]);
    return ok;
}

typedef struct watcher {
    const fd_preview *plan;
    const fd_sample *samples;
    size_t count;
    const char *opening;
    size_t wanted; /* words, the opening's with them */
    bool enough;   /* all samples are as long as anything that is kept of them */
} watcher;

static bool is_enough(const watcher *self, const fd_sample *sample) {
    fd_buffer text = FD_BUFFER(FD_SCRIPT_LIMIT);
    const char *drawn = fd_buffer_text(&sample->text);
    if (sample->ended)
        return true;
    bool ok = fd_buffer_add_text(&text, self->opening, NULL) &&
              fd_buffer_add_text(&text, drawn + (*self->opening ? 0 : strspn(drawn, BLANKS)), NULL);
    bool enough =
        ok && fd_judge_reach(fd_buffer_text(&text), text.length, self->wanted) < text.length;
    fd_buffer_free(&text);
    return enough;
}

static bool watch(void *context, size_t done, size_t wanted) {
    watcher *self = context;
    const fd_preview *plan = self->plan;
    size_t enough = 0;
    while (done && enough < self->count && is_enough(self, &self->samples[enough]))
        enough++;
    self->enough = enough == self->count;
    return !self->enough && (!plan->observer || plan->observer(plan->context, self->samples,
                                                               self->count, done, wanted));
}

/* ---- sentences that are chosen ---- */

typedef struct chooser {
    const fd_preview *plan;
    const fd_sample *samples;
    size_t count, at; /* at: the one under way */
    size_t done;      /* told last: sentences that do not stand count for nothing, but none is
                       * taken back */
} chooser;

static bool watch_choice(void *context, size_t done, size_t wanted) {
    chooser *self = context;
    const fd_preview *plan = self->plan;
    done += self->at * wanted;
    self->done = done > self->done ? done : self->done;
    return !plan->observer || plan->observer(plan->context, self->samples, self->count, self->done,
                                             self->count * wanted);
}

/* Bytes up to the end of the last whole sentence. */
static size_t find_tail(const char *text) {
    size_t end = strlen(text);
    while (end && !(fd_judge_is_whole(text, end) && (!text[end] || is_blank(text[end]))))
        end--;
    return end;
}

/* One candidate after the other, as the story's own dreams are; the sentences of the opening that
 * are whole count as told. One of which no sentence is fit is drawn as it comes. */
static bool choose(const fd_preview *plan, const fd_generation *draws, const fd_tokens *prompt,
                   const char *told, const char *opening, fd_sample *samples, fd_error *error) {
    size_t tail = find_tail(opening);
    chooser self = {plan, samples, draws->samples, 0, 0};
    fd_buffer before = FD_BUFFER((size_t)1 << 27);
    bool ok =
        fd_buffer_add_text(&before, told, error) && fd_buffer_add(&before, opening, tail, error);
    for (size_t i = 0; i < draws->samples; i++)
        samples[i] = (fd_sample){.text = FD_BUFFER(FD_SCRIPT_LIMIT)};
    for (; ok && self.at < self.count; self.at++) {
        fd_sample *one = &samples[self.at];
        fd_buffer text = FD_BUFFER(FD_SCRIPT_LIMIT);
        const fd_dream dream = {.model = plan->model,
                                .prompt = prompt,
                                .opening = opening + tail,
                                .told = fd_buffer_text(&before),
                                .words = plan->words + count_words(opening + tail),
                                .candidates = plan->choice,
                                .sampling = plan->sampling,
                                .key = {draws->key.key, PURPOSE_CHOSEN + draws->first + self.at},
                                .threads = plan->threads,
                                .observer = watch_choice,
                                .context = &self,
                                .kept = plan->kept};
        fd_generation alone = *draws;
        ok = fd_dream_draw(&dream, &text, one, error);
        fd_buffer_free(&text);
        if (!ok || one->tokens.count)
            continue;
        alone.first += self.at;
        alone.samples = 1;
        alone.observer = NULL;
        fd_samples_free(one, 1);
        ok = fd_generate(plan->model, &alone, one, NULL, error);
    }
    fd_buffer_free(&before);
    return ok;
}

bool fd_preview_draw(const fd_preview *plan, size_t first, size_t count, fd_candidate *candidates,
                     fd_timing *timing, fd_error *error) {
    const char *typed = plan->opening ? fd_buffer_text(&plan->opening->text) : "";
    size_t kept = strlen(typed), wanted = plan->words + count_words(typed);
    fd_tokens prompt = {0};
    fd_error failed = {FD_OK, ""};
    fd_buffer told = FD_BUFFER((size_t)1 << 26), opening = FD_BUFFER(FD_SCRIPT_LIMIT);
    fd_sample *samples = fd_alloc(count, sizeof *samples, "the candidates", error);
    watcher watched = {plan, samples, count, "", wanted, false};
    fd_generation draws = {.samples = count,
                           .first = first,
                           .max_tokens = plan->words * 2 + 8,
                           .whole = ends_paragraph,
                           .end_stops = true,
                           .min_tokens = plan->words,
                           .sampling = plan->sampling,
                           .threads = plan->threads,
                           .observer = watch,
                           .context = &watched,
                           .kept = plan->kept};
    for (size_t i = 0; i < count; i++)
        candidates[i] = (fd_candidate){.number = first + i, .draft = FD_SCRIPT};
    while (kept && typed[kept - 1] == ' ')
        kept--;
    bool ok = samples && add_told(plan, &told, error) && make_key(plan, &told, &draws.key, error) &&
              fd_buffer_add(&opening, typed, kept, error) &&
              fd_preview_prompt(plan, typed, draws.max_tokens, &prompt, error);
    draws.prompt = prompt.ids;
    draws.prompt_count = prompt.count;
    watched.opening = fd_buffer_text(&opening);
    bool began = ok;
    if (timing)
        *timing = (fd_timing){0};
    if (ok && plan->choice > 1)
        ok =
            choose(plan, &draws, &prompt, fd_buffer_text(&told), watched.opening, samples, &failed);
    else
        ok = ok && (fd_generate(plan->model, &draws, samples, timing, &failed) || watched.enough);
    if (began && !ok && error)
        *error = failed;
    for (size_t i = 0; ok && i < count; i++) {
        double per_token;
        ok = make_draft(plan, watched.opening, &samples[i], wanted, &candidates[i], error) &&
             weigh_words(plan, &samples[i], kept, &candidates[i], &per_token, error) &&
             judge(per_token, fd_buffer_text(&told), wanted, &candidates[i], error);
    }
    if (began)
        fd_samples_free(samples, count);
    free(samples);
    fd_buffer_free(&opening);
    fd_buffer_free(&told);
    fd_tokens_free(&prompt);
    return ok;
}

bool fd_preview_edit(const fd_preview *plan, const fd_candidate *candidate, const char *text,
                     fd_candidate *edited, fd_error *error) {
    const char *before = fd_buffer_text(&candidate->draft.text);
    size_t same = 0;
    fd_buffer told = FD_BUFFER((size_t)1 << 26);
    *edited = (fd_candidate){.number = candidate->number, .per_word = NAN};
    bool ok = fd_script_copy(&candidate->draft, &edited->draft, error) &&
              fd_script_edit(&edited->draft, text, error) && find_words(edited, error) &&
              add_told(plan, &told, error);
    while (ok && before[same] && before[same] == text[same])
        same++;
    for (size_t i = 0; ok && i < edited->word_count && i < candidate->word_count; i++)
        if (edited->words[i].end < same)
            edited->words[i].logprob = candidate->words[i].logprob;
    edited->whole = ok && fd_judge_is_whole(text, strlen(text));
    const char *opening = plan->opening ? fd_buffer_text(&plan->opening->text) : "";
    ok =
        ok && find_faults(fd_buffer_text(&told), plan->words + count_words(opening), edited, error);
    fd_buffer_free(&told);
    return ok;
}

void fd_candidates_free(fd_candidate *candidates, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fd_script_free(&candidates[i].draft);
        free(candidates[i].words);
        free(candidates[i].faults);
        candidates[i] = (fd_candidate){.draft = FD_SCRIPT};
    }
}

/* ---- looking into a word ---- */

enum { PIECES_MOST = 6 };

/* A word being finished: its first token was weighed, the likeliest pieces follow. */
typedef struct strand {
    fd_span *span;
    int32_t last;
    float *logits;
    size_t length; /* of its text */
    bool done;
} strand;

typedef struct look {
    const fd_preview *plan;
    fd_span *span; /* everything before the word */
    float *logits; /* [vocab] after it */
    size_t vocab;
    fd_weighing *found;
    strand strands[FD_WEIGHED];
} look;

static int32_t likeliest(const float *logits, size_t vocab) {
    size_t best = 0;
    for (size_t i = 1; i < vocab; i++)
        if (logits[i] > logits[best])
            best = i;
    return (int32_t)best;
}

/* Whether a token can be shown alone and begins something. */
static bool is_shown(const char *bytes, size_t length) {
    size_t at = length && bytes[0] == ' ';
    return length > at && length < FD_WEIGHED_SIZE && valid_length(bytes, length) == length &&
           !is_blank(bytes[at]) && (unsigned char)bytes[at] > 0x20;
}

static bool goes_on(const char *bytes, size_t length) {
    return length && (isalpha((unsigned char)bytes[0]) || (bytes[0] & 0x80));
}

/* The likeliest first tokens, in order; of equals, the lower id. */
static void find_others(look *self) {
    const fd_tokenizer *tokenizer = fd_model_tokenizer(self->plan->model);
    double sum = fd_model_kernels(self->plan->model)->log_sum_exp(self->logits, self->vocab);
    size_t most =
        self->vocab < fd_tokenizer_size(tokenizer) ? self->vocab : fd_tokenizer_size(tokenizer);
    for (size_t tries = 0; tries < most && self->found->count < FD_WEIGHED; tries++) {
        int32_t id = likeliest(self->logits, most);
        size_t length, i = self->found->count;
        const char *bytes = fd_tokenizer_bytes(tokenizer, id, &length);
        double logit = (double)self->logits[id];
        self->logits[id] = -INFINITY;
        if (id == fd_tokenizer_end_of_text(tokenizer) || !is_shown(bytes, length))
            continue;
        memcpy(self->found->others[i].text, bytes, length);
        self->found->others[i].text[length] = '\0';
        self->found->others[i].probability = exp(logit - sum);
        self->strands[i].last = id;
        self->strands[i].length = length;
        self->found->count++;
    }
}

/* Reads the strands' last tokens and lets each go on with its likeliest piece while that belongs to
 * the same word. */
static bool finish_words(look *self, fd_error *error) {
    const fd_tokenizer *tokenizer = fd_model_tokenizer(self->plan->model);
    for (size_t step = 0; step < PIECES_MOST; step++) {
        fd_feed feeds[FD_WEIGHED];
        size_t count = 0;
        for (size_t i = 0; i < self->found->count; i++)
            if (!self->strands[i].done)
                feeds[count++] = (fd_feed){self->strands[i].span, &self->strands[i].last, 1,
                                           self->strands[i].logits, false};
        if (!count)
            return true;
        if (!fd_model_read(self->plan->model, feeds, count, self->plan->threads, error))
            return false;
        for (size_t i = 0; i < self->found->count; i++) {
            strand *one = &self->strands[i];
            char *text = self->found->others[i].text;
            size_t length;
            if (one->done)
                continue;
            one->last = likeliest(one->logits, self->vocab);
            const char *bytes = fd_tokenizer_bytes(tokenizer, one->last, &length);
            one->done = !bytes || !goes_on(bytes, length) || !goes_on(text + one->length - 1, 1) ||
                        one->length + length >= FD_WEIGHED_SIZE ||
                        valid_length(bytes, length) != length;
            if (one->done)
                continue;
            memcpy(text + one->length, bytes, length);
            one->length += length;
            text[one->length] = '\0';
        }
    }
    return true;
}

/* The probability of the word that stands there. */
static bool weigh_word(look *self, const char *word, bool blank, fd_error *error) {
    const fd_model *model = self->plan->model;
    fd_buffer text = FD_BUFFER(FD_SCRIPT_LIMIT);
    fd_tokens tokens = {0};
    bool ok = fd_buffer_addf(&text, error, "%s%s", blank ? " " : "", word) &&
              fd_tokenizer_encode(fd_model_tokenizer(model), text.data, text.length, false, &tokens,
                                  error);
    double logprob = 0.0;
    ok = ok && fd_model_weigh_after(model, self->span, self->logits, &tokens, 1,
                                    self->plan->threads, &logprob, error);
    self->found->probability = exp(logprob);
    fd_tokens_free(&tokens);
    fd_buffer_free(&text);
    return ok;
}

static bool always(void *context, fd_error *error) {
    (void)context;
    (void)error;
    return true;
}

fd_span *fd_preview_read(const fd_preview *plan, const fd_tokens *prompt, float *logits,
                         fd_error *error) {
    const fd_span *shared = NULL;
    size_t read = 0;
    if (plan->kept && !fd_prefix_read(plan->kept, prompt->ids, prompt->count, plan->threads, always,
                                      NULL, &shared, &read, error))
        return NULL;
    fd_span *span = fd_span_new(plan->model, shared, prompt->count - read, error);
    const fd_feed feed = {span, prompt->ids + read, prompt->count - read, logits, false};
    if (span && fd_model_read(plan->model, &feed, 1, plan->threads, error))
        return span;
    fd_span_free(span);
    return NULL;
}

bool fd_preview_weigh(const fd_preview *plan, const char *before, const char *word,
                      fd_weighing *weighing, fd_error *error) {
    size_t vocab = fd_model_config(plan->model)->vocab, length = strlen(before);
    look self = {.plan = plan, .vocab = vocab, .found = weighing};
    fd_tokens prompt = {0};
    bool blank = length && before[length - 1] != '\n';
    *weighing = (fd_weighing){0};
    self.logits = fd_alloc((1 + FD_WEIGHED) * vocab, sizeof(float), "a word", error);
    bool ok = self.logits && fd_preview_prompt(plan, before, 64, &prompt, error) &&
              (self.span = fd_preview_read(plan, &prompt, self.logits, error)) != NULL &&
              weigh_word(&self, word, blank, error);
    if (ok)
        find_others(&self);
    for (size_t i = 0; ok && i < weighing->count; i++) {
        self.strands[i].logits = self.logits + (1 + i) * vocab;
        self.strands[i].span = fd_span_new(plan->model, self.span, PIECES_MOST, error);
        ok = self.strands[i].span != NULL;
    }
    ok = ok && finish_words(&self, error);
    for (size_t i = 0; i < FD_WEIGHED; i++)
        fd_span_free(self.strands[i].span);
    fd_span_free(self.span);
    free(self.logits);
    fd_tokens_free(&prompt);
    return ok;
}
