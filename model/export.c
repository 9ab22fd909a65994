#define _POSIX_C_SOURCE 200809L
#include "model/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/checkpoint.h"
#include "model/file.h"
#include "model/tokenizer.h"

static bool write_in(const char *to, const char *name, const fd_buffer *text, fd_error *error) {
    char path[PATH_MAX];
    return fd_file_path(path, error, "%s/%s", to, name) &&
           fd_file_replace(path, text->data, text->length, error);
}

/* What only Hugging Face's programs read: the class of the tokenizer, and where texts end. */
static bool describe(const char *to, const fd_config *config, int32_t end, fd_error *error) {
    fd_buffer text = FD_BUFFER(1 << 12);
    bool ok = fd_buffer_addf(&text, error,
                             "{\n  \"tokenizer_class\": \"GPT2Tokenizer\",\n"
                             "  \"model_max_length\": %zu,\n  \"add_prefix_space\": false,\n"
                             "  \"bos_token\": \"" FD_END_OF_TEXT "\",\n"
                             "  \"eos_token\": \"" FD_END_OF_TEXT "\",\n"
                             "  \"unk_token\": \"" FD_END_OF_TEXT "\"\n}\n",
                             config->context) &&
              write_in(to, "tokenizer_config.json", &text, error);
    fd_buffer_clear(&text);
    ok = ok &&
         fd_buffer_addf(&text, error,
                        "{\n  \"bos_token_id\": %d,\n  \"eos_token_id\": %d,\n"
                        "  \"do_sample\": true\n}\n",
                        end, end) &&
         write_in(to, "generation_config.json", &text, error);
    fd_buffer_free(&text);
    return ok;
}

static bool export_tokenizer(const char *from, const char *to, const fd_config *config,
                             fd_error *error) {
    fd_tokenizer *tokenizer = fd_tokenizer_load(from, error);
    int32_t end = tokenizer ? fd_tokenizer_end_of_text(tokenizer) : -1;
    fd_tokenizer_free(tokenizer);
    return tokenizer && fd_checkpoint_copy_tokenizer(from, to, error) &&
           (end < 0 || describe(to, config, end, error));
}

bool fd_export(const char *from, const char *to, fd_error *error) {
    fd_config config;
    /* Removing tells whether there is anything in it. */
    if (rmdir(to) != 0 && errno != ENOENT)
        return fd_fail(error, FD_FAILED, "%s should be a new or an empty directory: %s.", to,
                       strerror(errno));
    float *parameters = fd_checkpoint_load(from, &config, error);
    bool ok = parameters && fd_folder_make(to, error) &&
              export_tokenizer(from, to, &config, error) &&
              fd_checkpoint_save(to, &config, parameters, error);
    if (!ok)
        (void)fd_folder_remove(to, NULL);
    free(parameters);
    return ok;
}
