/* Visits woven: what chance draws, what is counted, what the player is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story/weave.h"

#define REST "\n:: A\n[[B]]\n:: B [ending]\nEnd.\n:: Unseen\n"

/* ---- state ---- */

static void a_state_holds_what_was_set(void **state) {
    (void)state;
    fd_state a = {0}, b;
    assert_null(fd_state_find(&a, "x"));
    assert_int_equal(fd_state_number(&a, "x"), 0);
    for (int64_t i = 0; i < 100; i++) {
        char name[] = {(char)('a' + i * 37 % 26), (char)('a' + i * 7 % 26), '\0'};
        assert_true(fd_state_set_number(&a, name, i, NULL));
        assert_int_equal(fd_state_number(&a, name), i);
    }
    for (size_t i = 1; i < a.count; i++)
        assert_true(strcmp(a.values[i - 1].name, a.values[i].name) < 0);
    assert_true(fd_state_set_text(&a, "aa", "one", NULL));
    assert_true(fd_state_copy(&a, &b, NULL));
    assert_true(fd_state_set_text(&a, "aa", "two", NULL));
    assert_string_equal(fd_state_find(&a, "aa")->text, "two");
    assert_string_equal(fd_state_find(&b, "aa")->text, "one");
    assert_int_equal(fd_state_number(&b, "aa"), 0);
    assert_true(fd_state_set_number(&b, "aa", INT64_MAX, NULL));
    assert_null(fd_state_find(&b, "aa")->text);
    assert_true(fd_state_number(&b, "aa") == FD_STATE_MOST);
    assert_true(fd_state_set_number(&b, "aa", INT64_MIN, NULL));
    assert_true(fd_state_number(&b, "aa") == -FD_STATE_MOST);
    fd_state_free(&a);
    fd_state_free(&b);
    assert_int_equal(a.count, 0);
}

static void a_state_is_always_written_the_same(void **state) {
    (void)state;
    const char *json =
        "{\"#A/3\":2,\"Z\":-9007199254740991,\"lamp\":1,\"name\":\"A\\\"d\\\\a\\u000a"
        "\xc3\xa9\",\"zero\":0}";
    fd_state a = {0}, b;
    fd_buffer first = FD_BUFFER(1000), second = FD_BUFFER(1000);
    assert_true(fd_state_set_number(&a, "zero", 0, NULL));
    assert_true(fd_state_set_text(&a, "name", "A\"d\\a\n\xc3\xa9", NULL));
    assert_true(fd_state_set_number(&a, "Z", -FD_STATE_MOST, NULL));
    assert_true(fd_state_set_number(&a, "lamp", 1, NULL));
    assert_true(fd_state_set_number(&a, "#A/3", 2, NULL));
    assert_true(fd_state_write(&a, &first, NULL));
    assert_string_equal(first.data, json);
    assert_true(
        fd_state_read(" { \"zero\": 0.0, \"name\": \"A\\\"d\\\\a\\n\\u00e9\", \"lamp\": 1e0,"
                      " \"Z\": -9007199254740991, \"#A/3\": 2 } ",
                      &b, NULL));
    assert_true(fd_state_write(&b, &second, NULL));
    assert_string_equal(second.data, json);
    fd_buffer_clear(&second);
    fd_state_free(&b);
    assert_true(fd_state_read("{}", &b, NULL));
    assert_true(fd_state_write(&b, &second, NULL));
    assert_string_equal(second.data, "{}");
    fd_state_free(&a);
    fd_state_free(&b);
    fd_buffer_free(&first);
    fd_buffer_free(&second);
}

static void a_state_that_is_none_is_refused(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",           "{",          "[]",           "1",
        "null",       "{}x",        "{\"a\":1.5}",  "{\"a\":9007199254740993}",
        "{\"a\":1,}", "{\"a\":{}}", "{\"a\":true}", "{\"a\":null}",
        "{\"a\":[]}", "{a:1}",      "{\"a\":1e99}", "{\"a\":1,\"b\":2,\"a\":1}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fd_state read;
        fd_error error = {FD_OK, ""};
        if (fd_state_read(cases[i], &read, &error))
            fail_msg("accepted: %s", cases[i]);
        assert_int_equal(error.status, FD_BAD_FILE);
        assert_int_equal(read.count, 0);
    }
}

/* ---- weaving ---- */

