/* tokenizer_train.h - a byte-level BPE vocabulary learned from text (Sennrich et al. 2016). */
#ifndef FD_MODEL_TOKENIZER_TRAIN_H
#define FD_MODEL_TOKENIZER_TRAIN_H

#include "model/tokenizer.h"

/* Learns `size` tokens (256 bytes, size - 257 merges, "<|endoftext|>" last) from text and writes
 * vocab.json and merges.txt into `directory`, which exists. Ties between equally frequent pairs go
 * to the smaller pair of ids, so the result depends on the text alone. "<|endoftext|>" in the text
 * separates documents and is not learned from. Fewer merges than asked for is an error. */
bool fd_tokenizer_train(const char *text, size_t length, size_t size, const char *directory,
                        fd_error *error);

#endif
