/* The only file that knows libcurl.
 *
 * One file is asked for until it is whole (fetch_file), each time in one request that follows
 * redirects (request). Nothing of an answer is kept before its head was looked at (begin), and what
 * came of it is judged afterwards (judge). */
#define _POSIX_C_SOURCE 200809L
#include "model/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "model/file.h"
#include "model/part.h"

enum {
    MOST_HOPS = 8,
    MOST_PATIENCE_S = 120, /* the longest wait that a server may ask for */
    LONGEST_WAIT_MS = 60000,
    LEAST_RATE = 512,       /* bytes a second, over the stall limit */
    NOTABLE_BYTES = 1 << 20 /* an attempt that brings so many was no failure */
};

typedef enum outcome {
    ARRIVED, /* the whole file is here, right or not */
    AGAIN,   /* a later attempt may bring the rest */
    AFRESH,  /* from the beginning: what is here does not go with what the server has */
    STOPPED  /* the error is set */
} outcome;

typedef struct fetch {
    fd_fetch_options options;
    const fd_remote *remote;
    const char *directory;
    CURL *curl;
    fd_part part;
    uint64_t before, total; /* bytes of the files before this one; of all */
    uint64_t from;          /* where in the file the last answer began */
    bool begun;             /* that answer's head was accepted */
    bool cancelled;
    outcome verdict; /* of what was found while the answer came; AGAIN: nothing was */
    long patience_s; /* how long the server asked to wait */
    char why[CURL_ERROR_SIZE], said[CURL_ERROR_SIZE];
    fd_error *error;
} fetch;

/* --- small things --- */

static const fd_remote_file *wanted(const fetch *self) {
    return self->part.wanted;
}

