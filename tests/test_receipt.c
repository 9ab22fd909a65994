/* A receipt spares reading the weights, and is not believed of other weights. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/file.h"
#include "model/receipt.h"

/* printf abc | sha256sum, and of abd */
#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_ABD "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9"

static char folder[64], weights[96], receipt[128];

static int set_up(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/feverdream-receipt.%ld", (long)getpid());
    (void)snprintf(weights, sizeof weights, "%s/model.safetensors", folder);
    (void)snprintf(receipt, sizeof receipt, "%s.sum", weights);
    return !fd_folder_make(folder, NULL) || !fd_file_replace(weights, "abc", 3, NULL);
}

static int tear_down(void **state) {
    (void)state;
    return !fd_folder_remove(folder, NULL);
}

static void expect_sum(const char *wanted) {
    char hex[65];
    assert_true(fd_receipt_sum(folder, hex, NULL));
    assert_string_equal(hex, wanted);
}

/* Other bytes, `later` seconds after. */
static void change(const char *bytes, time_t later) {
    struct stat about;
    assert_int_equal(stat(weights, &about), 0);
    assert_true(fd_file_replace(weights, bytes, strlen(bytes), NULL));
    const struct timespec times[2] = {about.st_atim,
                                      {about.st_mtim.tv_sec + later, about.st_mtim.tv_nsec}};
    assert_int_equal(utimensat(AT_FDCWD, weights, times, 0), 0);
}

static void a_receipt_is_believed_of_its_weights_alone(void **state) {
    (void)state;
    expect_sum(OF_ABC); /* computed: there is none */
    assert_true(fd_receipt_write(folder, OF_ABC, NULL));
    change("abd", 0);
    expect_sum(OF_ABC); /* not read */
    change("abd", 1);
    expect_sum(OF_ABD);
    assert_true(fd_receipt_write(folder, OF_ABD, NULL));
    change("abcd", 0);
    expect_sum("88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589");
}

static void a_spoilt_receipt_is_none(void **state) {
    (void)state;
    fd_buffer text = FD_BUFFER(256);
    change("abc", 0);
    assert_true(fd_receipt_write(folder, OF_ABD, NULL));
    expect_sum(OF_ABD); /* believed, though wrong */
    assert_true(fd_file_read(receipt, &text, NULL));
    for (size_t length = 0; length < text.length; length++) {
        assert_true(fd_file_replace(receipt, text.data, length, NULL));
        expect_sum(OF_ABC);
    }
    text.data[text.length - 2] = '\n';
    assert_true(fd_file_replace(receipt, text.data, text.length, NULL));
    expect_sum(OF_ABC);
    fd_buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_is_believed_of_its_weights_alone),
        cmocka_unit_test(a_spoilt_receipt_is_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
