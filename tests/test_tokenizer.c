#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
/* The tokenizer against ids that GPT-2's own gives, on GPT-2's vocabulary where it is at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/file.h"
#include "model/pretoken.h"
#include "model/random.h"
#include "model/tokenizer.h"
#include "model/tokenizer_train.h"

#define GPT2 "../shared/gpt2"

static int load(void **state) {
    *state = access(GPT2 "/vocab.json", R_OK) == 0 ? fd_tokenizer_load(GPT2, NULL) : NULL;
    return 0;
}

static int unload(void **state) {
    fd_tokenizer_free(*state);
    return 0;
}

static void expect(const fd_tokenizer *tokenizer, const char *text, size_t count,
                   const int32_t *ids) {
    fd_tokens tokens = {0};
    assert_true(fd_tokenizer_encode(tokenizer, text, strlen(text), true, &tokens, NULL));
    assert_int_equal(tokens.count, count);
    assert_memory_equal(tokens.ids, ids, count * sizeof *ids);
    fd_tokens_free(&tokens);
}

static void known_texts_give_known_ids(void **state) {
    if (!*state)
        skip();
    expect(*state, "Hello world", 2, (const int32_t[]){15496, 995});
    expect(*state, "Hello, my dog is cute", 6, (const int32_t[]){15496, 11, 616, 3290, 318, 13779});
    expect(*state, " the", 1, (const int32_t[]){262});
    expect(*state, "\n", 1, (const int32_t[]){198});
    expect(*state, "a<|endoftext|>", 2, (const int32_t[]){64, 50256});
    assert_int_equal(fd_tokenizer_size(*state), 50257);
}

static void any_bytes_come_back(void **state) {
    if (!*state)
        skip();
    char bytes[4096];
    uint64_t random = 1;
    for (size_t round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (char)(round == 0 ? i : random >> 56);
        }
        fd_tokens tokens = {0};
        fd_buffer text = FD_BUFFER(1 << 20);
        assert_true(fd_tokenizer_encode(*state, bytes, sizeof bytes, false, &tokens, NULL));
        assert_true(fd_tokenizer_decode(*state, tokens.ids, tokens.count, &text, NULL));
        assert_int_equal(text.length, sizeof bytes);
        assert_memory_equal(text.data, bytes, sizeof bytes);
        fd_tokens_free(&tokens);
        fd_buffer_free(&text);
    }
}

static void an_id_out_of_range_is_refused(void **state) {
    if (!*state)
        skip();
    fd_buffer text = FD_BUFFER(100);
    fd_error error = {FD_OK, ""};
    assert_false(fd_tokenizer_decode(*state, (const int32_t[]){1, 50257}, 2, &text, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    fd_buffer_free(&text);
}

/* Splits the text and compares the pieces, joined by '|'. */
static void expect_split(const char *text, const char *expected) {
    fd_buffer split = FD_BUFFER(1000);
    for (size_t at = 0, length = strlen(text); at < length;) {
        size_t wide = fd_pretoken_end(text + at, length - at);
        assert_true(wide > 0 && wide <= length - at);
        assert_true(fd_buffer_addf(&split, NULL, "%s%.*s", at ? "|" : "", (int)wide, text + at));
        at += wide;
    }
    assert_string_equal(fd_buffer_text(&split), expected);
    fd_buffer_free(&split);
}

static void text_splits_as_the_expression_says(void **state) {
    (void)state;
    expect_split("You don't, we'll", "You| don|'t|,| we|'ll");
    expect_split("a  b", "a| | b");
    expect_split("a\n\nb", "a|\n|\n|b");
    expect_split("a \n", "a| \n");
    expect_split("room 13b...", "room| 13|b|...");
    expect_split("na\xc3\xafve caf\xc3\xa9", "na\xc3\xafve| caf\xc3\xa9");
    expect_split("a\xc2\xa0\xc2\xa0"
                 "b",
                 "a|\xc2\xa0|\xc2\xa0|b");
    expect_split(" ", " ");
}

#define EMBEDDED "assets/model"

/* Byte-pair encoding as it is defined: each merge of the file in turn, wherever it applies. A word
 * of small letters is kept as its pieces, each with a space after it. */
