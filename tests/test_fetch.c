/* Fetching from a server that misbehaves: what arrives is right, or has no name. */
#define _GNU_SOURCE /* mount */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "game/background.h"
#include "model/checkpoint.h"
#include "model/clock.h"
#include "model/digest.h"
#include "model/file.h"
#include "model/install.h"
#include "tests/server.h"

enum { SIZE = 300 };

static char folder[96], certificate[160], models[160];
static pid_t server;
static int server_input, port, secure_port;
static unsigned keys;

/* --- the server --- */

static void start_server(void) {
    char program[512], root[160], ports[64] = "";
    int to[2], from[2];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 16);
    assert_true(length > 0);
    program[length] = '\0';
    (void)snprintf(strrchr(program, '/'), 16, "/server");
    (void)snprintf(root, sizeof root, "%s/root", folder);
    assert_int_equal(pipe2(to, O_CLOEXEC) | pipe2(from, O_CLOEXEC), 0);
    server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        (void)dup2(to[0], STDIN_FILENO);
        (void)dup2(from[1], STDOUT_FILENO);
        (void)execl(program, program, certificate, root, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    server_input = to[1];
    assert_true(read(from[0], ports, sizeof ports - 1) > 0);
    assert_int_equal(sscanf(ports, "%d %d", &port, &secure_port), 2);
    close(from[0]);
}

/* The last request that the server got before this one. */
static void last_request(char line[512]) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    static char log[1 << 20];
    const char ask[] = "GET /log HTTP/1.1\r\n\r\n";
    size_t length = 0;
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(handle, (struct sockaddr *)&address, sizeof address), 0);
    assert_true(send(handle, ask, strlen(ask), 0) > 0);
    for (ssize_t got; (got = recv(handle, log + length, sizeof log - 1 - length, 0)) > 0;)
        length += (size_t)got;
    close(handle);
    log[length] = '\0';
    line[0] = '\0';
    for (char *rest = log, *next; (next = strtok_r(NULL, "\n", &rest)) != NULL;)
        if (!strstr(next, " /log "))
            (void)snprintf(line, 512, "%s", next);
}

static int set_up(void **state) {
    (void)state;
    char path[160];
    /* Where syncing costs nothing, if there is such a place. */
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(folder, sizeof folder, "%s/feverdream-fetch.%ld", base, (long)getpid());
    (void)snprintf(certificate, sizeof certificate, "%s/certificate.pem", folder);
    (void)snprintf(models, sizeof models, "%s/models", folder);
    (void)snprintf(path, sizeof path, "%s/root", folder);
    if (mkdir(folder, 0700) != 0 || mkdir(path, 0700) != 0 ||
        setenv("CURL_CA_BUNDLE", certificate, 1) != 0 || unsetenv("https_proxy") != 0 ||
        unsetenv("HTTPS_PROXY") != 0 || unsetenv("all_proxy") != 0 || unsetenv("ALL_PROXY") != 0)
        return -1;
    start_server();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char clear[128];
    close(server_input);
    (void)waitpid(server, NULL, 0);
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    return system(clear);
}

/* --- a file to fetch --- */

typedef struct errand {
    char directory[160], part[192], name[192], sum[65], host[512];
    fd_remote remote;
    fd_fetch_options options;
    fd_error error;
} errand;

static void sum_of(size_t size, long long seed, char hex[65]) {
    fd_digest digest;
    unsigned char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = made_up(seed, i);
    assert_true(fd_digest_of(bytes, size, &digest, NULL));
    fd_digest_hex(&digest, hex);
    free(bytes);
}

/* Where `how` is told to the server, under a key of its own. */
static void send_to(errand *e, const char *scheme, const char *how) {
    (void)snprintf(e->host, sizeof e->host, "%s://127.0.0.1:%d/%u/%s", scheme,
                   strcmp(scheme, "https") == 0 ? secure_port : port, ++keys, how);
    e->options.host = e->host;
}

/* A made-up file of `size` bytes, to be fetched from a server that behaves as `how` says into an
 * empty directory. */
