/* import.h - models from elsewhere, brought into the catalogue. */
#ifndef FD_MODEL_IMPORT_H
#define FD_MODEL_IMPORT_H

#include "model/error.h"

/* Makes the model at `source` the directory `models`/`name`, which must not exist: int8, or with
 * `keep_float` in the floats it has; a model that is int8 already is copied. It is built beside,
 * sealed (catalogue.h), loaded, and only then gets its name; what an interrupted import left behind
 * is removed by the next one of that name. One import at a time: FD_FAILED while another runs.
 *
 * `source` is a directory or the file in it that holds the weights:
 *   Hugging Face's GPT-2: config.json, model.safetensors (F32, F16, BF16, or this program's I8) or
 *     model.safetensors.index.json with the files it names, and vocab.json with merges.txt or
 *     tokenizer.json;
 *   OpenAI's: hparams.json, encoder.json, vocab.bpe, and a TensorFlow checkpoint, which may be
 *     named by its .index file; else it is the latest.
 * FD_BAD_FILE names the file and what was expected. */
bool fd_import(const char *source, const char *models, const char *name, bool keep_float,
               fd_error *error);

#endif