static void join_by_definition(const fd_buffer *merges, char *pieces) {
    for (const char *line = strchr(merges->data, '\n') + 1; *line;) {
        const char *end = strchr(line, '\n');
        char pair[64];
        int length = snprintf(pair, sizeof pair, " %.*s ", (int)(end - line), line);
        for (char *at = pieces; (at = strstr(at, pair)) != NULL;) {
            char *space = at + 1 + strcspn(at + 1, " ");
            memmove(space, space + 1, strlen(space));
            at += length - 3; /* the space after the new piece may begin the next pair */
        }
        line = end + 1;
    }
}

static void words_are_joined_by_the_definition(void **state) {
    (void)state;
    fd_tokenizer *tokenizer = fd_tokenizer_load(EMBEDDED, NULL);
    fd_buffer merges = FD_BUFFER(1 << 20);
    assert_non_null(tokenizer);
    assert_true(fd_file_read(EMBEDDED "/merges.txt", &merges, NULL));
    for (uint64_t round = 0; round < 60; round++) {
        char word[41] = "", pieces[100] = " ", seen[100] = " ";
        size_t length = 1 + (size_t)fd_random_below((fd_random_key){7, round}, 99, 40);
        for (size_t i = 0; i < length; i++) {
            word[i] = "aehinorstwel"[fd_random_below((fd_random_key){7, round}, i, 12)];
            pieces[2 * i + 1] = word[i];
            pieces[2 * i + 2] = ' ';
        }
        join_by_definition(&merges, pieces);
        fd_tokens tokens = {0};
        assert_true(fd_tokenizer_encode(tokenizer, word, length, false, &tokens, NULL));
        for (size_t i = 0, at = 1; i < tokens.count; i++) {
            size_t wide;
            const char *bytes = fd_tokenizer_bytes(tokenizer, tokens.ids[i], &wide);
            at += (size_t)snprintf(seen + at, sizeof seen - at, "%.*s ", (int)wide, bytes);
        }
        assert_string_equal(seen, pieces);
        fd_tokens_free(&tokens);
    }
    fd_buffer_free(&merges);
    fd_tokenizer_free(tokenizer);
}

/* Words met before are copied: a text is encoded as its words are alone. And a word may be long. */
static void words_do_not_disturb_each_other_however_long(void **state) {
    (void)state;
    enum { LONG = 1 << 20 };
    fd_tokenizer *tokenizer = fd_tokenizer_load(EMBEDDED, NULL);
    fd_buffer text = FD_BUFFER(1 << 20);
    assert_non_null(tokenizer);
    assert_true(fd_file_read("assets/stories/the-well-house.twee", &text, NULL));
    fd_tokens whole = {0}, alone = {0};
    assert_true(fd_tokenizer_encode(tokenizer, text.data, text.length, false, &whole, NULL));
    for (size_t at = 0; at < text.length;) {
        size_t wide = fd_pretoken_end(text.data + at, text.length - at);
        assert_true(fd_tokenizer_encode(tokenizer, text.data + at, wide, false, &alone, NULL));
        at += wide;
    }
    assert_int_equal(whole.count, alone.count);
    assert_memory_equal(whole.ids, alone.ids, whole.count * sizeof *whole.ids);
    char *letters = malloc(LONG);
    assert_non_null(letters);
    for (size_t i = 0; i < LONG; i++)
        letters[i] = (char)('a' + fd_random_below((fd_random_key){8, 8}, i, 26));
    fd_buffer back = FD_BUFFER(LONG);
    alone.count = 0;
    assert_true(fd_tokenizer_encode(tokenizer, letters, LONG, false, &alone, NULL));
    assert_true(fd_tokenizer_decode(tokenizer, alone.ids, alone.count, &back, NULL));
    assert_true(alone.count < LONG && back.length == LONG);
    assert_memory_equal(back.data, letters, LONG);
    free(letters);
    fd_buffer_free(&back);
    fd_buffer_free(&text);
    fd_tokens_free(&whole);
    fd_tokens_free(&alone);
    fd_tokenizer_free(tokenizer);
}

