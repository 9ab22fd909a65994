/* perplexity.c - `feverdream perplexity`: how well a model predicts a text. */
#include <math.h>
#include <stdio.h>

#include "game/commands.h"
#include "game/options.h"
#include "game/paths.h"
#include "model/evaluate.h"
#include "model/file.h"

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
    const char *name = NULL;
    size_t threads = fd_processors();
    const fd_option options[] = {
        {"--json", FD_FLAG, &json}, {"--model", FD_TEXT, &name}, {"--threads", FD_COUNT, &threads}};
    int plain;
    if (!fd_options_read(argc, argv, options, 3, &plain, error))
        return false;
    if (plain != 1)
        return fd_fail(error, FD_USAGE, "perplexity wants one text file.");
    fd_buffer text = FD_BUFFER((size_t)1 << 30);
    fd_tokens tokens = {0};
    double nll;
    size_t predicted;
    fd_model *model = fd_model_named(name, error);
    bool ok = model && fd_file_read(argv[1], &text, error) &&
              fd_tokenizer_encode(fd_model_tokenizer(model), fd_buffer_text(&text), text.length,
                                  true, &tokens, error) &&
              fd_model_evaluate(model, tokens.ids, tokens.count, threads, &nll, &predicted, error);
    if (ok)
        print_result(&tokens, text.length, nll, predicted, json);
    fd_tokens_free(&tokens);
    fd_buffer_free(&text);
    fd_model_free(model);
    return ok;
}
