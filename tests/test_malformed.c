/* Files that were damaged: every one is loaded or refused with FD_BAD_FILE and a sentence; none
 * crashes the program, reads past its end or makes it allocate without measure. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/checkpoint.h"
#include "model/file.h"
#include "model/gpt2.h"
#include "model/quantize.h"
#include "model/random.h"
#include "model/tokenizer_train.h"
#include "model/train.h"
#include "story/carry.h"

static const fd_config shape = {1, 2, 16, 8, 260, FD_GPT2_EPSILON};
static char folder[64], floats[96], small[96];

static int set_up(void **state) {
    (void)state;
    static const char text[] = "the well keeps what the well was told";
    char make[256];
    float *parameters = calloc(fd_parameter_total(&shape), sizeof(float));
    (void)snprintf(folder, sizeof folder, "/tmp/feverdream-malformed.%ld", (long)getpid());
    (void)snprintf(floats, sizeof floats, "%s/f32", folder);
    (void)snprintf(small, sizeof small, "%s/i8", folder);
    (void)snprintf(make, sizeof make, "mkdir -p %s %s", floats, small);
    if (!parameters || system(make) != 0)
        return 1;
    fd_train_fresh(&shape, 5, parameters);
    bool ok = fd_checkpoint_save(floats, &shape, parameters, NULL) &&
              fd_tokenizer_train(text, strlen(text), 258, floats, NULL) &&
              fd_quantize(floats, small, NULL);
    free(parameters);
    return !ok;
}

static int tear_down(void **state) {
    (void)state;
    char clear[128];
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    return system(clear);
}

/* Damages copy number `i` of the bytes: a flipped byte, one replaced, or the end cut off. The first
 * 2000 bytes, where the structure is, are hit most. */
static size_t damage(char *bytes, size_t length, uint64_t i) {
    fd_random_key key = {99, i};
    size_t reach = fd_random_below(key, 0, 4) && length > 2000 ? 2000 : length;
    size_t at = (size_t)fd_random_below(key, 1, reach);
    switch (fd_random_below(key, 2, 3)) {
    case 0:
        bytes[at] = (char)(bytes[at] ^ (1 << fd_random_below(key, 3, 8)));
        return length;
    case 1:
        bytes[at] = "0123456789{}[]\",:-\n \\\xff"[fd_random_below(key, 3, 22)];
        return length;
    default:
        return at;
    }
}

/* Loads the file damaged in `times` ways; says how many were refused. */
static size_t try_damaged(const char *path, size_t times, void (*load)(fd_error *)) {
    fd_buffer whole = FD_BUFFER(1 << 24);
    size_t refused = 0;
    assert_true(fd_file_read(path, &whole, NULL));
    for (uint64_t i = 0; i < times; i++) {
        char *copy = malloc(whole.length + 1);
        assert_non_null(copy);
        memcpy(copy, whole.data, whole.length);
        size_t length = damage(copy, whole.length, i);
        assert_true(fd_file_replace(path, copy, length, NULL));
        fd_error error = {FD_OK, ""};
        load(&error);
        if (error.status != FD_OK) {
            refused++;
            assert_int_equal(error.status, FD_BAD_FILE);
            assert_true(strlen(error.message) > 10);
        }
        free(copy);
    }
    assert_true(fd_file_replace(path, whole.data, whole.length, NULL));
    fd_buffer_free(&whole);
    return refused;
}

static void load_small(fd_error *error) {
    fd_model_free(fd_model_load(small, NULL, error));
}

static void load_floats(fd_error *error) {
    fd_config config;
    free(fd_checkpoint_load(floats, &config, error));
}

static void damaged_models_are_refused(void **state) {
    (void)state;
    static const char *const files[] = {"model.safetensors", "config.json", "vocab.json",
                                        "merges.txt"};
    char path[160];
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", small, files[i]);
        assert_true(try_damaged(path, 250, load_small) > 50);
    }
    (void)snprintf(path, sizeof path, "%s/model.safetensors", floats);
    assert_true(try_damaged(path, 250, load_floats) > 50);
    fd_error error = {FD_OK, ""};
    load_small(&error);
    assert_int_equal(error.status, FD_OK);
}

static char twee[128];

