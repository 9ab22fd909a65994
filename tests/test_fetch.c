/* Fetching from a server that misbehaves: what arrives is right, or has no name. */
#define _GNU_SOURCE /* mount, pipe2 */
#include "tests/fetch_server.h"

#include <signal.h>
#include <time.h>

#include "model/clock.h"
#include "model/digest.h"
#include "model/fetch.h"
#include "model/file.h"
#include "tests/server.h"

enum { SIZE = 300 };

/* --- a file to fetch --- */

typedef struct errand {
    char directory[160], part[192], name[192], sum[65], host[HOST_SIZE];
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

/* A made-up file of `size` bytes, to be fetched from a server that behaves as `how` says into an
 * empty directory. */
static errand *new_errand(size_t size, const char *how) {
    static errand e;
    char told[256];
    e = (errand){.options = {.attempts = 3, .wait_ms = 1, .stall_s = 20}};
    (void)snprintf(told, sizeof told, "size=%zu%s%s", size, how[0] ? "," : "", how);
    e.options.host = e.host;
    send_to(e.host, "http", told);
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
    send_to(e->host, "http", "size=300,status=416,times=1");
    assert_fetched(e);
}

static void another_version_is_no_continuation(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "seed=5,etag=old,always-cut=60");
    e->options.attempts = 1;
    assert_refused(e, FD_FAILED, "1 attempts");
    assert_int_equal(size_of(e->part), 60);
    send_to(e->host, "http", "size=300,etag=new");
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
    send_to(e->host, "http", "size=7000,no-ranges"); /* does not cost what is here */
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
    send_to(e->host, "http", "html");
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
    send_to(e->host, "https", "size=300,to=http");
    assert_refused(e, FD_FAILED, "not https");
    send_to(e->host, "https", "size=300,to=relative");
    assert_fetched(e);
}

static void certificates_are_verified(void **state) {
    (void)state;
    errand *e = new_errand(SIZE, "");
    send_to(e->host, "https", "size=300");
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
        send_to(e->host, "http", "size=2000000");
        assert_fetched(e);
        assert_int_equal(unlink(e->name), 0);
    }
    assert_true(kept >= MOMENTS - 2); /* the first and the last may lie outside the transfer */
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
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