/* A change to the embedded vocabulary, and what the message must say. */
static void a_bad_vocabulary_is_refused_by_place(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *said;
    } changes[] = {{"{\"!\":", "[\"!\":", "expected a JSON object"},
                   {"\"!\"", "\" \"", "at byte 2."},
                   {"\"!\"", "\"\\u0\"", "at byte 2."},
                   {":0,", ":00,", "at byte 6."},
                   {":0,", ":-1,", "expected an id at byte 5."},
                   {":0,", ":4096,", "should be 0 to 4095"},
                   {":0,", ":1,", "id 1 stands twice"},
                   {":0,", ":[0],", "expected an id"},
                   {":0,", ":0;", "expected a comma"},
                   {"}", "} x", "expected the file's end"},
                   {"\"!\"", "\"\"", "expected the rest of a piece"}};
    char folder[] = "build/vocabulary.XXXXXX", path[64];
    fd_buffer text = FD_BUFFER(1 << 20);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/vocab.json", folder);
    assert_true(fd_file_read(EMBEDDED "/vocab.json", &text, NULL));
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        fd_buffer changed = FD_BUFFER(1 << 20);
        const char *at = changes[i].from[0] == '}' ? strrchr(text.data, '}')
                                                   : strstr(text.data, changes[i].from);
        assert_non_null(at);
        assert_true(fd_buffer_addf(&changed, NULL, "%.*s%s%s", (int)(at - text.data), text.data,
                                   changes[i].to, at + strlen(changes[i].from)));
        assert_true(fd_file_replace(path, changed.data, changed.length, NULL));
        fd_error error = {FD_OK, ""};
        assert_null(fd_tokenizer_load(folder, &error));
        assert_int_equal(error.status, FD_BAD_FILE);
        if (!strstr(error.message, changes[i].said))
            fail_msg("\"%s\" does not say \"%s\"", error.message, changes[i].said);
        fd_buffer_free(&changed);
    }
    fd_buffer_free(&text);
    assert_int_equal(remove(path) | rmdir(folder), 0);
}

static void a_vocabulary_is_learned_from_text(void **state) {
    (void)state;
    const char *text = "the well \"the\" well\\<|endoftext|>the well \xc3\xa9 the";
    fd_error error = {FD_OK, ""};
    char folder[] = "build/vocabulary.XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_true(fd_tokenizer_train(text, strlen(text), 262, folder, &error));
    fd_tokenizer *tokenizer = fd_tokenizer_load(folder, &error);
    assert_non_null(tokenizer);
    assert_int_equal(fd_tokenizer_size(tokenizer), 262);
    assert_int_equal(fd_tokenizer_end_of_text(tokenizer), 261);
    fd_tokens tokens = {0};
    fd_buffer back = FD_BUFFER(1000);
    assert_true(fd_tokenizer_encode(tokenizer, text, strlen(text), true, &tokens, &error));
    assert_true(tokens.count < strlen(text) - 20);
    assert_true(fd_tokenizer_decode(tokenizer, tokens.ids, tokens.count, &back, &error));
    assert_string_equal(fd_buffer_text(&back), text);
    /* "t","h" and "h","e" are the most frequent pairs, equally so: one of them comes first. */
    size_t length;
    const char *first = fd_tokenizer_bytes(tokenizer, 256, &length);
    assert_true(length == 2 && (memcmp(first, "he", 2) == 0 || memcmp(first, "th", 2) == 0));
    assert_false(fd_tokenizer_train("ab", 2, 300, folder, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    fd_tokens_free(&tokens);
    fd_buffer_free(&back);
    fd_tokenizer_free(tokenizer);
    char clear[64];
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    assert_int_equal(system(clear), 0);
}

static void a_missing_vocabulary_is_named(void **state) {
    (void)state;
    fd_error error = {FD_OK, ""};
    assert_null(fd_tokenizer_load("/nonexistent", &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "/nonexistent/vocab.json"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_texts_give_known_ids, load, unload),
        cmocka_unit_test_setup_teardown(any_bytes_come_back, load, unload),
        cmocka_unit_test_setup_teardown(an_id_out_of_range_is_refused, load, unload),
        cmocka_unit_test(text_splits_as_the_expression_says),
        cmocka_unit_test(words_are_joined_by_the_definition),
        cmocka_unit_test(words_do_not_disturb_each_other_however_long),
        cmocka_unit_test(a_bad_vocabulary_is_refused_by_place),
        cmocka_unit_test(a_vocabulary_is_learned_from_text),
        cmocka_unit_test(a_missing_vocabulary_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
