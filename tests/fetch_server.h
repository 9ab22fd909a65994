/* fetch_server.h - what the tests of fetching share: the server (server.c), run beside the test. */
#ifndef FD_TESTS_FETCH_SERVER_H
#define FD_TESTS_FETCH_SERVER_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { HOST_SIZE = 512 };

static char folder[96], certificate[160]; /* all that a test writes; the server's certificate */
static pid_t server;
static int server_input, port, secure_port;
static unsigned keys; /* given out so far */

static inline void start_server(void) {
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
static inline void last_request(char line[512]) {
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

static inline int set_up(void **state) {
    (void)state;
    char path[160];
    /* Where syncing costs nothing, if there is such a place. */
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(folder, sizeof folder, "%s/feverdream-fetch.%ld", base, (long)getpid());
    (void)snprintf(certificate, sizeof certificate, "%s/certificate.pem", folder);
    (void)snprintf(path, sizeof path, "%s/root", folder);
    if (mkdir(folder, 0700) != 0 || mkdir(path, 0700) != 0 ||
        setenv("CURL_CA_BUNDLE", certificate, 1) != 0 || unsetenv("https_proxy") != 0 ||
        unsetenv("HTTPS_PROXY") != 0 || unsetenv("all_proxy") != 0 || unsetenv("ALL_PROXY") != 0)
        return -1;
    start_server();
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    char clear[128];
    close(server_input);
    (void)waitpid(server, NULL, 0);
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    return system(clear);
}

/* Where `how` is told to the server, under a key of its own. */
static inline void send_to(char host[HOST_SIZE], const char *scheme, const char *how) {
    (void)snprintf(host, HOST_SIZE, "%s://127.0.0.1:%d/%u/%s", scheme,
                   strcmp(scheme, "https") == 0 ? secure_port : port, ++keys, how);
}

static inline long long size_of(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 ? (long long)about.st_size : -1;
}

/* A small file system that fills; skips the test when none can be had. */
static inline void small_disk(const char *path, const char *options) {
    if (mount("none", path, "tmpfs", 0, options) != 0) {
        print_message("skipped: the full disk (no file system can be mounted)\n");
        skip();
    }
}

#endif