static errand *new_errand(size_t size, const char *how) {
    static errand e;
    char told[256];
    e = (errand){.options = {.attempts = 3, .wait_ms = 1, .stall_s = 20}};
    (void)snprintf(told, sizeof told, "size=%zu%s%s", size, how[0] ? "," : "", how);
    send_to(&e, "http", told);
    (void)snprintf(e.directory, sizeof e.directory, "%s/%u", folder, keys);
    (void)snprintf(e.name, sizeof e.name, "%s/file", e.directory);
    (void)snprintf(e.part, sizeof e.part, "%s/file.part", e.directory);
    assert_int_equal(mkdir(e.directory, 0700), 0);
    sum_of(size, 0, e.sum);
    e.remote = (fd_remote){"made-up", "some/body", "0123", 1, {{"file", size, e.sum, 0}}};
    return &e;
}

static bool run(errand *e) {
    e->error = (fd_error){FD_OK, ""};
    return fd_fetch(&e->options, &e->remote, e->directory, &e->error);
}

static long long size_of(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 ? (long long)about.st_size : -1;
}

/* The file is there under its name, is right, and nothing else is. */
static void assert_here(const errand *e) {
    fd_digest digest;
    char hex[65], tag[200];
    assert_true(fd_digest_of_file(e->name, &digest, NULL));
    fd_digest_hex(&digest, hex);
    assert_string_equal(hex, e->sum);
    (void)snprintf(tag, sizeof tag, "%s.etag", e->name);
    assert_int_equal(size_of(e->part), -1);
    assert_int_equal(size_of(tag), -1);
}

static void assert_fetched(errand *e) {
    if (!run(e))
        fail_msg("%s: %s", e->host, e->error.message);
    assert_here(e);
}

/* It fails with that status and a sentence that says `words`; nothing has the file's name. */
static void assert_refused(errand *e, fd_status status, const char *words) {
    assert_false(run(e));
    if (e->error.status != status || !strstr(e->error.message, words))
        fail_msg("%s: status %d, %s", e->host, (int)e->error.status, e->error.message);
    assert_int_equal(size_of(e->name), -1);
}

static void fetched(const char *how) {
    assert_fetched(new_errand(SIZE, how));
}

static void refused(const char *how, fd_status status, const char *words) {
    assert_refused(new_errand(SIZE, how), status, words);
}

/* --- tests --- */

static void a_file_arrives(void **state) {
    (void)state;
    fetched("");
    fetched("no-length");
    fetched("no-ranges");
    assert_fetched(new_errand(3000000, ""));
}

static void what_is_here_and_right_is_not_fetched(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "");
    assert_fetched(e);
    e->options.host = "http://127.0.0.1:1";
    assert_fetched(e);
}

static void what_is_here_and_wrong_is_fetched_again(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "");
    char zeros[SIZE + 1] = "";
    assert_true(fd_file_replace(e->name, zeros, SIZE, NULL));
    assert_fetched(e);
    e = new_errand(SIZE, "");
    assert_true(fd_file_replace(e->part, zeros, SIZE + 1, NULL)); /* longer than it may be */
    assert_fetched(e);
    e = new_errand(SIZE, "");
    assert_true(fd_file_replace(e->part, zeros, 100, NULL)); /* a rest makes it no better */
    assert_fetched(e);
}

static void a_cut_anywhere_is_mended(void **state) {
    (void)state;
    char how[64], wanted[64], request[512];
    for (int cut = 0; cut <= SIZE; cut++) {
        (void)snprintf(how, sizeof how, "cut=%d", cut);
        fetched(how);
        last_request(request);
        (void)snprintf(wanted, sizeof wanted, "bytes=%d- \"v1\"", cut);
        if (cut > 0 && cut < SIZE)
            assert_non_null(strstr(request, wanted));
    }
    for (int cut = 0; cut <= 150; cut++) {
        (void)snprintf(how, sizeof how, "head-cut=%d", cut);
        fetched(how);
        (void)snprintf(how, sizeof how, "no-length,cut=%d", cut);
        fetched(how);
    }
}

static void cuts_without_end_are_given_up(void **state) {
    (void)state;
    refused("always-cut=0", FD_FAILED, "3 attempts");
    errand *e = new_errand(SIZE, "always-cut=40");
    assert_refused(e, FD_FAILED, "3 attempts");
    assert_int_equal(size_of(e->part), 120);
    assert_refused(e, FD_FAILED, "3 attempts");
    assert_int_equal(size_of(e->part), 240);
    assert_fetched(e); /* and one more brings the rest */
}

