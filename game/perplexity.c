/* perplexity.c - `feverdream perplexity`: how well a model predicts a text. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "game/commands.h"
#include "game/options.h"
#include "model/checkpoint.h"
#include "model/file.h"
#include "model/tokenizer.h"
#include "model/train.h"

static void print_result(const fd_tokens *tokens, size_t bytes, double nll, size_t predicted,
                         bool json) {
    double mean = predicted ? nll / (double)predicted : 0.0;
    double bits = bytes ? nll / log(2.0) / (double)bytes : 0.0;
    if (json)
        printf("{\"tokens\":%zu,\"nll\":%.6f,\"perplexity\":%.4f,\"bytes\":%zu,"
               "\"bits_per_byte\":%.5f}\n",
               tokens->count, mean, exp(mean), bytes, bits);
    else
        printf("%zu tokens, %zu bytes: %.4f nats a token, perplexity %.2f, %.4f bits a byte\n",
               tokens->count, bytes, mean, exp(mean), bits);
}

bool fd_command_perplexity(int argc, char **argv, fd_error *error) {
    bool json = false;
    const char *model = NULL;
    const fd_option options[] = {{"--json", FD_FLAG, &json}, {"--model", FD_TEXT, &model}};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t threads = processors > 0 ? (size_t)processors : 1;
    int plain;
    if (!fd_options_read(argc, argv, options, 2, &plain, error))
        return false;
    if (plain != 1 || !model)
        return fd_fail(error, FD_USAGE, "perplexity wants one text file and --model DIR.");
    fd_config config;
    fd_buffer text = FD_BUFFER((size_t)1 << 30);
    fd_tokens tokens = {0};
    fd_tokenizer *tokenizer = fd_tokenizer_load(model, error);
    float *parameters = tokenizer ? fd_checkpoint_load(model, &config, error) : NULL;
    double nll;
    size_t predicted;
    bool ok =
        parameters && fd_file_read(argv[1], &text, error) &&
        fd_tokenizer_encode(tokenizer, fd_buffer_text(&text), text.length, true, &tokens, error) &&
        fd_evaluate(&config, parameters, tokens.ids, tokens.count, threads, &nll, &predicted,
                    error);
    if (ok)
        print_result(&tokens, text.length, nll, predicted, json);
    fd_tokens_free(&tokens);
    fd_buffer_free(&text);
    free(parameters);
    fd_tokenizer_free(tokenizer);
    return ok;
}