typedef struct visit {
    fd_story *story;
    fd_state state;
    fd_woven woven;
} visit;

static fd_random_key key_of(uint64_t turn) {
    return (fd_random_key){turn, 11};
}

/* A story that begins with `body`, not yet visited. */
static visit story_of(const char *body) {
    fd_buffer text = FD_BUFFER(10000);
    assert_true(fd_buffer_addf(&text, NULL, ":: Start\n%s" REST, body));
    fd_error error = {FD_OK, ""};
    visit it = {0};
    it.story = fd_story_parse("s.twee", text.data, text.length, &error);
    if (!it.story)
        fail_msg("%s for: %s", error.message, body);
    fd_buffer_free(&text);
    return it;
}

static void weave(visit *it, uint64_t turn) {
    fd_error error = {FD_OK, ""};
    fd_woven_free(&it->woven);
    if (!fd_weave(it->story, it->story->start, key_of(turn), &it->state, &it->woven, &error))
        fail_msg("%s", error.message);
}

static const char *told(const visit *it) {
    if (!it->woven.piece_count)
        return "";
    assert_int_equal(it->woven.piece_count, 1);
    return it->woven.pieces[0].text;
}

static void end(visit *it) {
    fd_woven_free(&it->woven);
    fd_state_free(&it->state);
    fd_story_free(it->story);
}

/* Weaves the body once in a state read from JSON. */
static void expect_told(const char *body, const char *json, const char *text) {
    visit it = story_of(body);
    assert_true(fd_state_read(json, &it.state, NULL));
    weave(&it, 1);
    assert_string_equal(told(&it), text);
    end(&it);
}

static void chance_keeps_to_its_weights(void **state) {
    (void)state;
    visit it = story_of("{~6:a|3:b|c}{~x|y}");
    size_t seen[3] = {0}, second = 0;
    for (uint64_t turn = 0; turn < 1000; turn++) {
        weave(&it, turn);
        char text[3];
        memcpy(text, told(&it), 3);
        seen[text[0] - 'a']++;
        second += (text[0] == 'b') == (text[1] == 'x');
        weave(&it, turn);
        assert_string_equal(told(&it), text);
    }
    assert_in_range(seen[0], 540, 660);
    assert_in_range(seen[1], 250, 350);
    assert_in_range(seen[2], 65, 140);
    assert_in_range(second, 440, 560); /* one draw does not follow from the other */
    end(&it);
}

static void what_was_picked_is_listed(void **state) {
    (void)state;
    visit it = story_of("{!a}{?x: b|c {>d|e}}[[go->A]]");
    weave(&it, 1);
    const fd_branch *body = &it.story->bodies[it.story->start];
    const fd_node *inner = &body->nodes[1].branches[1].nodes[1];
    const fd_picked *picked = it.woven.picked;
    assert_int_equal(it.woven.picked_count, 3);
    assert_int_equal(picked[0].node, body->nodes[0].id);
    assert_int_equal(picked[1].node, body->nodes[1].id);
    assert_int_equal(picked[1].branch, 1);
    assert_int_equal(picked[2].node, inner->id);
    assert_int_equal(it.woven.choices[0].node, body->nodes[2].id);
    weave(&it, 2); /* {! has nothing left */
    assert_int_equal(it.woven.picked_count, 2);
    assert_int_equal(it.woven.picked[1].branch, 1);
    end(&it);
}

static void expect_visits(const char *body, size_t count, const char *const *texts) {
    visit it = story_of(body);
    for (size_t i = 0; i < count; i++) {
        weave(&it, i);
        assert_string_equal(told(&it), texts[i]);
    }
    end(&it);
}

static void visits_are_counted(void **state) {
    (void)state;
    expect_visits("{>a|b|c}", 5, (const char *[]){"a", "b", "c", "c", "c"});
    expect_visits("{&a|b}-{&x|y|z}", 5, (const char *[]){"a-x", "b-y", "a-z", "b-x", "a-y"});
    expect_visits("{!a|b}.", 4, (const char *[]){"a.", "b.", ".", "."});
    expect_visits("{?visited(Start): again | first}", 3,
                  (const char *[]){"first", "again", "again"});
    expect_visits("{set n += 2}{$n} {?n > 3: {>a|b}}", 3, (const char *[]){"2", "4 a", "6 b"});
    visit it = story_of("{>a|b}");
    weave(&it, 1);
    weave(&it, 2);
    assert_int_equal(fd_state_number(&it.state, "@Start"), 2);
    assert_int_equal(fd_state_number(&it.state, "#Start/0"), 2);
    end(&it);
}

