/* fetch.h - a published model's files by HTTPS (libcurl), each checked against the size and SHA-256
 * that were known beforehand. Nothing in here decides to use the network: its callers have asked.
 *
 * A file grows under NAME.part, with its server's ETag beside it in NAME.etag, and gets its name
 * only when its SHA-256 is right. A transfer that stops, for whatever reason, goes on from there:
 * by a range request (RFC 9110, section 14) that holds only for the same ETag (If-Range). */
#ifndef FD_MODEL_FETCH_H
#define FD_MODEL_FETCH_H

#include "model/catalogue.h"

#define FD_FETCH_HOST "https://huggingface.co"

typedef struct fd_fetch_progress {
    uint64_t done, total; /* bytes, over all files */
    const char *doing;    /* a file's name, or why nothing comes right now */
} fd_fetch_progress;

typedef struct fd_fetch_options {
    const char *host;  /* https://HOST..., or http:// to this very machine; NULL: FD_FETCH_HOST */
    unsigned attempts; /* in a row that bring nearly nothing; 0: 6 */
    unsigned wait_ms;  /* before the second attempt, doubled before each further one; 0: 1000 */
    unsigned stall_s;  /* a connection without bytes for so long is given up; 0: 30 */
    /* Called several times a second, never concurrently; false stops the transfer. */
    bool (*progress)(void *context, const fd_fetch_progress *progress);
    void *context;
} fd_fetch_options;

/* Brings every file of `remote` into the existing `directory`; those that are there and right stay.
 * Redirects are followed, but from https only to https. http_proxy, https_proxy, no_proxy,
 * CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR are obeyed; the server's certificate is always
 * verified. FD_BAD_FILE: what the server has is not what was expected. FD_CANCELLED: `progress`
 * said stop. FD_FAILED: anything else. */
bool fd_fetch(const fd_fetch_options *options, const fd_remote *remote, const char *directory,
              fd_error *error);

/* How many of the model's bytes are in `directory`, in parts or whole; nothing is verified. */
uint64_t fd_fetch_present(const fd_remote *remote, const char *directory);

#endif