/* Libraries and servers put what they like into their sentences; people's terminals read them. */
static void make_printable(char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

static bool report(fetch *self, const char *doing) {
    uint64_t done = self->before + self->part.length;
    const fd_fetch_progress now = {done < self->total ? done : self->total, self->total, doing};
    if (self->options.progress && !self->options.progress(self->options.context, &now))
        self->cancelled = true;
    return !self->cancelled;
}

static outcome stop_cancelled(fetch *self) {
    fd_fail(self->error, FD_CANCELLED,
            "Fetching %s was stopped; what is here stays, and the next time goes on from there.",
            self->remote->name);
    return STOPPED;
}

static bool sleep_ms(fetch *self, long milliseconds) {
    enum { SLICE_MS = 50 };
    for (long left = milliseconds; left > 0; left -= SLICE_MS) {
        const struct timespec slice = {0, (left < SLICE_MS ? left : SLICE_MS) * 1000000L};
        if (!report(self, self->why))
            return false;
        (void)nanosleep(&slice, NULL);
    }
    return true;
}

/* --- where a request may go --- */

static bool is_this_machine(const char *host) {
    struct in_addr address;
    if (inet_pton(AF_INET, host, &address) == 1)
        return ntohl(address.s_addr) >> 24 == 127;
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

/* https goes anywhere; http only to this machine, and not after https. *plain: it is http. */
static bool may_go(CURLU *url, bool *plain) {
    char *scheme = NULL, *host = NULL;
    bool known = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                 curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK;
    bool safe = known && strcmp(scheme, "https") == 0;
    bool well = safe || (*plain && known && strcmp(scheme, "http") == 0 && is_this_machine(host));
    *plain = !safe;
    curl_free(scheme);
    curl_free(host);
    return well;
}

/* The file's address; NULL with an error when nothing may be fetched from there. */
static CURLU *first_url(fetch *self, bool *plain) {
    const fd_remote *remote = self->remote;
    fd_buffer text = FD_BUFFER(4096);
    CURLU *url = curl_url();
    const char *host = self->options.host;
    size_t length = strlen(host);
    while (length > 0 && host[length - 1] == '/')
        length--;
    bool ok = url && fd_buffer_addf(&text, self->error, "%.*s/%s/resolve/%s/%s", (int)length, host,
                                    remote->repository, remote->revision, wanted(self)->name);
    if (ok && curl_url_set(url, CURLUPART_URL, text.data, 0) != CURLUE_OK)
        ok = fd_fail(self->error, FD_USAGE, "%s is no address that a model can be fetched from.",
                     host);
    *plain = true;
    if (ok && !may_go(url, plain))
        ok = fd_fail(self->error, FD_USAGE,
                     "%s is not used: models are fetched by https, or by http from this machine.",
                     host);
    fd_buffer_free(&text);
    if (ok)
        return url;
    curl_url_cleanup(url);
    return NULL;
}

/* --- the answer --- */

static long status_of(const fetch *self) {
    long status = 0;
    (void)curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* A header of the last answer, or "". */
static const char *header(const fetch *self, const char *name) {
    struct curl_header *found;
    bool there = curl_easy_header(self->curl, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK;
    return there ? found->value : "";
}

static bool refuse_size(fetch *self, uint64_t size) {
    self->verdict = STOPPED;
    return fd_fail(self->error, FD_BAD_FILE,
                   "%s is not the expected file on the server: it has %" PRIu64
                   " bytes there, expected %" PRIu64 ".",
                   wanted(self)->name, size, wanted(self)->size);
}

/* The whole file comes, be it because it was asked for, or because the server knows no ranges or
 * has another version now. What cannot be it does not cost what is here. */
static bool begin_whole(fetch *self) {
    curl_off_t size = -1;
    (void)curl_easy_getinfo(self->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    if (strncmp(header(self, "Content-Type"), "text/html", 9) == 0) {
        self->verdict = STOPPED;
        return fd_fail(self->error, FD_BAD_FILE,
                       "Instead of %s a web page came: something between here and the server "
                       "answers in its place, such as a network's sign-in page.",
                       wanted(self)->name);
    }
    if (size >= 0 && !fd_part_expect(&self->part, (uint64_t)size))
        return refuse_size(self, (uint64_t)size);
    self->from = 0;
    if (fd_part_restart(&self->part, header(self, "ETag"), self->error))
        return true;
    self->verdict = STOPPED;
    return false;
}

/* The rest of the file comes, if the answer says that it is just that. */
static bool begin_rest(fetch *self) {
    uint64_t first, last, size;
    const char *etag = header(self, "ETag");
    if (sscanf(header(self, "Content-Range"), "bytes %" SCNu64 "-%" SCNu64 "/%" SCNu64, &first,
               &last, &size) != 3 ||
        first != self->part.length || (self->part.etag[0] && strcmp(etag, self->part.etag) != 0)) {
        self->verdict = AFRESH;
        return false;
    }
    self->from = first;
    return fd_part_expect(&self->part, size) || refuse_size(self, size);
}

static bool begin(fetch *self) {
    long status = status_of(self);
    self->begun = true;
    return status == 200 ? begin_whole(self) : status == 206 && begin_rest(self);
}

static size_t receive(char *bytes, size_t size, size_t count, void *context) {
    fetch *self = context;
    size_t length = size * count;
    if (!self->begun && !begin(self))
        return 0;
    bool fits = length <= self->part.most - self->part.length;
    if (!fits && fd_part_restart(&self->part, "", self->error))
        fd_fail(self->error, FD_BAD_FILE,
                "%s is not the expected file on the server: more than %" PRIu64
                " bytes came. They were thrown away.",
                wanted(self)->name, wanted(self)->size);
    if (fits && fd_part_add(&self->part, bytes, length, self->error))
        return length;
    self->verdict = STOPPED;
    return 0;
}

static int watch(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                 curl_off_t up) {
    fetch *self = context;
    (void)total, (void)now, (void)up_total, (void)up;
    return !report(self, wanted(self)->name);
}

/* --- what came of it --- */

static outcome judge_status(fetch *self, long status) {
    static const struct meaning {
        long status;
        outcome outcome;
        const char *means;
    } meanings[] = {
        {401, STOPPED, "it wants a password"},    {403, STOPPED, "it is forbidden"},
        {404, STOPPED, "there is no such file"},  {407, STOPPED, "the proxy wants a password"},
        {408, AGAIN, "it waited too long"},       {410, STOPPED, "the file is gone"},
        {416, AFRESH, "there is no such range"},  {429, AGAIN, "it is asked too often"},
        {451, STOPPED, "it is forbidden by law"},
    };
    struct meaning found = {status, status >= 500 ? AGAIN : STOPPED,
                            status >= 500 ? "it has trouble" : "which was not expected"};
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].status == status)
            found = meanings[i];
    curl_off_t patience = 0;
    (void)curl_easy_getinfo(self->curl, CURLINFO_RETRY_AFTER, &patience);
    if (found.outcome == AGAIN && patience > MOST_PATIENCE_S) {
        fd_fail(self->error, FD_FAILED,
                "The server asks to be left alone for %lld seconds (status %ld); try again later.",
                (long long)patience, status);
        return STOPPED;
    }
    self->patience_s = (long)patience;
    (void)snprintf(self->why, sizeof self->why, "the server answered %ld: %s", status, found.means);
    if (found.outcome == STOPPED)
        fd_fail(self->error, FD_FAILED, "%s cannot be fetched: %s.", wanted(self)->name, self->why);
    return found.outcome;
}

static outcome judge_transport(fetch *self, CURLcode code) {
    (void)snprintf(self->why, sizeof self->why, "%s",
                   self->said[0] ? self->said : curl_easy_strerror(code));
    make_printable(self->why);
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        fd_fail(self->error, FD_FAILED,
                "The server could not prove who it is, so nothing was fetched: %s.", self->why);
        return STOPPED;
    case CURLE_SSL_CACERT_BADFILE:
        fd_fail(self->error, FD_FAILED,
                "The list of trusted certificates cannot be read, so no server can prove who it "
                "is: %s. The package ca-certificates has it; CURL_CA_BUNDLE may name another.",
                self->why);
        return STOPPED;
    case CURLE_OUT_OF_MEMORY:
        fd_fail_memory(self->error, "the transfer");
        return STOPPED;
    default:
        return AGAIN;
    }
}

static outcome judge(fetch *self, CURLcode code) {
    long status = status_of(self);
    if (self->cancelled)
        return stop_cancelled(self);
    if (code == CURLE_OK && !self->begun && (status == 200 || status == 206))
        (void)begin(self); /* an empty body */
    if (self->verdict != AGAIN)
        return self->verdict;
    if (status != 0 && status != 200 && status != 206)
        return judge_status(self, status);
    if (code == CURLE_OK && fd_part_expect(&self->part, self->part.length))
        return ARRIVED;
    if (code != CURLE_OK)
        return judge_transport(self, code);
    (void)snprintf(self->why, sizeof self->why, "the connection ended early");
    return AGAIN;
}

/* --- one request --- */

/* The next address of a redirect, or false with a verdict. */
static bool follow(fetch *self, CURLU *url, bool *plain) {
    const char *next = header(self, "Location"); /* often relative to the address it came from */
    if (next[0] && curl_url_set(url, CURLUPART_URL, next, 0) == CURLUE_OK && may_go(url, plain))
        return true;
    self->verdict = STOPPED;
    return fd_fail(self->error, FD_FAILED,
                   "%s cannot be fetched: the server sends on to an address that is not https.",
                   wanted(self)->name);
}

static bool is_redirect(long status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void ask_for_rest(fetch *self, char range[32], struct curl_slist **headers) {
    char condition[300];
    (void)curl_easy_setopt(self->curl, CURLOPT_RANGE, NULL);
    if (self->part.length > 0) {
        (void)snprintf(range, 32, "%" PRIu64 "-", self->part.length);
        (void)curl_easy_setopt(self->curl, CURLOPT_RANGE, range);
        (void)snprintf(condition, sizeof condition, "If-Range: %s", self->part.etag);
        if (self->part.etag[0])
            *headers = curl_slist_append(NULL, condition);
    }
    (void)curl_easy_setopt(self->curl, CURLOPT_HTTPHEADER, *headers);
}

static outcome request(fetch *self) {
    bool plain;
    CURLU *url = first_url(self, &plain);
    struct curl_slist *headers = NULL;
    char range[32];
    bool on = url != NULL;
    CURLcode code = CURLE_OK;
    self->verdict = url ? AGAIN : STOPPED;
    self->begun = false;
    self->patience_s = 0;
    if (url)
        ask_for_rest(self, range, &headers);
    for (int hop = 0; on && hop < MOST_HOPS; hop++) {
        self->said[0] = '\0';
        (void)curl_easy_setopt(self->curl, CURLOPT_CURLU, url);
        /* A proxy is no way to this machine. */
        (void)curl_easy_setopt(self->curl, CURLOPT_PROXY, plain ? "" : NULL);
        code = curl_easy_perform(self->curl);
        on = !self->cancelled && is_redirect(status_of(self)) && follow(self, url, &plain);
    }
    if (on) {
        fd_fail(self->error, FD_FAILED,
                "%s cannot be fetched: the server sends from one address to the next and on.",
                wanted(self)->name);
        self->verdict = STOPPED;
    }
    outcome result = url ? judge(self, code) : STOPPED;
    (void)curl_easy_setopt(self->curl, CURLOPT_CURLU, NULL);
    (void)curl_easy_setopt(self->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    curl_url_cleanup(url);
    return result;
}

/* --- one file --- */

/* Waits before attempt number `failed` + 1. */
static outcome wait_again(fetch *self, unsigned failed) {
    if (failed >= self->options.attempts) {
        fd_fail(self->error, FD_FAILED,
                "%s could not be fetched in %u attempts; what is here stays, and the next time "
                "goes on from there. The last time: %s.",
                wanted(self)->name, failed, self->why);
        return STOPPED;
    }
    unsigned doublings = failed > 16 ? 16 : failed - 1;
    long wait = (long)self->options.wait_ms << doublings;
    wait = wait < LONGEST_WAIT_MS ? wait : LONGEST_WAIT_MS;
    wait = wait > self->patience_s * 1000 ? wait : self->patience_s * 1000;
    return sleep_ms(self, wait) ? AGAIN : stop_cancelled(self);
}

/* The sum of a whole file is not the wanted one. */
static outcome judge_sum(fetch *self) {
    if (self->from > 0) /* two versions may have met in it */
        return AFRESH;
    if (fd_part_restart(&self->part, "", self->error))
        fd_fail(self->error, FD_BAD_FILE,
                "%s is not the expected file on the server: its SHA-256 is not %.16s... What came "
                "was thrown away.",
                wanted(self)->name, wanted(self)->sha256);
    return STOPPED;
}

/* From what is here to the whole file. */
static bool bring(fetch *self) {
    unsigned failed = 0;
    bool fresh = false; /* it was begun again once */
    fd_part *part = &self->part;
    self->from = part->length;
    for (;;) {
        uint64_t had = part->length;
        bool long_enough = had >= part->least, right = false;
        if (long_enough && !fd_part_finish(part, &right, self->error))
            return false;
        if (right)
            return true;
        bool whole = long_enough && part->least == part->most;
        outcome now = whole ? judge_sum(self) : request(self);
        if (now == AFRESH && fresh)
            return fd_fail(self->error, FD_BAD_FILE,
                           "%s cannot be fetched: the server's answers do not go together.",
                           wanted(self)->name);
        if (now == AFRESH) {
            fresh = true;
            self->from = 0;
            if (!fd_part_restart(part, "", self->error))
                return false;
        } else if (now == AGAIN) {
            bool notable = part->length > had && part->length - had >= NOTABLE_BYTES;
            failed = notable ? 1 : failed + 1;
            now = wait_again(self, failed);
        }
        if (now == STOPPED)
            return false;
    }
}

static bool fetch_file(fetch *self, const fd_remote_file *file) {
    bool ok = fd_part_open(&self->part, file, self->directory, self->error);
    while (ok && self->part.hashed < self->part.length) {
        ok = fd_part_catch_up(&self->part, self->error);
        if (ok && !report(self, file->name))
            ok = stop_cancelled(self) != STOPPED;
    }
    ok = ok && bring(self);
    fd_part_close(&self->part);
    self->part.length = 0;
    self->before += file->size;
    return ok;
}

/* --- all files --- */

static void set_options(fetch *self) {
    const char *bundle = getenv("CURL_CA_BUNDLE"), *folder = getenv("SSL_CERT_DIR");
    if (!bundle || !*bundle)
        bundle = getenv("SSL_CERT_FILE");
    CURL *curl = self->curl;
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "feverdream");
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, self->said);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, self);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, self);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)self->options.stall_s);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)LEAST_RATE);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)self->options.stall_s);
    (void)curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L << 10);
    /* A name server that does not answer must not hold up who cancels. */
    (void)curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    if (bundle && *bundle)
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
    if (folder && *folder)
        (void)curl_easy_setopt(curl, CURLOPT_CAPATH, folder);
}