static void a_bag_gives_all_once_and_then_again(void **state) {
    (void)state;
    size_t orders[6] = {0};
    for (uint64_t round = 0; round < 600; round++) {
        visit it = story_of("{%a|b|c}");
        char drawn[6];
        for (uint64_t i = 0; i < 6; i++) {
            weave(&it, round * 6 + i);
            drawn[i] = *told(&it);
        }
        for (size_t half = 0; half < 6; half += 3)
            for (char c = 'a'; c <= 'c'; c++)
                assert_non_null(memchr(drawn + half, c, 3));
        orders[(size_t)(drawn[0] - 'a') * 2 + (drawn[1] < drawn[2])]++;
        end(&it);
    }
    for (size_t i = 0; i < 6; i++)
        assert_in_range(orders[i], 65, 135);
    visit it = story_of("{%a|b|c}");
    assert_true(fd_state_set_text(&it.state, "#Start/0", "1,7", NULL));
    weave(&it, 1);
    assert_string_equal(told(&it), "b");
    for (uint64_t i = 0; i < 3; i++) { /* 7 cannot be: a new bag */
        weave(&it, i);
        assert_non_null(strstr("abc", told(&it)));
    }
    assert_string_equal(fd_state_find(&it.state, "#Start/0")->text, "");
    end(&it);
}

static const struct {
    const char *condition;
    bool holds;
} conditions[] = {
    {"lamp", true},
    {"none", false},
    {"name", true},
    {"empty", false},
    {"not none", true},
    {"lamp = 3", true},
    {"lamp != 3", false},
    {"lamp > 2", true},
    {"lamp > 3", false},
    {"lamp >= 3", true},
    {"lamp < 4", true},
    {"lamp < 3", false},
    {"lamp <= 3", true},
    {"lamp > -1", true},
    {"none = 0", true},
    {"none = \"\"", true},
    {"none != \"x\"", true},
    {"none <= 0", true},
    {"name = \"Ada\"", true},
    {"name != \"Ada\"", false},
    {"name = \"ada\"", false},
    {"name = 0", false},
    {"name != 0", true},
    {"name < 1", false},
    {"name >= 0", false},
    {"lamp = \"3\"", false},
    {"lamp != \"3\"", true},
    {"visited(A)", true},
    {"visited(Unseen)", false},
    {"visited(Start)", false},
    {"lamp or none and none", true},
    {"(lamp or none) and none", false},
    {"none and none or lamp", true},
    {"not none and none", false},
    {"not (none and none)", true},
    {"not lamp = 2", true},
    {"not lamp or lamp", true},
    {"none or none or lamp", true},
    {"lamp and lamp and none", false},
};

static void conditions_decide(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        fd_buffer body = FD_BUFFER(1000);
        assert_true(fd_buffer_addf(&body, NULL, "{?%s: yes %s | no}", conditions[i].condition,
                                   conditions[i].condition));
        visit it = story_of(body.data);
        assert_true(fd_state_read("{\"lamp\":3,\"name\":\"Ada\",\"empty\":\"\",\"@A\":1}",
                                  &it.state, NULL));
        weave(&it, 1);
        if ((*told(&it) == 'y') != conditions[i].holds)
            fail_msg("%s", conditions[i].condition);
        end(&it);
        fd_buffer_free(&body);
    }
    expect_told("{?a: A | {?b: B | C}}", "{\"b\":1}", "B");
    expect_told("Up.{?a: A}", "{}", "Up.");
}

static void values_are_set_and_woven_in(void **state) {
    (void)state;
    expect_told("{set a = 5}{set a += -7}{$a}, {$b}{set b = \"cold\"}{$b}", "{\"b\":\"hot\"}",
                "-2, hotcold");
    expect_told("x{$none}y", "{}", "xy");
    expect_told("{set b += 2}{$b}", "{\"b\":\"text\"}", "2");
    expect_told("{$a}", "{\"a\":\"two\\n\\nlines\\u0001\\u0002 {~x|y}\"}", "two lines {~x|y}");
    visit it = story_of("{set a += 999999999999999}");
    for (uint64_t i = 0; i < 20; i++)
        weave(&it, i);
    assert_true(fd_state_number(&it.state, "a") == FD_STATE_MOST);
    end(&it);
}

