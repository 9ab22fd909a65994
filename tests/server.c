/* server.c - a small HTTP and HTTPS server that misbehaves as it is told.
 *
 * usage: server CERTIFICATE.pem [ROOT]
 *
 * Listens on two free ports of 127.0.0.1, writes its self-signed certificate, prints
 * "HTTP-PORT HTTPS-PORT", and serves one connection at a time until its standard input ends.
 *
 * A path is /KEY/HOW/.../NAME. The file NAME is ROOT/NAME, or with size=N, N made-up bytes. HOW is
 * a list of words between commas; those that take effect for a while only are counted by KEY:
 *
 *   size=N        the file has N made-up bytes; seed=N: other ones
 *   etag=TEXT     its entity tag ("v1" unless told); next-etag=TEXT: from the second request on
 *   cut=N         the first answer's body ends after N bytes; always-cut=N: every answer's
 *   head-cut=N    the first answer ends after N bytes of its head
 *   stall=N       the first answer stops after N bytes and the connection stays; always-stall=N
 *   trickle       one byte a second
 *   pace=N        a pause of one millisecond after every N bytes
 *   status=N      answered with status N, an unknown number of times; times=N: so often
 *   retry-after=N with that header
 *   no-ranges     ranges are ignored
 *   bad-range=N   a range begins N bytes too late; bad-total: its total is wrong
 *   no-length     without a Content-Length; length=N: with that one
 *   extra=N       so many bytes too many
 *   wrong         one byte of the file is another; wrong-once: in the first answer
 *   html          a web page with status 200
 *   to=http, to=https, to=relative, to=loop, to=ftp: sent on to there
 *
 * GET /log answers with one line for each request so far: its method, its path, and the values of
 * Range and If-Range. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/server.h"

enum { REQUEST_LIMIT = 16384, KEYS = 4096, LOG_LIMIT = 1 << 20 };

typedef struct server {
    SSL_CTX *tls;
    const char *root;
    int listening[2], ports[2]; /* http, https */
    char keys[KEYS][32];
    int counts[KEYS];
    char *log;
    size_t logged;
} server;

typedef struct visit {
    server *server;
    int socket;
    SSL *tls; /* NULL: plain */
    bool secure;
    char request[REQUEST_LIMIT];
    char path[2048], how[512], range[64], if_range[300];
    int times; /* the requests for this key before */
    bool gone; /* the other side, or the tests, have ended */
} visit;

static void die(const char *what) {
    fprintf(stderr, "server: %s failed\n", what);
    exit(1);
}

/* --- a certificate --- */

static void add_extension(X509 *certificate, int which, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, which, value);
    if (!extension || X509_add_ext(certificate, extension, -1) != 1)
        die("the certificate");
    X509_EXTENSION_free(extension);
}

static SSL_CTX *new_identity(const char *path) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!key || !certificate || !tls)
        die("the key");
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    FILE *file = fopen(path, "w");
    if (X509_sign(certificate, key, EVP_sha256()) == 0 || !file ||
        PEM_write_X509(file, certificate) != 1 || fclose(file) != 0 ||
        SSL_CTX_use_certificate(tls, certificate) != 1 || SSL_CTX_use_PrivateKey(tls, key) != 1)
        die("the certificate");
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tls;
}

/* --- sockets --- */