static void a_stall_is_given_up_and_mended(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "stall=100");
    e->options.stall_s = 1;
    assert_fetched(e);
    e = new_errand(SIZE, "always-stall=100");
    e->options.stall_s = 1;
    e->options.attempts = 1;
    assert_refused(e, FD_FAILED, "1 attempts");
    assert_int_equal(size_of(e->part), 100);
    e = new_errand(SIZE, "trickle");
    e->options.stall_s = 1;
    e->options.attempts = 1;
    assert_refused(e, FD_FAILED, "1 attempts");
}

static void ranges_that_do_not_fit_begin_afresh(void **state) {
    (void)state;
    fetched("cut=100,no-ranges");
    fetched("cut=100,next-etag=v2");
    refused("cut=100,bad-range=1,always-cut=50", FD_BAD_FILE, "do not go together");
    refused("cut=100,bad-total", FD_BAD_FILE, "301 bytes");
    refused("status=416", FD_BAD_FILE, "do not go together");
    errand *e = new_errand(SIZE, "cut=100,status=416");
    char zeros[100] = "";
    assert_true(fd_file_replace(e->part, zeros, 100, NULL));
    send_to(e, "http", "size=300,status=416,times=1");
    assert_fetched(e);
}

static void another_version_is_no_continuation(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "seed=5,etag=old,always-cut=60");
    e->options.attempts = 1;
    assert_refused(e, FD_FAILED, "1 attempts");
    assert_int_equal(size_of(e->part), 60);
    send_to(e, "http", "size=300,etag=new");
    assert_fetched(e);
}

static void wrong_lengths_are_refused_early(void **state) {
    (void)state;
    refused("length=299", FD_BAD_FILE, "299 bytes");
    refused("length=100000000000", FD_BAD_FILE, "100000000000 bytes");
    refused("extra=1", FD_BAD_FILE, "301 bytes");
    refused("extra=70000,no-length", FD_BAD_FILE, "more than 300 bytes");
    errand *e = new_errand(SIZE, "always-cut=60");
    e->options.attempts = 1;
    assert_refused(e, FD_FAILED, "1 attempts");
    send_to(e, "http", "size=7000,no-ranges"); /* does not cost what is here */
    assert_refused(e, FD_BAD_FILE, "7000 bytes");
    assert_int_equal(size_of(e->part), 60);
}

static void a_size_may_be_known_nearly(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "cut=295");
    e->remote.files[0].size = SIZE - 7;
    e->remote.files[0].slack = 10;
    assert_fetched(e);
    e = new_errand(SIZE, "no-length");
    e->remote.files[0].size = SIZE + 7;
    e->remote.files[0].slack = 10;
    assert_fetched(e);
    assert_fetched(e); /* what is here is known by its sum */
    e = new_errand(SIZE, "");
    e->remote.files[0].size = SIZE + 11;
    e->remote.files[0].slack = 10;
    assert_refused(e, FD_BAD_FILE, "300 bytes");
    e = new_errand(SIZE, "wrong");
    e->remote.files[0].slack = 10;
    assert_refused(e, FD_BAD_FILE, "SHA-256");
}

static void wrong_bytes_are_thrown_away(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "wrong");
    assert_refused(e, FD_BAD_FILE, "SHA-256");
    assert_int_equal(size_of(e->part), 0);
    refused("wrong,cut=200", FD_BAD_FILE, "SHA-256"); /* begun afresh once, as wrong as before */
    fetched("wrong-once,cut=200");                    /* begun afresh once, and right */
}

static void statuses_mean_something(void **state) {
    (void)state;
    char request[512];
    refused("status=404", FD_FAILED, "no such file");
    refused("status=403", FD_FAILED, "forbidden");
    refused("status=401", FD_FAILED, "password");
    refused("status=418", FD_FAILED, "418");
    refused("status=429", FD_FAILED, "asked too often");
    refused("status=500", FD_FAILED, "500");
    refused("status=503", FD_FAILED, "3 attempts");
    refused("status=304", FD_FAILED, "304");
    fetched("status=429,times=2");
    fetched("status=500,times=1");
    fetched("status=503,times=2,retry-after=0");
    refused("status=503,retry-after=100000", FD_FAILED, "100000 seconds");
    last_request(request);
    assert_non_null(strstr(request, "retry-after"));
}