static void blank_space_is_tidied(void **state) {
    (void)state;
    expect_told("\n\n  One  two {~|} three. \n \n\n\n Four.\nFive.  \n\n", "{}",
                "One two three.\n\nFour.\nFive.");
    expect_told("One.\n\n[[go->A]]\n[[B]]\n\nTwo.", "{}", "One.\n\nTwo.");
    expect_told("One.\n[[go->A]]\nTwo.\n\n* [[B]] |\n[[A]] \xe2\x80\xa2 [[B]]", "{}", "One.\nTwo.");
    expect_told("One.\n{set x = 1}{?y: no}\n  {?x: [[A]]}\nTwo.", "{}", "One.\nTwo.");
    expect_told("{set x = 1}\n\n...\n{set x = 2} !", "{}", "...\n!");
    expect_told("{?x: no | \n\nYes.\n\n}\n\nThen.", "{}", "Yes.\n\nThen.");
    expect_told("You can [[go  {~on}->A]] or [[stay->B]], or {type speak->A}.", "{}",
                "You can go on or stay, or .");
    expect_told("[[A]]\n\n[[B]]", "{}", "");
    expect_told("{ lone } \\{~a|b\\} \\[[A]] \\\\", "{}", "{ lone } {~a|b} [[A]] \\");
}

static void links_become_choices(void **state) {
    (void)state;
    visit it = story_of("[[  go {$how}\n {~on|on}->A]] {?lamp: [[light->B]] | [[dark|A]]}"
                        "{?no: [[never->A]]}\n{type Say  it->B}\n[[{?no: x}->Unseen]]");
    assert_true(fd_state_set_text(&it.state, "how", " right ", NULL));
    weave(&it, 1);
    static const struct {
        const char *label, *target;
    } expected[] = {{"go right on", "A"}, {"dark", "A"}, {"Say it", "B"}, {"Unseen", "Unseen"}};
    assert_int_equal(it.woven.choice_count, 4);
    for (size_t i = 0; i < 4; i++) {
        const fd_choice *choice = &it.woven.choices[i];
        assert_string_equal(choice->label, expected[i].label);
        assert_int_equal(choice->target, fd_story_find(it.story, expected[i].target));
        assert_int_equal(choice->typed, i == 2);
    }
    assert_true(fd_state_set_number(&it.state, "lamp", 1, NULL));
    weave(&it, 1);
    assert_string_equal(it.woven.choices[1].label, "light");
    end(&it);
}

static void chance_decides_where_a_link_leads(void **state) {
    (void)state;
    visit it = story_of("[[go->{~3:A|{~B|Unseen}}]]");
    size_t led[4] = {0};
    for (uint64_t turn = 0; turn < 1000; turn++) {
        weave(&it, turn);
        assert_int_equal(it.woven.choice_count, 1);
        led[it.woven.choices[0].target]++;
    }
    assert_int_equal(led[0], 0);
    assert_in_range(led[1], 690, 810);
    assert_in_range(led[2], 85, 165);
    assert_in_range(led[3], 85, 165);
    end(&it);
}

static void questions_are_asked_until_answered(void **state) {
    (void)state;
    visit it = story_of("{ask name \"Who?\" \"Ada\"}{?lamp: {ask fear \"What?\"}}"
                        "{ask name \"Again?\"}Hello {$name}.");
    weave(&it, 1);
    assert_int_equal(it.woven.question_count, 1);
    assert_string_equal(it.woven.questions[0].name, "name");
    assert_string_equal(it.woven.questions[0].question, "Who?");
    assert_string_equal(it.woven.questions[0].fallback, "Ada");
    assert_true(fd_state_set_text(&it.state, "name", "", NULL));
    assert_true(fd_state_set_number(&it.state, "lamp", 1, NULL));
    weave(&it, 1);
    assert_int_equal(it.woven.question_count, 1);
    assert_string_equal(it.woven.questions[0].name, "fear");
    assert_string_equal(it.woven.questions[0].fallback, "");
    assert_true(fd_state_set_text(&it.state, "name", "Ines", NULL));
    assert_true(fd_state_set_text(&it.state, "fear", "water", NULL));
    weave(&it, 1);
    assert_int_equal(it.woven.question_count, 0);
    assert_string_equal(told(&it), "Hello Ines.");
    end(&it);
}