static int listen_somewhere(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int handle = socket(AF_INET, SOCK_STREAM, 0);
    if (handle < 0 || bind(handle, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(handle, 64) != 0 || getsockname(handle, (struct sockaddr *)&address, &length) != 0)
        die("listening");
    *port = ntohs(address.sin_port);
    return handle;
}

/* Waits; true as soon as the other side or the tests have gone. */
static bool left_within(visit *v, int milliseconds) {
    struct pollfd watched[2] = {{v->socket, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    if (poll(watched, 2, milliseconds) > 0)
        v->gone = true;
    return v->gone;
}

static void send_bytes(visit *v, const char *bytes, size_t length) {
    while (!v->gone && length > 0) {
        int chunk = length > 65536 ? 65536 : (int)length;
        ssize_t sent = v->tls ? SSL_write(v->tls, bytes, chunk)
                              : send(v->socket, bytes, (size_t)chunk, MSG_NOSIGNAL);
        if (sent <= 0) {
            v->gone = true;
            return;
        }
        bytes += sent;
        length -= (size_t)sent;
    }
}

static bool read_request(visit *v) {
    size_t length = 0;
    while (length + 1 < sizeof v->request) {
        ssize_t got =
            v->tls ? SSL_read(v->tls, v->request + length, (int)(sizeof v->request - 1 - length))
                   : recv(v->socket, v->request + length, sizeof v->request - 1 - length, 0);
        if (got <= 0)
            return false;
        length += (size_t)got;
        v->request[length] = '\0';
        if (strstr(v->request, "\r\n\r\n"))
            return true;
    }
    return false;
}

/* --- what was asked --- */

/* Copies the value of a header, or nothing. */
static void find_header(const char *request, const char *name, char *value, size_t size) {
    value[0] = '\0';
    for (const char *line = request; (line = strstr(line, "\r\n")) != NULL;) {
        line += 2;
        size_t length = strlen(name);
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            line += length + 1;
            line += strspn(line, " ");
            (void)snprintf(value, size, "%.*s", (int)strcspn(line, "\r\n"), line);
            return;
        }
    }
}

/* The value of a word in HOW: "" for one without value, NULL when it is not there. */
static const char *told(const visit *v, const char *word) {
    static char value[256];
    size_t length = strlen(word);
    for (const char *at = v->how; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        size_t all = strcspn(at, ",");
        if (all >= length && strncmp(at, word, length) == 0 &&
            (all == length || at[length] == '=')) {
            size_t skip = all == length ? length : length + 1;
            (void)snprintf(value, sizeof value, "%.*s", (int)(all - skip), at + skip);
            return value;
        }
    }
    return NULL;
}

static long long number(const visit *v, const char *word, long long otherwise) {
    const char *value = told(v, word);
    return value ? strtoll(value, NULL, 10) : otherwise;
}

static int count_visit(server *s, const char *key) {
    for (int i = 0; i < KEYS; i++) {
        if (s->keys[i][0] && strcmp(s->keys[i], key) != 0)
            continue;
        (void)snprintf(s->keys[i], sizeof s->keys[i], "%s", key);
        return s->counts[i]++;
    }
    return 0;
}

static bool understand(visit *v) {
    char key[32];
    if (sscanf(v->request, "%*s %2047s", v->path) != 1)
        return false;
    find_header(v->request, "Range", v->range, sizeof v->range);
    find_header(v->request, "If-Range", v->if_range, sizeof v->if_range);
    server *s = v->server;
    int line = snprintf(s->log + s->logged, LOG_LIMIT - s->logged, "%.*s %s %s %s\n",
                        (int)strcspn(v->request, " "), v->request, v->path, v->range, v->if_range);
    if (line > 0 && s->logged + (size_t)line < LOG_LIMIT)
        s->logged += (size_t)line;
    if (sscanf(v->path, "/%31[^/]/%511[^/]", key, v->how) == 2)
        v->times = count_visit(s, key);
    return true;
}

/* --- files --- */

static char *read_all(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    *length = 0;
    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        *length = (size_t)ftell(file);
        rewind(file);
        bytes = malloc(*length + 1);
        if (bytes && fread(bytes, 1, *length, file) != *length) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(file);
    return bytes;
}

static char *file_for(const visit *v, size_t *length) {
    char path[4096];
    const char *slash = strrchr(v->path, '/');
    char *bytes;
    if (told(v, "size")) {
        *length = (size_t)number(v, "size", 0);
        bytes = malloc(*length + 1);
        for (size_t i = 0; bytes && i < *length; i++)
            bytes[i] = (char)made_up(number(v, "seed", 0), i);
    } else {
        (void)snprintf(path, sizeof path, "%s%s", v->server->root, slash ? slash : "/");
        bytes = read_all(path, length);
    }
    bool wrong = told(v, "wrong") || (told(v, "wrong-once") && v->times == 0);
    if (bytes && wrong && *length > 0)
        bytes[*length / 2] ^= 1;
    return bytes;
}

/* --- answers --- */

static void answer(visit *v, int status, const char *headers, const char *body) {
    char text[4096];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 %d Told\r\n%sContent-Length: %zu\r\n"
                          "Connection: close\r\n\r\n%s",
                          status, headers, strlen(body), body);
    send_bytes(v, text, (size_t)length);
}

static void send_on(visit *v, const char *to) {
    server *s = v->server;
    char headers[4096], how[512], *rest = v->path + 1;
    if (strcmp(to, "loop") == 0) {
        (void)snprintf(headers, sizeof headers, "Location: %s\r\n", v->path);
        answer(v, 302, headers, "");
        return;
    }
    /* The same path without the word that sends on. */
    rest += strcspn(rest, "/") + 1;
    int key = (int)(rest - v->path);
    rest += strcspn(rest, "/");
    char *word = strstr(v->how, "to=");
    (void)snprintf(how, sizeof how, "%.*s%s", (int)(word - v->how), v->how,
                   word + strcspn(word, ",") + (word[strcspn(word, ",")] == ','));
    const char *slash = how[0] ? "" : "plain";
    if (strcmp(to, "relative") == 0)
        (void)snprintf(headers, sizeof headers, "Location: %.*s%s%s%s\r\n", key, v->path, how,
                       slash, rest);
    else
        (void)snprintf(headers, sizeof headers, "Location: %s://127.0.0.1:%d%.*s%s%s%s\r\n", to,
                       s->ports[strcmp(to, "https") == 0], key, v->path, how, slash, rest);
    answer(v, 302, headers, "moved");
}

static void send_status(visit *v, int status) {
    char headers[256] = "";
    if (told(v, "retry-after"))
        (void)snprintf(headers, sizeof headers, "Retry-After: %lld\r\n",
                       number(v, "retry-after", 0));
    answer(v, status, headers, "This is an error's text, and no part of any file.");
}

/* Where the body stops too early: after how many bytes, and whether the connection stays. */
static long long stop_after(const visit *v, bool *stays) {
    *stays = told(v, "always-stall") || (told(v, "stall") && v->times == 0);
    if (told(v, "always-stall"))
        return number(v, "always-stall", 0);
    if (told(v, "always-cut"))
        return number(v, "always-cut", 0);
    if (v->times > 0)
        return -1;
    return told(v, "stall") ? number(v, "stall", 0) : number(v, "cut", -1);
}

static void send_body(visit *v, const char *bytes, size_t length) {
    bool stays;
    long long stop = stop_after(v, &stays), pace = number(v, "pace", 0);
    if (told(v, "trickle"))
        pace = 1;
    if (stop >= 0 && (size_t)stop < length)
        length = (size_t)stop;
    for (size_t sent = 0; !v->gone && sent < length;) {
        size_t piece = pace > 0 && length - sent > (size_t)pace ? (size_t)pace : length - sent;
        send_bytes(v, bytes + sent, piece);
        sent += piece;
        if (pace > 0)
            (void)left_within(v, told(v, "trickle") ? 1000 : 1);
    }
    while (stays && !left_within(v, 1000))
        ;
}

static void send_head(visit *v, const char *head) {
    long long cut = v->times == 0 ? number(v, "head-cut", -1) : -1;
    size_t length = strlen(head);
    if (cut >= 0) {
        send_bytes(v, head, (size_t)cut < length ? (size_t)cut : length);
        v->gone = true;
        return;
    }
    send_bytes(v, head, length);
}

static bool wants_range(const visit *v, const char *etag, size_t *first) {
    char quoted[300];
    unsigned long long from;
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", etag);
    if (told(v, "no-ranges") || sscanf(v->range, "bytes=%llu-", &from) != 1 ||
        (v->if_range[0] && strcmp(v->if_range, quoted) != 0))
        return false;
    *first = (size_t)from;
    return true;
}

static void send_file(visit *v) {
    size_t length, first = 0, extra = (size_t)number(v, "extra", 0);
    char head[1024], etag[256];
    char *file = file_for(v, &length);
    const char *tag = v->times > 0 ? told(v, "next-etag") : NULL;
    if (!tag)
        tag = told(v, "etag");
    (void)snprintf(etag, sizeof etag, "%s", tag ? tag : "v1");
    if (!file) {
        answer(v, 404, "", "no such file");
        return;
    }
    bool part = wants_range(v, etag, &first);
    if (part && first >= length) {
        (void)snprintf(head, sizeof head, "Content-Range: bytes */%zu\r\n", length);
        answer(v, 416, head, "no such range");
        free(file);
        return;
    }
    size_t total = length + (told(v, "bad-total") ? 1 : 0);
    size_t shift = part ? (size_t)number(v, "bad-range", 0) : 0;
    int at = snprintf(head, sizeof head,
                      "HTTP/1.1 %d Told\r\nETag: \"%s\"\r\nConnection: close\r\n"
                      "Content-Type: application/octet-stream\r\n",
                      part ? 206 : 200, etag);
    if (part)
        at += snprintf(head + at, sizeof head - (size_t)at, "Content-Range: bytes %zu-%zu/%zu\r\n",
                       first + shift, length - 1, total);
    if (!told(v, "no-length"))
        at += snprintf(head + at, sizeof head - (size_t)at, "Content-Length: %lld\r\n",
                       number(v, "length", (long long)(length - first + extra)));
    (void)snprintf(head + at, sizeof head - (size_t)at, "\r\n");
    char *body = calloc(1, length - first + extra + 1);
    if (body) {
        memcpy(body, file + first, length - first);
        send_head(v, head);
        send_body(v, body, length - first + extra);
    }
    free(body);
    free(file);
}

static void serve(visit *v) {
    const char *to;
    if (!read_request(v) || !understand(v))
        return;
    long long status = number(v, "status", 0), times = number(v, "times", 1000000);
    if (strcmp(v->path, "/log") == 0)
        send_bytes(v, v->server->log, v->server->logged);
    else if (strncmp(v->request, "CONNECT", 7) == 0)
        answer(v, 403, "", "this is no proxy");
    else if ((to = told(v, "to")) != NULL)
        send_on(v, to);
    else if (status && v->times < times)
        send_status(v, (int)status);
    else if (told(v, "html"))
        answer(v, 200, "Content-Type: text/html; charset=utf-8\r\n",
               "<!DOCTYPE html><title>Sign in</title>");
    else
        send_file(v);
}

static void welcome(server *s, int which) {
    visit *v = calloc(1, sizeof *v);
    if (!v)
        die("memory");
    v->server = s;
    v->secure = which == 1;
    v->socket = accept(s->listening[which], NULL, NULL);
    if (v->socket >= 0 && v->secure) {
        v->tls = SSL_new(s->tls);
        SSL_set_fd(v->tls, v->socket);
    }
    if (v->socket >= 0 && (!v->tls || SSL_accept(v->tls) == 1)) {
        serve(v);
        if (v->tls)
            (void)SSL_shutdown(v->tls);
        (void)shutdown(v->socket, SHUT_WR);
    }
    SSL_free(v->tls);
    if (v->socket >= 0)
        close(v->socket);
    free(v);
}

int main(int argc, char **argv) {
    static server s;
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        die("usage: server CERTIFICATE.pem [ROOT]");
    s.root = argc > 2 ? argv[2] : ".";
    s.log = calloc(1, LOG_LIMIT);
    s.tls = new_identity(argv[1]);
    for (int i = 0; i < 2; i++)
        s.listening[i] = listen_somewhere(&s.ports[i]);
    printf("%d %d\n", s.ports[0], s.ports[1]);
    (void)fflush(stdout);
    for (;;) {
        struct pollfd watched[3] = {
            {s.listening[0], POLLIN, 0}, {s.listening[1], POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        if (poll(watched, 3, -1) < 0 && errno != EINTR)
            die("poll");
        if (watched[2].revents)
            break;
        for (int i = 0; i < 2; i++)
            if (watched[i].revents)
                welcome(&s, i);
    }
    SSL_CTX_free(s.tls);
    free(s.log);
    return 0;
}