static void retry_after_is_obeyed(void **state) {
    (void)state;
    double before = fd_clock_seconds();
    fetched("status=503,times=1,retry-after=1");
    double waited = fd_clock_seconds() - before;
    assert_true(waited >= 0.95 && waited < 3.0);
}

static void a_web_page_is_no_model(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "always-cut=60");
    e->options.attempts = 1;
    assert_refused(e, FD_FAILED, "1 attempts");
    send_to(e, "http", "html");
    assert_refused(e, FD_BAD_FILE, "web page");
    assert_int_equal(size_of(e->part), 60);
}

static void redirects_lead_to_https_only(void **state) {
    (void)state;
    errand *e;
    fetched("to=relative");
    fetched("to=https");
    fetched("to=http"); /* on this machine, from this machine */
    fetched("to=https,cut=120");
    refused("to=loop", FD_FAILED, "from one address to the next");
    refused("to=ftp", FD_FAILED, "not https");
    e = new_errand(SIZE, "");
    send_to(e, "https", "size=300,to=http");
    assert_refused(e, FD_FAILED, "not https");
    send_to(e, "https", "size=300,to=relative");
    assert_fetched(e);
}

static void certificates_are_verified(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "");
    send_to(e, "https", "size=300");
    assert_int_equal(setenv("CURL_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt", 1), 0);
    bool known = access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0;
    assert_refused(e, FD_FAILED, known ? "could not prove" : "trusted certificates");
    assert_int_equal(setenv("CURL_CA_BUNDLE", "/nonexistent", 1), 0);
    assert_refused(e, FD_FAILED, "trusted certificates");
    assert_int_equal(unsetenv("CURL_CA_BUNDLE"), 0);
    assert_int_equal(setenv("SSL_CERT_FILE", certificate, 1), 0);
    assert_fetched(e);
    assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
    assert_int_equal(setenv("CURL_CA_BUNDLE", certificate, 1), 0);
}

static void only_this_machine_may_speak_http(void **state) {
    (void)state;
    static const char *const hosts[] = {"http://example.invalid",
                                        "http://127.0.0.1.example.invalid",
                                        "http://10.0.0.1",
                                        "ftp://127.0.0.1",
                                        "file:///etc",
                                        "127.0.0.1",
                                        "",
                                        "http://[::2]",
                                        "gopher://localhost"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        errand *e = new_errand(SIZE, "");
        e->options.host = hosts[i];
        assert_refused(e, FD_USAGE, "");
    }
}

static void a_proxy_is_asked(void **state) {
    (void)state;
    char proxy[64], request[512];
    errand *e = new_errand(SIZE, "");
    (void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", port);
    assert_int_equal(setenv("https_proxy", proxy, 1), 0);
    e->options.host = "https://example.invalid";
    assert_refused(e, FD_FAILED, "403");
    assert_int_equal(unsetenv("https_proxy"), 0);
    last_request(request);
    assert_non_null(strstr(request, "CONNECT example.invalid:443"));
}

static void nobody_there_is_an_error(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "");
    e->options.host = "http://127.0.0.1:1";
    assert_refused(e, FD_FAILED, "3 attempts");
}

typedef struct watcher {
    uint64_t last, total, stop_at;
    bool fell, waits;
} watcher;

static bool watch(void *context, const fd_fetch_progress *progress) {
    watcher *self = context;
    self->fell |= progress->done < self->last;
    self->last = progress->done;
    self->total = progress->total;
    self->waits |= strstr(progress->doing, "503") != NULL;
    return progress->done < self->stop_at;
}

static void progress_is_told_and_may_stop(void **state) {
    (void)state;
    watcher seen = {.stop_at = UINT64_MAX};
    errand *e = new_errand(3000000, "pace=30000");
    e->options.progress = watch;
    e->options.context = &seen;
    assert_fetched(e);
    assert_false(seen.fell);
    assert_int_equal(seen.total, 3000000);
    assert_true(seen.last > 0);
    e = new_errand(1000000, "pace=2000");
    seen = (watcher){.stop_at = 100000};
    e->options.progress = watch;
    e->options.context = &seen;
    assert_refused(e, FD_CANCELLED, "stopped");
    assert_true(size_of(e->part) >= 100000 && size_of(e->part) < 1000000);
    e->options.progress = NULL;
    assert_fetched(e);
    e = new_errand(SIZE, "status=503");
    seen = (watcher){.stop_at = UINT64_MAX};
    e->options.progress = watch;
    e->options.context = &seen;
    assert_refused(e, FD_FAILED, "3 attempts");
    assert_true(seen.waits);
}

