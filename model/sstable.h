/* sstable.h - reading LevelDB's sorted table of keys and values
 * (https://github.com/google/leveldb/blob/main/doc/table_format.md) as TensorFlow writes it:
 * uncompressed, without filters. */
#ifndef FD_MODEL_SSTABLE_H
#define FD_MODEL_SSTABLE_H

#include "model/file.h"
#include "model/reader.h"

enum { FD_LONGEST_KEY = 255 };

/* Gets a key (terminated; it may hold zero bytes itself) and its value, which lies in the map. The
 * key lasts until the call returns; returning false ends the reading. */
typedef bool fd_table_visitor(void *context, const char *key, size_t length, fd_reader value,
                              fd_error *error);

/* Shows the visitor every pair of the mapped file, in ascending order of the keys. Every block's
 * checksum is verified before it is used. FD_BAD_FILE names `path` and the byte where the file
 * is not what it should be. */
bool fd_table_read(const char *path, const fd_map *map, fd_table_visitor *visit, void *context,
                   fd_error *error);

#endif