static void expect_piece(const visit *it, size_t index, bool dream, bool joined, const char *text,
                         const char *fallback) {
    assert_true(index < it->woven.piece_count);
    const fd_piece *piece = &it->woven.pieces[index];
    assert_int_equal(piece->dream, dream);
    assert_int_equal(piece->joined, joined);
    assert_string_equal(piece->text, text);
    assert_int_equal(piece->fallback != NULL, fallback != NULL);
    if (fallback)
        assert_string_equal(piece->fallback, fallback);
}

static void dreams_stand_apart(void **state) {
    (void)state;
    visit it = story_of("{set name = \"Ada\"}Before.\n\n"
                        "{dream 60 \" You,\n {$name},  \":  You {~woke}.\n\n\n  Still {$name}. } "
                        "Then.\n[[A]]\n{dream 5 \"\": x}\n\n{dream 6 \"a\": y} {dream 7 \"b\": z}");
    weave(&it, 1);
    assert_int_equal(it.woven.piece_count, 6);
    expect_piece(&it, 0, false, false, "Before.", NULL);
    expect_piece(&it, 1, true, false, "You, Ada,", "You woke.\n\nStill Ada.");
    expect_piece(&it, 2, false, true, "Then.", NULL);
    expect_piece(&it, 3, true, false, "", "x");
    expect_piece(&it, 4, true, false, "a", "y");
    expect_piece(&it, 5, true, true, "b", "z");
    assert_int_equal(it.woven.pieces[1].words, 60);
    assert_int_equal(it.woven.pieces[5].words, 7);
    end(&it);
    it = story_of("{?x: no | {dream 9 \"o\": f}}\n\nAfter.");
    weave(&it, 1);
    assert_int_equal(it.woven.piece_count, 2);
    expect_piece(&it, 0, true, false, "o", "f");
    expect_piece(&it, 1, false, false, "After.", NULL);
    end(&it);
}

static void the_same_visit_weaves_the_same(void **state) {
    (void)state;
    static const char body[] = "{%a|b|c|d}{~a|b|c}{&x|y}{>p|q} {?n > 1: [[go->{~A|B}]]}{set n += 1}"
                               "{dream 9 \"{~a|b}\": {~c|d}}";
    visit one = story_of(body), two = story_of(body);
    fd_buffer a = FD_BUFFER(10000), b = FD_BUFFER(10000);
    for (uint64_t turn = 0; turn < 50; turn++) {
        weave(&one, turn);
        weave(&two, turn);
        assert_int_equal(one.woven.piece_count, two.woven.piece_count);
        for (size_t i = 0; i < one.woven.piece_count; i++)
            assert_string_equal(one.woven.pieces[i].text, two.woven.pieces[i].text);
        assert_int_equal(one.woven.choice_count, turn > 1);
        if (turn > 1)
            assert_int_equal(one.woven.choices[0].target, two.woven.choices[0].target);
        fd_buffer_clear(&a);
        fd_buffer_clear(&b);
        assert_true(fd_state_write(&one.state, &a, NULL) && fd_state_write(&two.state, &b, NULL));
        assert_string_equal(a.data, b.data);
    }
    fd_buffer_free(&a);
    fd_buffer_free(&b);
    end(&one);
    end(&two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_holds_what_was_set),
        cmocka_unit_test(a_state_is_always_written_the_same),
        cmocka_unit_test(a_state_that_is_none_is_refused),
        cmocka_unit_test(chance_keeps_to_its_weights),
        cmocka_unit_test(what_was_picked_is_listed),
        cmocka_unit_test(visits_are_counted),
        cmocka_unit_test(a_bag_gives_all_once_and_then_again),
        cmocka_unit_test(conditions_decide),
        cmocka_unit_test(values_are_set_and_woven_in),
        cmocka_unit_test(blank_space_is_tidied),
        cmocka_unit_test(links_become_choices),
        cmocka_unit_test(chance_decides_where_a_link_leads),
        cmocka_unit_test(questions_are_asked_until_answered),
        cmocka_unit_test(dreams_stand_apart),
        cmocka_unit_test(the_same_visit_weaves_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
