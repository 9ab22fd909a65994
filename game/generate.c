/* generate.c - `feverdream generate`: the bare model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/commands.h"
#include "game/json.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/sanitise.h"
#include "model/clock.h"
#include "model/digest.h"
#include "model/file.h"
#include "model/generate.h"

enum { PURPOSE_GENERATE = 1, MAX_STOPS = 8 };

typedef struct request {
    const char *prompt, *model, *seed, *stop;
    size_t samples, tokens, top_k, threads;
    double temperature, top_p, penalty;
    bool greedy, json;
} request;

/* Any text is a seed: the first bytes of its SHA-256. */
static bool seed_key(const char *seed, uint64_t *key, fd_error *error) {
    fd_digest digest;
    if (!fd_digest_of(seed, strlen(seed), &digest, error))
        return false;
    *key = 0;
    for (size_t i = 0; i < sizeof *key; i++)
        *key = *key << 8 | digest.bytes[i];
    return true;
}

static cJSON *describe(const request *asked, const fd_sample *samples, const fd_timing *timing,
                       double load_ms) {
    cJSON *result = cJSON_CreateObject(), *list = cJSON_CreateArray(), *times;
    cJSON_AddStringToObject(result, "model", asked->model ? asked->model : FD_EMBEDDED);
    cJSON_AddNumberToObject(result, "prompt_tokens", (double)timing->prompt_tokens);
    for (size_t s = 0; s < asked->samples; s++) {
        cJSON *sample = cJSON_CreateObject(), *ids = cJSON_CreateArray();
        cJSON_AddStringToObject(sample, "text", fd_buffer_text(&samples[s].text));
        for (size_t i = 0; i < samples[s].tokens.count; i++)
            cJSON_AddItemToArray(ids, cJSON_CreateNumber(samples[s].tokens.ids[i]));
        cJSON_AddItemToObject(sample, "tokens", ids);
        cJSON_AddNumberToObject(sample, "logprob", samples[s].logprob);
        cJSON_AddItemToArray(list, sample);
    }
    cJSON_AddItemToObject(result, "samples", list);
    times = cJSON_AddObjectToObject(result, "timing");
    cJSON_AddNumberToObject(times, "load_ms", load_ms);
    cJSON_AddNumberToObject(times, "prefill_tokens_per_s",
                            (double)timing->prompt_tokens / (timing->prefill_s + 1e-9));
    cJSON_AddNumberToObject(times, "decode_tokens_per_s",
                            (double)timing->drawn_tokens / (timing->decode_s + 1e-9));
    return result;
}

static bool print_result(const request *asked, const fd_sample *samples, const fd_timing *timing,
                         double load_ms, fd_error *error) {
    if (!asked->json) {
        bool ok = true;
        for (size_t s = 0; ok && s < asked->samples; s++)
            ok = fd_showf(stdout, error, "%s%s\n", s ? "\n--\n\n" : "",
                          fd_buffer_text(&samples[s].text));
        return ok;
    }
    return fd_print_json(describe(asked, samples, timing, load_ms), error);
}

static bool run(const request *asked, const char *prompt, size_t length, fd_error *error) {
    double began = fd_clock_seconds();
    fd_tokens tokens = {0};
    fd_timing timing;
    fd_generation plan = {.samples = asked->samples,
                          .max_tokens = asked->tokens,
                          .stops = &asked->stop,
                          .stop_count = asked->stop ? 1 : 0,
                          .end_stops = true,
                          .key.stream = PURPOSE_GENERATE,
                          .threads = asked->threads};
    plan.sampling = (fd_sampling){asked->temperature, asked->top_k, asked->top_p,
                                  asked->penalty,     64,           asked->greedy};
    fd_sample *samples = fd_alloc(asked->samples, sizeof *samples, "the samples", error);
    fd_model *model = samples ? fd_model_named(asked->model, error) : NULL;
    double load_ms = (fd_clock_seconds() - began) * 1e3;
    bool ok = model && seed_key(asked->seed, &plan.key.key, error) &&
              fd_tokenizer_encode(fd_model_tokenizer(model), prompt, length, true, &tokens, error);
    plan.prompt = tokens.ids;
    plan.prompt_count = tokens.count;
    ok = ok && fd_generate(model, &plan, samples, &timing, error) &&
         print_result(asked, samples, &timing, load_ms, error);
    if (samples)
        fd_samples_free(samples, asked->samples);
    free(samples);
    fd_tokens_free(&tokens);
    fd_model_free(model);
    return ok;
}

bool fd_command_generate(int argc, char **argv, fd_error *error) {
    request asked = {.prompt = "", .seed = "", .samples = 1, .tokens = 100};
    asked.temperature = 0.9;
    asked.top_p = 1.0;
    asked.penalty = 1.0;
    asked.threads = fd_processors();
    const fd_option options[] = {{"--prompt", FD_TEXT, &asked.prompt},
                                 {"--model", FD_TEXT, &asked.model},
                                 {"--seed", FD_TEXT, &asked.seed},
                                 {"--stop", FD_TEXT, &asked.stop},
                                 {"-n", FD_COUNT, &asked.samples},
                                 {"--tokens", FD_COUNT, &asked.tokens},
                                 {"--top-k", FD_COUNT_OR_ZERO, &asked.top_k},
                                 {"--threads", FD_COUNT, &asked.threads},
                                 {"--temperature", FD_REAL, &asked.temperature},
                                 {"--top-p", FD_REAL, &asked.top_p},
                                 {"--repetition-penalty", FD_REAL, &asked.penalty},
                                 {"--greedy", FD_FLAG, &asked.greedy},
                                 {"--json", FD_FLAG, &asked.json}};
    int plain;
    fd_buffer prompt = FD_BUFFER((size_t)1 << 26);
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &plain, error))
        return false;
    if (plain || asked.top_p > 1.0 || asked.samples > 1024)
        return fd_fail(error, FD_USAGE,
                       "generate takes options only, --top-p at most 1, -n at most 1024.");
    bool ok = strcmp(asked.prompt, "-") == 0 ? fd_file_read("/dev/stdin", &prompt, error)
                                             : fd_buffer_add_text(&prompt, asked.prompt, error);
    ok = ok && run(&asked, fd_buffer_text(&prompt), prompt.length, error);
    fd_buffer_free(&prompt);
    return ok;
}
