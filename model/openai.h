/* openai.h - GPT-2 as OpenAI published it and as programs that fine-tune it with TensorFlow leave
 * it: hparams.json, a TensorFlow checkpoint, encoder.json and vocab.bpe. */
#ifndef FD_MODEL_OPENAI_H
#define FD_MODEL_OPENAI_H

#include <limits.h>

#include "model/config.h"

/* The checkpoint's files without their endings: what `directory`/checkpoint calls the latest, or
 * model.ckpt where there is no such file. A path written there is not followed, as the directory
 * may have been moved since: the files lie beside. */
bool fd_openai_latest(const char *directory, char prefix[PATH_MAX], fd_error *error);

/* Reads hparams.json of the directory and the checkpoint's variables into a new array in the order
 * of config.h, which the caller frees. Other variables, such as an optimiser's, are ignored. NULL
 * on failure; FD_BAD_FILE names the variable that is missing or misshapen. */
float *fd_openai_load(const char *directory, const char *prefix, fd_config *config,
                      fd_error *error);

#endif
