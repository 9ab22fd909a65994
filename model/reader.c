#include "model/reader.h"

bool fd_read_part(fd_reader *reader, uint64_t count, fd_reader *part) {
    if (count > reader->left)
        return false;
    *part = (fd_reader){reader->at, (size_t)count};
    reader->at += count;
    reader->left -= (size_t)count;
    return true;
}

bool fd_read_fixed(fd_reader *reader, size_t bytes, uint64_t *value) {
    fd_reader part;
    if (!fd_read_part(reader, bytes, &part))
        return false;
    *value = 0;
    for (size_t i = 0; i < bytes; i++)
        *value |= (uint64_t)part.at[i] << (8 * i);
    return true;
}

bool fd_read_varint(fd_reader *reader, uint64_t *value) {
    uint64_t sum = 0;
    for (size_t i = 0; i < 10 && i < reader->left; i++) {
        uint64_t byte = reader->at[i];
        if (i == 9 && byte > 1)
            return false;
        sum |= (byte & 127) << (7 * i);
        if (byte < 128) {
            *value = sum;
            reader->at += i + 1;
            reader->left -= i + 1;
            return true;
        }
    }
    return false;
}
