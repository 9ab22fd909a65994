/* export.h - a model as other programs take it. */
#ifndef FD_MODEL_EXPORT_H
#define FD_MODEL_EXPORT_H

#include "model/error.h"

/* Writes the model in `from`, int8 expanded, as F32 into the new or empty directory `to`, which
 * Hugging Face's GPT2LMHeadModel and GPT2Tokenizer load. Nothing is left of it on failure. Needs
 * memory for one copy of the float model. */
bool fd_export(const char *from, const char *to, fd_error *error);

#endif