static void a_killed_fetch_goes_on(void **state) {
    (void)state;
    enum { BIG = 2000000, MOMENTS = 10 };
    size_t kept = 0;
    for (int moment = 0; moment < MOMENTS; moment++) {
        errand *e = new_errand(BIG, "pace=10000");
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(!run(e));
        const struct timespec wait = {0, 1000000L};
        for (int i = 0; i < 10000 && size_of(e->part) < moment * (BIG / MOMENTS); i++)
            (void)nanosleep(&wait, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        long long part = size_of(e->part);
        if (part > 0 && part < BIG)
            kept++;
        if (size_of(e->name) >= 0)
            assert_here(e);
        send_to(e, "http", "size=2000000");
        assert_fetched(e);
        assert_int_equal(unlink(e->name), 0);
    }
    assert_true(kept >= MOMENTS - 2); /* the first and the last may lie outside the transfer */
}

/* A small file system that fills; skips the test when none can be had. */
static void small_disk(const char *path, const char *options) {
    if (mount("none", path, "tmpfs", 0, options) != 0) {
        print_message("skipped: the full disk (no file system can be mounted)\n");
        skip();
    }
}

static void a_full_disk_is_an_error(void **state) {
    (void)state;
    errand *e = new_errand(400000, "");
    small_disk(e->directory, "size=128k");
    bool ok = run(e);
    long long part = size_of(e->part), name = size_of(e->name);
    assert_int_equal(umount(e->directory), 0);
    assert_false(ok);
    assert_int_equal(e->error.status, FD_FAILED);
    assert_non_null(strstr(e->error.message, "No space left"));
    assert_true(part > 0 && part <= 128 << 10);
    assert_int_equal(name, -1);
}

/* --- whole models --- */

/* The tokenizer that comes with the program, and a model of its size with made-up weights. */
static void publish(fd_remote *remote, char sums[FD_REMOTE_FILES][65]) {
    static const char *const names[] = {"config.json", "vocab.json", "merges.txt",
                                        "model.safetensors"};
    fd_config config;
    char root[160], path[256];
    (void)snprintf(root, sizeof root, "%s/root", folder);
    assert_true(fd_checkpoint_copy_tokenizer("assets/model", root, NULL));
    assert_true(fd_config_load("assets/model", &config, NULL));
    config = (fd_config){2, 2, 16, 12, config.vocab, FD_GPT2_EPSILON};
    float *values = calloc(fd_parameter_total(&config), sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < fd_parameter_total(&config); i++)
        values[i] = (float)(i * 7919 % 1000) / 500.0f - 1.0f;
    assert_true(fd_checkpoint_save(root, &config, values, NULL));
    free(values);
    *remote = (fd_remote){"tiny", "some/body", "0123", fd_parameter_total(&config), {{0}}};
    for (size_t i = 0; i < FD_REMOTE_FILES; i++) {
        fd_digest digest;
        (void)snprintf(path, sizeof path, "%s/%s", root, names[i]);
        assert_true(fd_digest_of_file(path, &digest, NULL));
        fd_digest_hex(&digest, sums[i]);
        remote->files[i] = (fd_remote_file){names[i], (uint64_t)size_of(path), sums[i], 0};
    }
}

static bool install(const char *how, const fd_remote *remote, bool keep_float, fd_error *error) {
    errand e = {.options = {.attempts = 3, .wait_ms = 1, .stall_s = 20}};
    send_to(&e, "http", how);
    return fd_install(&e.options, remote, models, keep_float, error);
}

static size_t entries_in_models(void) {
    char list[256], text[32] = "";
    (void)snprintf(list, sizeof list, "ls -A %s | wc -l", models);
    FILE *pipe = popen(list, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(text, sizeof text, pipe));
    pclose(pipe);
    return (size_t)strtoul(text, NULL, 10);
}

static void a_model_is_there_whole_or_not_at_all(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], small[200], whole[200];
    fd_error error = {FD_OK, ""};
    uint64_t bytes = 0;
    publish(&remote, sums);
    (void)snprintf(small, sizeof small, "%s/tiny", models);
    (void)snprintf(whole, sizeof whole, "%s/tiny-f32", models);
    assert_false(install("wrong", &remote, false, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_false(fd_folder_exists(small));
    assert_false(install("always-cut=5", &remote, false, &error));
    assert_false(fd_folder_exists(small));
    assert_true(fd_install_begun(&remote, models) > 0);
    if (!install("cut=90", &remote, false, &error))
        fail_msg("%s", error.message);
    assert_true(fd_catalogue_verify(small, NULL));
    assert_int_equal(entries_in_models(), 1);
    assert_int_equal(fd_install_begun(&remote, models), 0);
    assert_true(install("status=404", &remote, false, &error)); /* is here */
    assert_true(install("plain", &remote, true, &error));
    assert_true(fd_catalogue_verify(whole, NULL));
    assert_int_equal(entries_in_models(), 2);
    assert_true(fd_folder_bytes(small) < fd_folder_bytes(whole));
    assert_true(fd_install_remove(models, "tiny", &bytes, NULL));
    assert_true(bytes > 0);
    assert_true(fd_install_remove(models, "tiny-f32", &bytes, NULL));
    assert_int_equal(entries_in_models(), 0);
    assert_false(fd_install_remove(models, "tiny", &bytes, &error));
    assert_int_equal(error.status, FD_FAILED);
}

static void a_damaged_model_is_noticed(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], small[200], file[256];
    fd_error error = {FD_OK, ""};
    uint64_t bytes;
    publish(&remote, sums);
    assert_true(install("plain", &remote, false, &error));
    (void)snprintf(small, sizeof small, "%s/tiny", models);
    (void)snprintf(file, sizeof file, "%s/model.safetensors", small);
    int handle = open(file, O_RDWR);
    char byte;
    assert_int_equal(pread(handle, &byte, 1, 20000), 1);
    byte ^= 1;
    assert_int_equal(pwrite(handle, &byte, 1, 20000), 1);
    close(handle);
    assert_false(fd_catalogue_verify(small, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "model.safetensors is damaged"));
    assert_true(fd_install_remove(models, "tiny", &bytes, NULL));
}

static void two_do_not_fetch_the_same(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], on_its_way[200];
    fd_error error = {FD_OK, ""};
    uint64_t bytes;
    publish(&remote, sums);
    (void)snprintf(on_its_way, sizeof on_its_way, "%s/.tiny.fetch", models);
    assert_true(fd_folder_make(on_its_way, NULL));
    int other = open(on_its_way, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_false(install("plain", &remote, false, &error));
    assert_non_null(strstr(error.message, "Another"));
    close(other);
    assert_true(install("plain", &remote, false, &error));
    assert_true(fd_install_remove(models, "tiny", &bytes, NULL));
}

static void names_are_names(void **state) {
    (void)state;
    static const char *const good[] = {"gpt2", "gpt2-f32", "a", "My_model.2"};
    static const char *const bad[] = {"", ".", "..", ".gpt2.fetch", "a/b", "-x", "a b", "a\n", "ä"};
    fd_error error = {FD_OK, ""};
    uint64_t bytes;
    char longest[66];
    memset(longest, 'a', sizeof longest);
    longest[65] = '\0';
    assert_false(fd_catalogue_is_name(longest));
    longest[64] = '\0';
    assert_true(fd_catalogue_is_name(longest));
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(fd_catalogue_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(fd_catalogue_is_name(bad[i]));
        assert_false(fd_install_remove(models, bad[i], &bytes, &error));
        assert_int_equal(error.status, FD_USAGE);
    }
    assert_false(fd_install_remove(models, FD_EMBEDDED, &bytes, &error));
    assert_int_equal(error.status, FD_USAGE);
}

static void room_is_looked_for_first(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], before[512], after[512];
    fd_error error = {FD_OK, ""};
    publish(&remote, sums);
    assert_true(fd_folder_make(models, NULL));
    small_disk(models, "size=8m");
    last_request(before);
    bool ok = install("plain", &remote, false, &error);
    last_request(after);
    assert_int_equal(umount(models), 0);
    assert_false(ok);
    assert_non_null(strstr(error.message, "MB left; nothing was fetched"));
    assert_string_equal(before, after);
}

