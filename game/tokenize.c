/* tokenize.c - `feverdream tokenize`: text on stdin to a JSON array of ids, and back. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "game/commands.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/sanitise.h"
#include "model/file.h"
#include "model/tokenizer.h"

enum { LARGEST_INPUT = 1 << 30 };

static bool print_ids(const fd_tokenizer *tokenizer, const fd_buffer *text, fd_error *error) {
    fd_tokens tokens = {0};
    bool ok =
        fd_tokenizer_encode(tokenizer, fd_buffer_text(text), text->length, true, &tokens, error);
    if (ok) {
        putchar('[');
        for (size_t i = 0; i < tokens.count; i++)
            printf("%s%d", i ? "," : "", tokens.ids[i]);
        puts("]");
    }
    fd_tokens_free(&tokens);
    return ok;
}

static bool print_text(const fd_tokenizer *tokenizer, const fd_buffer *json, fd_error *error) {
    fd_buffer text = FD_BUFFER(LARGEST_INPUT);
    fd_tokens tokens = {0};
    cJSON *ids = cJSON_ParseWithLength(fd_buffer_text(json), json->length);
    bool ok = cJSON_IsArray(ids);
    if (!ok)
        fd_fail(error, FD_BAD_FILE, "The input should be a JSON array of token ids.");
    const cJSON *id;
    cJSON_ArrayForEach(id, ids) {
        if (!ok)
            break;
        bool whole = cJSON_IsNumber(id) && id->valuedouble == (double)id->valueint;
        ok = whole ? fd_tokens_add(&tokens, id->valueint, error)
                   : fd_fail(error, FD_BAD_FILE, "Item %zu of the input is not a token id.",
                             tokens.count);
    }
    ok = ok && fd_tokenizer_decode(tokenizer, tokens.ids, tokens.count, &text, error);
    ok = ok && fd_show(stdout, fd_buffer_text(&text), text.length, error);
    cJSON_Delete(ids);
    fd_tokens_free(&tokens);
    fd_buffer_free(&text);
    return ok;
}

bool fd_command_tokenize(int argc, char **argv, fd_error *error) {
    bool decode = false, json = false;
    const char *model = NULL;
    const fd_option options[] = {{"--decode", FD_FLAG, &decode},
                                 {"--json", FD_FLAG, &json}, /* ids are JSON in any case */
                                 {"--model", FD_TEXT, &model}};
    int plain;
    if (!fd_options_read(argc, argv, options, 3, &plain, error))
        return false;
    if (plain)
        return fd_fail(error, FD_USAGE, "tokenize reads its text from standard input.");
    char path[PATH_MAX];
    fd_tokenizer *tokenizer =
        fd_model_path(model, path, error) ? fd_tokenizer_load(path, error) : NULL;
    fd_buffer input = FD_BUFFER(LARGEST_INPUT);
    bool ok = tokenizer && fd_file_read("/dev/stdin", &input, error) &&
              (decode ? print_text(tokenizer, &input, error) : print_ids(tokenizer, &input, error));
    fd_buffer_free(&input);
    fd_tokenizer_free(tokenizer);
    return ok;
}
