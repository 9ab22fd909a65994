/* pty.h - a terminal of its own for what is tested: a process on the other end of a
 * pseudo-terminal, the keys it is sent and the bytes it writes. */
#ifndef FD_TESTS_PTY_H
#define FD_TESTS_PTY_H

#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct fd_pty {
    int master;
    pid_t child;
} fd_pty;

/* 0 in the child, whose terminal is a new one. */
static inline pid_t fd_pty_fork(fd_pty *pty, const char *term, int rows, int columns) {
    struct winsize size = {(unsigned short)rows, (unsigned short)columns, 0, 0};
    pty->child = forkpty(&pty->master, NULL, NULL, &size);
    if (pty->child == 0) {
        (void)setenv("TERM", term, 1);
        (void)setenv("LC_ALL", "C.UTF-8", 1);
    }
    return pty->child;
}

static inline bool fd_pty_readable(const fd_pty *pty, int wait_ms) {
    struct pollfd master = {pty->master, POLLIN, 0};
    return poll(&master, 1, wait_ms) > 0 && (master.revents & POLLIN);
}

/* Reads until `wait_ms` pass without a byte; what was read is added to `seen` (NULL: dropped), as
 * much as fits. */
static inline void fd_pty_drain(const fd_pty *pty, int wait_ms, char *seen, size_t size) {
    char bytes[4096];
    size_t length = seen ? strlen(seen) : 0;
    while (fd_pty_readable(pty, wait_ms)) {
        ssize_t got = read(pty->master, bytes, sizeof bytes);
        if (got <= 0)
            return;
        for (ssize_t i = 0; seen && i < got && length + 1 < size; i++)
            if (bytes[i])
                seen[length++] = bytes[i];
        if (seen)
            seen[length] = '\0';
    }
}

static inline void fd_pty_send(const fd_pty *pty, const char *keys) {
    ssize_t written = write(pty->master, keys, strlen(keys));
    (void)written;
}

/* Ends with the child's status, as waitpid tells it. */
static inline int fd_pty_end(fd_pty *pty) {
    int status = -1;
    (void)waitpid(pty->child, &status, 0);
    (void)close(pty->master);
    return status;
}

#endif