/* --- while somebody plays --- */

static fd_background_state wait_for(fd_background *fetch, char *words, size_t size) {
    const struct timespec moment = {0, 5000000L};
    fd_background_state state = FD_FETCHING;
    for (int i = 0; i < 2000 && (state == FD_FETCHING || state == FD_FINISHING); i++) {
        state = fd_background_look(fetch, words, size);
        (void)nanosleep(&moment, NULL);
    }
    return state;
}

static void a_model_comes_in_the_background(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], words[640];
    errand e = {.options = {.attempts = 3, .wait_ms = 1, .stall_s = 20}};
    fd_error why;
    uint64_t bytes;
    publish(&remote, sums);
    send_to(&e, "http", "pace=4000");
    fd_background *fetch = fd_background_start(&e.options, &remote, models, NULL);
    assert_non_null(fetch);
    assert_int_equal(fd_background_look(fetch, words, sizeof words), FD_FETCHING);
    assert_non_null(strstr(words, "tiny"));
    assert_int_equal(fd_background_end(fetch, &why), FD_NOT_FETCHED);
    assert_int_equal(why.status, FD_CANCELLED);
    fetch = fd_background_start(&e.options, &remote, models, NULL);
    assert_int_equal(wait_for(fetch, words, sizeof words), FD_FETCHED);
    assert_string_equal(words, "tiny is here; it tells your next story.");
    assert_int_equal(fd_background_end(fetch, &why), FD_FETCHED);
    assert_true(fd_install_remove(models, "tiny", &bytes, NULL));
    send_to(&e, "http", "wrong");
    fetch = fd_background_start(&e.options, &remote, models, NULL);
    assert_int_equal(wait_for(fetch, words, sizeof words), FD_NOT_FETCHED);
    assert_non_null(strstr(words, "tiny is not fetched: "));
    assert_int_equal(fd_background_end(fetch, &why), FD_NOT_FETCHED);
    assert_int_equal(why.status, FD_BAD_FILE);
}