static void load_story(fd_error *error) {
    fd_story_free(fd_story_load(twee, error));
}

static void damaged_stories_are_refused(void **state) {
    (void)state;
    static const char text[] =
        ":: StoryData\n{\"ifid\":\"A\",\"start\":\"Gate\"}\n\n"
        ":: Gate [first]\n{ask name \"Who?\" \"Nobody\"}{set lamp += 1}{$name}, "
        "{~2:here|1:there}.\n"
        "{?lamp > 2 and not visited(Cellar): {>Once|Twice} | {%A|B}{&C|D}{!E|F}}\n\n"
        "{dream 20 \"You {~heard|saw}\": Nothing.}\n\n"
        "[[Down->{~Cellar|Gate}]]\n[[Gate<-Stay]]\n{type Call->Cellar}\n\n"
        ":: Cellar [ending]\n\\{$typed}\\}? {$typed}\n";
    (void)snprintf(twee, sizeof twee, "%s/story.twee", folder);
    assert_true(fd_file_replace(twee, text, strlen(text), NULL));
    fd_error error = {FD_OK, ""};
    load_story(&error);
    assert_int_equal(error.status, FD_OK);
    assert_true(try_damaged(twee, 2000, load_story) > 300);
}

static fd_story *story;
static char save[128];

static void load_save(fd_error *error) {
    fd_path path;
    bool torn;
    if (fd_path_open(&path, story, save, false, &torn, error))
        fd_path_free(&path);
}

/* As one of another edition of its story. */
static void carry_save(fd_error *error) {
    const fd_narrator narrator = {story, NULL, "seed", 1, FD_DREAMING, 1, NULL, NULL};
    fd_path old = FD_PATH, path = FD_PATH;
    fd_parting parting;
    bool torn;
    fd_story *names = fd_carry_names(save, error);
    path.story = story;
    if (names && fd_path_open(&old, names, save, false, &torn, error) &&
        fd_carry(&old, &narrator, &path, &parting, error))
        assert_int_equal(parting.turns, path.count);
    fd_path_free(&old);
    fd_path_free(&path);
    fd_story_free(names);
}

static void damaged_saves_are_refused(void **state) {
    (void)state;
    static const char text[] =
        ":: Start\n{ask name \"Who?\" \"Nobody\"}Here, {$name}.\n[[On->Next]]\n"
        "\n:: Next\nThere.\n[[Back->Start]]\n";
    story = fd_story_parse("s.twee", text, strlen(text), NULL);
    assert_non_null(story);
    char *words[] = {"s.twee", story->hash, "S", "seed", "", ""}, answer[] = "Ada";
    const fd_path_header header = {words[0], words[1], words[2], words[3],
                                   words[4], words[5], NULL};
    const fd_narrator narrator = {story, NULL, "seed", 1, FD_DREAMING, 1, NULL, NULL};
    const fd_action actions[] = {{FD_ACT_START, 0, NULL},
                                 {FD_ACT_ANSWER, 0, answer},
                                 {FD_ACT_CHOOSE, 0, NULL},
                                 {FD_ACT_CHOOSE, 0, NULL}};
    fd_path path = FD_PATH;
    (void)snprintf(save, sizeof save, "%s/save.jsonl", folder);
    assert_true(fd_path_set_header(&path, &header, NULL));
    assert_true(fd_path_create(&path, story, save, NULL));
    for (size_t i = 0; i < 4; i++) {
        fd_situation situation;
        assert_true(fd_situation_of(&path, &situation, NULL));
        fd_turn *turn = fd_narrator_tell(&narrator, &situation, &actions[i], 0, NULL, NULL);
        assert_true(turn && fd_path_add(&path, turn, NULL));
        fd_situation_free(&situation);
    }
    fd_path_free(&path);
    assert_true(try_damaged(save, 2000, load_save) > 300);
    assert_true(try_damaged(save, 2000, carry_save) > 300);
    fd_error error = {FD_OK, ""};
    load_save(&error);
    carry_save(&error);
    assert_int_equal(error.status, FD_OK);
    fd_story_free(story);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_models_are_refused),
        cmocka_unit_test(damaged_stories_are_refused),
        cmocka_unit_test(damaged_saves_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