bool fd_fetch(const fd_fetch_options *options, const fd_remote *remote, const char *directory,
              fd_error *error) {
    fetch self = {.options = *options,
                  .remote = remote,
                  .directory = directory,
                  .total = fd_remote_bytes(remote),
                  .part.file = -1,
                  .error = error};
    self.options.host = options->host ? options->host : FD_FETCH_HOST;
    self.options.attempts = options->attempts ? options->attempts : 6;
    self.options.wait_ms = options->wait_ms ? options->wait_ms : 1000;
    self.options.stall_s = options->stall_s ? options->stall_s : 30;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fd_fail(error, FD_FAILED, "Transfers cannot be prepared.");
    self.curl = curl_easy_init();
    bool ok = self.curl || fd_fail_memory(error, "a transfer");
    if (ok)
        set_options(&self);
    for (size_t i = 0; ok && i < FD_REMOTE_FILES && remote->files[i].name; i++)
        ok = fetch_file(&self, &remote->files[i]);
    curl_easy_cleanup(self.curl);
    curl_global_cleanup();
    return ok;
}

uint64_t fd_fetch_present(const fd_remote *remote, const char *directory) {
    uint64_t present = 0;
    for (size_t i = 0; i < FD_REMOTE_FILES && remote->files[i].name; i++) {
        char path[PATH_MAX];
        struct stat about;
        const fd_remote_file *file = &remote->files[i];
        bool here =
            (fd_file_path(path, NULL, "%s/%s", directory, file->name) && stat(path, &about) == 0) ||
            (fd_file_path(path, NULL, "%s/%s.part", directory, file->name) &&
             stat(path, &about) == 0);
        uint64_t size = here ? (uint64_t)about.st_size : 0;
        present += size < file->size ? size : file->size;
    }
    return present;
}