static void the_catalogue_is_sound(void **state) {
    (void)state;
    size_t published = 0;
    for (size_t i = 0; fd_catalogue_name(i); i++) {
        const fd_remote *remote = fd_catalogue_remote(fd_catalogue_name(i));
        published += remote != NULL;
        for (size_t f = 0; remote && f < FD_REMOTE_FILES; f++) {
            assert_int_equal(strlen(remote->files[f].sha256), 64);
            assert_int_equal(strspn(remote->files[f].sha256, "0123456789abcdef"), 64);
            assert_true(remote->files[f].size > remote->files[f].slack);
        }
        if (remote) {
            assert_int_equal(strlen(remote->revision), 40);
            assert_true(remote->files[3].size > 4 * remote->parameters);
            assert_true(remote->files[3].size < 5 * remote->parameters);
        }
    }
    assert_int_equal(published, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_arrives),
        cmocka_unit_test(what_is_here_and_right_is_not_fetched),
        cmocka_unit_test(what_is_here_and_wrong_is_fetched_again),
        cmocka_unit_test(a_cut_anywhere_is_mended),
        cmocka_unit_test(cuts_without_end_are_given_up),
        cmocka_unit_test(a_stall_is_given_up_and_mended),
        cmocka_unit_test(ranges_that_do_not_fit_begin_afresh),
        cmocka_unit_test(another_version_is_no_continuation),
        cmocka_unit_test(wrong_lengths_are_refused_early),
        cmocka_unit_test(a_size_may_be_known_nearly),
        cmocka_unit_test(wrong_bytes_are_thrown_away),
        cmocka_unit_test(statuses_mean_something),
        cmocka_unit_test(retry_after_is_obeyed),
        cmocka_unit_test(a_web_page_is_no_model),
        cmocka_unit_test(redirects_lead_to_https_only),
        cmocka_unit_test(certificates_are_verified),
        cmocka_unit_test(only_this_machine_may_speak_http),
        cmocka_unit_test(a_proxy_is_asked),
        cmocka_unit_test(nobody_there_is_an_error),
        cmocka_unit_test(progress_is_told_and_may_stop),
        cmocka_unit_test(a_killed_fetch_goes_on),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(a_model_is_there_whole_or_not_at_all),
        cmocka_unit_test(a_damaged_model_is_noticed),
        cmocka_unit_test(two_do_not_fetch_the_same),
        cmocka_unit_test(a_model_comes_in_the_background),
        cmocka_unit_test(names_are_names),
        cmocka_unit_test(room_is_looked_for_first),
        cmocka_unit_test(the_catalogue_is_sound),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
