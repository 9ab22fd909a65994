/* Markup parsed, stories checked: each kind of node, each kind of mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/random.h"
#include "story/check.h"
#include "story/weave.h"

#define ENDS "\n:: A\n[[B]]\n:: B [ending]\nEnd.\n"

static fd_story *parse(const char *text) {
    fd_error error = {FD_OK, ""};
    fd_story *story = fd_story_parse("dir/s.twee", text, strlen(text), &error);
    if (!story)
        fail_msg("%s for: %s", error.message, text);
    return story;
}

/* ---- the tree, written down so that it can be compared ---- */

static void show_branch(const fd_branch *branch, fd_buffer *into);

static void show_condition(const fd_condition *c, fd_buffer *into) {
    if (c->kind == FD_IS_VALUE)
        (void)fd_buffer_addf(into, NULL, "%s", c->name);
    else if (c->kind == FD_IS_VISITED)
        (void)fd_buffer_addf(into, NULL, "visited %s", c->name);
    else if (c->kind == FD_IS_COMPARED && c->text)
        (void)fd_buffer_addf(into, NULL, "%s%s'%s'", c->name, c->compare, c->text);
    else if (c->kind == FD_IS_COMPARED)
        (void)fd_buffer_addf(into, NULL, "%s%s%d", c->name, c->compare, (int)c->number);
    else {
        (void)fd_buffer_add_text(into, c->kind == FD_IS_NOT ? "!(" : "(", NULL);
        show_condition(c->left, into);
        if (c->right) {
            (void)fd_buffer_add_text(into, c->kind == FD_IS_AND ? "&" : "|", NULL);
            show_condition(c->right, into);
        }
        (void)fd_buffer_add_text(into, ")", NULL);
    }
}

static void show_node(const fd_node *node, fd_buffer *into) {
    static const char *const kinds[] = {"text", "vary",  "ask",  "slot", "set",
                                        "if",   "dream", "link", "type"};
    if (node->kind == FD_NODE_TEXT) {
        (void)fd_buffer_addf(into, NULL, "'%s'", node->text);
        return;
    }
    (void)fd_buffer_addf(into, NULL, "<%s", kinds[node->kind]);
    if (node->mode)
        (void)fd_buffer_addf(into, NULL, " %c", node->mode);
    if (node->name)
        (void)fd_buffer_addf(into, NULL, " %s", node->name);
    if (node->text)
        (void)fd_buffer_addf(into, NULL, " \"%s\"", node->text);
    if (node->other)
        (void)fd_buffer_addf(into, NULL, " \"%s\"", node->other);
    if (node->number)
        (void)fd_buffer_addf(into, NULL, " %d", (int)node->number);
    if (node->condition) {
        (void)fd_buffer_add_text(into, " ", NULL);
        show_condition(node->condition, into);
    }
    for (size_t i = 0; i < node->branch_count; i++) {
        (void)fd_buffer_add_text(into, i ? "|" : ":", NULL);
        if (node->branches[i].weight != 1)
            (void)fd_buffer_addf(into, NULL, "%d*", (int)node->branches[i].weight);
        show_branch(&node->branches[i], into);
    }
    (void)fd_buffer_add_text(into, ">", NULL);
}

static void show_branch(const fd_branch *branch, fd_buffer *into) {
    for (size_t i = 0; i < branch->count; i++)
        show_node(&branch->nodes[i], into);
}

static const struct {
    const char *text, *tree;
} trees[] = {
    {"plain", "'plain'"},
    {"{~one|two {>a|b}|}", "<vary ~:'one'|'two '<vary >:'a'|'b'>|>"},
    {"{~3:often|1:rarely|x:y}", "<vary ~:3*'often'|'rarely'|'x:y'>"},
    {"{>10:30|later}", "<vary >:'10:30'|'later'>"},
    {"{&a|b}{!c}{%d|e}", "<vary &:'a'|'b'><vary !:'c'><vary %:'d'|'e'>"},
    {"{~a\n\nb|c}", "<vary ~:'a\n\nb'|'c'>"},
    {"{ask name \"Who \\\"are\\\" you?\"}", "<ask name \"Who \"are\" you?\">"},
    {"{ask name \"Who?\" \"Ada\" }", "<ask name \"Who?\" \"Ada\">"},
    {"{$name}{ $name}{$ 5}", "<slot name>'{ $name}{$ 5}'"},
    {"{set lamp = 1}", "<set = lamp 1>"},
    {"{set lamp+=-2}", "<set + lamp -2>"},
    {"{set mood = \"co}ld\"}", "<set = mood \"co}ld\">"},
    {"{?lamp: yes }", "<if lamp:'yes'|>"},
    {"{?lamp : yes {$x} | no}!", "<if lamp:'yes '<slot x>|'no'>'!'"},
    {"{?a=1 or b!=2 and not c<3: t}", "<if (a=1|(b!=2&!(c<3))):'t'|>"},
    {"{?(a or b) and c>=-1: t}", "<if ((a|b)&c>=-1):'t'|>"},
    {"{?not (a and b) or nothing: t}", "<if (!((a&b))|nothing):'t'|>"},
    {"{?not not a: t}", "<if !(!(a)):'t'|>"},
    {"{?visited( A ) and m = \"x\": t}", "<if (visited A&m='x'):'t'|>"},
    {"{?a <= 1 or b > 2 or c: t}", "<if (a<=1|(b>2|c)):'t'|>"},
    {"{?a:\n\nt\n}", "<if a:'\n\nt\n'|>"},
    {"{dream 60 \"You, {$name},\": It | is {~so|not}.}",
     "<dream 60:'You, '<slot name>','|' It | is '<vary ~:'so'|'not'>'.'>"},
    {"{dream 5 \"\":x}", "<dream 5:|'x'>"},
    {"[[go->A]]", "<link:'go'|'A'>"},
    {"[[a->b-> A ]]", "<link:'a->b'|'A'>"},
    {"[[A <- go<-x]]", "<link:' go<-x'|'A'>"},
    {"[[go|A]]", "<link:'go'|'A'>"},
    {"[[a|b->A]]", "<link:'a|b'|'A'>"},
    {"[[ A ]]", "<link:'A'|'A'>"},
    {"[[{~go|run}{?a:->} {x->{~A| B }]]",
     "<link:<vary ~:'go'|'run'><if a:'->'|>' {x'|<vary ~:'A'|'B'>>"},
    {"[[go->{~2:A|{~B|A}}]]", "<link:'go'|<vary ~:2*'A'|<vary ~:'B'|'A'>>>"},
    {"[[{~x|y}|A]]", "<link:<vary ~:'x'|'y'>|'A'>"},
    {"{~[[x|A]]|b}", "<vary ~:<link:'x'|'A'>|'b'>"},
    {"{type Say {it}->it->A}", "<type:' Say {it}->it'|'A'>"},
    {"{type Say->{~A|B}}", "<type:' Say'|<vary ~:'A'|'B'>>"},
    {"a { b } {foo} {typeset} } [x] {", "'a { b } {foo} {typeset} } [x] {'"},
    {"{~a {x|y} b|c}", "<vary ~:'a {x|y} b'|'c'>"},
    {"\\{~a|b\\} \\[[A]] \\\\", "'{~a|b} [[A]] \\'"},
    {"{~a\\|b\\}|c}\\", "<vary ~:'a|b}'|'c'>'\\'"},
    {"[[\\-> x\\]]->A]]", "<link:'-> x]]'|'A'>"},
    {"(if: $x)[[[go->A]]]", "'(if: $x)['<link:'go'|'A'>']'"},
};

static void markup_becomes_the_tree_it_means(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++) {
        fd_buffer text = FD_BUFFER(1000), shown = FD_BUFFER(1000);
        assert_true(fd_buffer_addf(&text, NULL, ":: Start\n%s" ENDS, trees[i].text));
        fd_story *story = parse(text.data);
        show_branch(&story->bodies[0], &shown);
        assert_string_equal(fd_buffer_text(&shown), trees[i].tree);
        fd_story_free(story);
        fd_buffer_free(&text);
        fd_buffer_free(&shown);
    }
}

static void nodes_know_their_line_and_have_ids_of_their_own(void **state) {
    (void)state;
    fd_story *story = parse("\n:: Start\n\nOne.\n{~a|\n[[go->A]]}\n[[A<-\nback]]{$x}" ENDS);
    const fd_branch *body = &story->bodies[0];
    assert_int_equal(body->nodes[0].line, 3);
    assert_int_equal(body->nodes[1].line, 5);
    const fd_branch *second = &body->nodes[1].branches[1];
    assert_int_equal(second->nodes[1].line, 6);
    assert_int_equal(body->nodes[3].line, 7);
    assert_int_equal(body->nodes[4].line, 8);
    size_t ids[] = {body->nodes[0].id, body->nodes[1].id, second->nodes[0].id, second->nodes[1].id,
                    body->nodes[2].id};
    for (size_t i = 1; i < 5; i++)
        assert_true(ids[i] > ids[i - 1]);
    assert_int_equal(ids[0], 0);
    fd_story_free(story);
}

static const struct {
    const char *text;
    int line;
    const char *says;
} mistakes[] = {
    {"{~a|b\n\n", 2, "never closed"},
    {"x\n{>a|{~b}\n", 3, "never closed"},
    {"{~a { b|c}\n", 2, "never closed"},
    {"\n{?lamp: x\n\ny", 3, "never closed"},
    {"{?lamp\n\n", 2, "never closed"},
    {"\n{?mood = \"x\n\n", 3, "never closed"},
    {"{?visited(A: x}", 2, "never closed"},
    {"{$name\n", 2, "never closed"},
    {"{set lamp\n", 2, "never closed"},
    {"{ask name \"Who?\n\n\n", 2, "never closed"},
    {"{dream 10 \"x\n\n", 2, "never closed"},
    {"{dream 10 \"x\": y\n\n", 2, "never closed"},
    {"{type x->A\n\n", 2, "never closed"},
    {"\n[[x->A]\n\n", 3, "never closed"},
    {"{$name x}", 2, "{$name}"},
    {"{set lamp 1}", 2, "{set lamp = 1}"},
    {"{set lamp = x}", 2, "{set lamp = 1}"},
    {"{set lamp += \"x\"}", 2, "{set lamp = 1}"},
    {"{set lamp = 99999999999999999999}", 2, "{set lamp = 1}"},
    {"{set not = 1}", 2, "{set lamp = 1}"},
    {"{set #x = 1}", 2, "{set lamp = 1}"},
    {"{ask \"Who?\"}", 2, "{ask name"},
    {"{ask name}", 2, "{ask name"},
    {"{ask name \"\"}", 2, "{ask name"},
    {"{ask name \"a\" \"b\" \"c\"}", 2, "{ask name"},
    {"{dream \"x\": y}", 2, "{dream 60"},
    {"{dream 60 x: y}", 2, "{dream 60"},
    {"{dream 60 \"x\" y}", 2, "{dream 60"},
    {"{dream 60 \"x\":  }", 2, "no fallback"},
    {"{dream 0 \"x\": y}", 2, "from 1 to"},
    {"{dream 99999 \"x\": y}", 2, "from 1 to"},
    {"{dream 9 \"x\": [[A]]}", 2, "the fallback of a dream"},
    {"{dream 9 \"{set a = 1}\": y}", 2, "the opening of a dream"},
    {"{type Say it}", 2, "{type Prompt->target}"},
    {"{type ->A}", 2, "no label"},
    {"{~0:a|b}", 2, "weight"},
    {"{~a|9999999999:b}", 2, "weight"},
    {"{?: x}", 2, "a condition such as"},
    {"{?lamp >: x}", 2, "a number to compare with"},
    {"{?lamp < \"x\": x}", 2, "a number to compare with"},
    {"{?lamp == 1: x}", 2, "a number or a"},
    {"{?lamp and: x}", 2, "a condition such as"},
    {"{?(lamp: x}", 2, "')'"},
    {"{?lamp oil: x}", 2, "found \"oil: x}\""},
    {"{?visited A: x}", 2, "visited(Name)"},
    {"{?a: b|c|d}", 2, "{?condition: text | else text}"},
    {"[[ -> A]]", 2, "no label"},
    {"[[x->]]", 2, "leads to"},
    {"[[x->{$name}]]", 2, "leads to"},
    {"[[x->{>A|B}]]", 2, "leads to"},
    {"[[x->A{~A|B}]]", 2, "leads to"},
    {"[[x->{~A|}]]", 2, "leads to"},
    {"[[{~A|B}]]", 2, "needs a label"},
    {"[[a|b|A]]", 2, "more than one"},
    {"[[a {set x = 1}->A]]", 2, "a link's label"},
    {"[[a [[b->A]]", 2, "never closed"},
    {"\n[[go->Nowhere at all]]", 3, "names \"Nowhere at all\", but there is no such passage."},
    {"[[go->Stort]]", 2, "did you mean \"Start\"?"},
    {"[[go->{~A|{~B|Bee}}]]", 2, "\"Bee\""},
    {"{type go->a}", 2, "did you mean \"A\"?"},
    {"{?not visited(Celler) or x: y}", 2, "visited() names \"Celler\""},
    {"{~x|{dream 9 \"\": {?visited(C): y}}}", 2, "visited() names \"C\""},
};

static void mistakes_are_refused_with_their_line(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        fd_buffer text = FD_BUFFER(1000), place = FD_BUFFER(1000);
        fd_error error = {FD_OK, ""};
        assert_true(fd_buffer_addf(&text, NULL, ":: Start\n%s" ENDS, mistakes[i].text));
        assert_true(fd_buffer_addf(&place, NULL, "s.twee:%d: ", mistakes[i].line));
        if (fd_story_parse("s.twee", text.data, text.length, &error))
            fail_msg("accepted: %s", mistakes[i].text);
        assert_int_equal(error.status, FD_BAD_FILE);
        if (strncmp(error.message, place.data, place.length) != 0 ||
            !strstr(error.message, mistakes[i].says))
            fail_msg("\"%s\" for: %s", error.message, mistakes[i].text);
        fd_buffer_free(&text);
        fd_buffer_free(&place);
    }
}

/* A story whose Start holds `open` a number of times, then `close` as often. */
static bool nests(const char *open, const char *middle, const char *close, size_t times,
                  fd_error *error) {
    fd_buffer text = FD_BUFFER(1 << 20);
    assert_true(fd_buffer_add_text(&text, ":: Start [ending]\n\n", NULL));
    for (size_t i = 0; i < times; i++)
        assert_true(fd_buffer_add_text(&text, open, NULL));
    assert_true(fd_buffer_add_text(&text, middle, NULL));
    for (size_t i = 0; i < times; i++)
        assert_true(fd_buffer_add_text(&text, close, NULL));
    fd_story *story = fd_story_parse("s.twee", text.data, text.length, error);
    bool ok = story != NULL;
    fd_story_free(story);
    fd_buffer_free(&text);
    return ok;
}

static void nesting_has_a_limit(void **state) {
    (void)state;
    fd_error error = {FD_OK, ""};
    assert_true(nests("{~", "x", "}", 32, &error));
    assert_false(nests("{~", "x", "}", 33, &error));
    assert_non_null(strstr(error.message, "s.twee:3: "));
    assert_non_null(strstr(error.message, "nested deeper than 32"));
    assert_false(nests("{~", "x", "}", 100000, &error));
    assert_false(nests("{?", "x", "}", 100000, &error));
    assert_false(nests("{?not (", "x", "):}", 100000, &error));
    assert_false(nests("{?x: ", "", "}", 100000, &error));
    assert_false(nests("", "{?a", " or a", 100000, &error));
    assert_non_null(strstr(error.message, "nested deeper than 32"));
    assert_true(nests("{~x}", "x", "", 10000, &error));
}

static void alternatives_have_a_limit(void **state) {
    (void)state;
    fd_error error = {FD_OK, ""};
    assert_true(nests("", "{%|||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||}", "",
                      0, &error)); /* 63 bars */
    assert_false(nests("", "{%||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||}",
                       "", 0, &error));
    assert_non_null(strstr(error.message, "more than 64"));
}

/* ---- the whole story ---- */

static void a_story_knows_its_title_start_and_hash(void **state) {
    (void)state;
    fd_story *story = parse(":: StoryTitle\nThe {~Well}\n:: StoryData\n{\"start\": \"Gate\"}\n"
                            ":: Gate [ending]\nx\n:: Code [script]\n{~\n:: Look [stylesheet]\n[[");
    assert_string_equal(story->title, "The {~Well}");
    assert_int_equal(story->start, 2);
    assert_int_equal(fd_story_find(story, "Gate"), 2);
    assert_true(fd_story_find(story, "Gat") == (size_t)-1);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(fd_story_is_told(story, i), i == 2);
    assert_int_equal(story->bodies[3].count, 0);
    fd_story_free(story);
    story = parse(":: Start [ending]\n");
    assert_string_equal(story->title, "s.twee");
    assert_int_equal(story->start, 0);
    /* printf ':: Start [ending]\n' | sha256sum */
    assert_string_equal(story->hash,
                        "732705d6db77ca4a82f5bc023e8370f69f7502362de2bd810f403e8bff3591a1");
    fd_story_free(story);
}

static void a_story_without_a_start_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "s.twee:1: There is no passage \":: Start\""},
        {":: A [ending]\n", "s.twee:1: There is no passage \":: Start\""},
        {":: Start [script]\n", "s.twee:1: There is no passage \":: Start\""},
        {":: Start\n:: StoryData\n{\"start\": \"Stort\"}", "s.twee:2: \"start\" names \"Stort\""},
        {":: Start\n:: StoryData\n{\"start\": 1}", "s.twee:2: StoryData should be"},
        {":: Start\n:: StoryData\n{\"start\": \"Start\"", "s.twee:2: StoryData should be"},
        {":: Start\n:: StoryData\n{\"start\": \"StoryData\"}", "s.twee:2: \"start\" names"},
        {":: Start\n[[x->StoryData]]\n:: StoryData\n{}", "s.twee:2: The link names"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fd_error error = {FD_OK, ""};
        assert_null(fd_story_parse("s.twee", cases[i].text, strlen(cases[i].text), &error));
        assert_int_equal(error.status, FD_BAD_FILE);
        if (strncmp(error.message, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s", error.message);
    }
    fd_error error = {FD_OK, ""};
    assert_null(fd_story_load("/nonexistent/s.twee", &error));
    assert_non_null(strstr(error.message, "/nonexistent/s.twee"));
}

static void targets_are_listed_once_each_in_order(void **state) {
    (void)state;
    fd_story *story = parse(":: Start\n[[x->C]] {?a: [[B]]|{~[[y->{~C|A|D}]]}} {type z->B}"
                            "\n:: A\n:: B\n:: C\n:: D\n");
    size_t targets[4] = {9, 9, 9, 9};
    assert_int_equal(fd_story_targets(story, 0, targets, 3), 4);
    assert_int_equal(targets[0], 3);
    assert_int_equal(targets[1], 2);
    assert_int_equal(targets[2], 1);
    assert_int_equal(targets[3], 9);
    assert_int_equal(fd_story_targets(story, 1, targets, 4), 0);
    fd_story_free(story);
}

static void a_story_is_counted(void **state) {
    (void)state;
    fd_story *story =
        parse(":: StoryTitle\nNot counted here\n:: Start\nOne two {~three|four five}.\n\n"
              "{dream 9 \"Six\": seven eight} [[nine->A]]\n{type ten->A}\n"
              ":: A [ending]\n{?x: {dream 9 \"\": eleven}{dream 9 \"\": twelve}}");
    fd_story_stats stats = fd_story_count(story);
    assert_int_equal(stats.passages, 2);
    assert_int_equal(stats.words, 8); /* the full stop is a word of its own */
    assert_int_equal(stats.dream_words, 5);
    assert_int_equal(stats.links, 2);
    assert_int_equal(stats.endings, 1);
    assert_int_equal(stats.dreaming, 2);
    assert_int_equal(stats.variations, 1);
    fd_story_free(story);
}

/* As Twine writes it for SugarCube, positions, carriage returns and all. */
static const char exported[] =
    ":: StoryTitle\r\nCave\r\n\r\n\r\n:: StoryData\r\n{\r\n  \"ifid\": "
    "\"A1D46B4B-6B4B-4C0C-8A6C-0A2B4C6D8E10\",\r\n  \"format\": \"SugarCube\",\r\n  "
    "\"format-version\": \"2.36.1\",\r\n  \"start\": \"The Mouth\",\r\n  \"tag-colors\": {\r\n"
    "    \"dark\": \"red\"\r\n  },\r\n  \"zoom\": 0.6\r\n}\r\n\r\n\r\n"
    ":: UserScript [script]\r\nvar a = [[1, 2], [3]]; if (a) {~\r\n\r\n\r\n"
    ":: UserStylesheet [stylesheet]\r\nbody {?x\r\n\r\n\r\n"
    ":: The Mouth [dark] {\"position\":\"600,400\",\"size\":\"100,100\"}\r\n"
    "<<if $lamp is 1>>A ''lamp''.<</if>> It is {dim} <<set $x to 1>>(so far).\r\n\r\n"
    "[[Deeper]]\r\n[[Go in->Deeper]]\r\n[[Deeper<-Go on]]\r\n[[Walk|Deeper]]\r\n\r\n\r\n"
    ":: Deeper {\"position\":\"750,400\",\"size\":\"100,100\"}\r\nThe end.\r\n";

static void an_export_of_twine_plays_as_it_is(void **state) {
    (void)state;
    fd_story *story = parse(exported);
    fd_state remembered = {0};
    fd_woven woven;
    assert_string_equal(story->title, "Cave");
    assert_true(fd_weave(story, story->start, (fd_random_key){1, 1}, &remembered, &woven, NULL));
    assert_int_equal(woven.piece_count, 1);
    assert_string_equal(woven.pieces[0].text, "A lamp. It is {dim} (so far).");
    static const char *const labels[] = {"Deeper", "Go in", "Go on", "Walk"};
    assert_int_equal(woven.choice_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(woven.choices[i].label, labels[i]);
        assert_int_equal(woven.choices[i].target, fd_story_find(story, "Deeper"));
    }
    fd_woven_free(&woven);
    fd_state_free(&remembered);
    fd_story_free(story);
}

static void note(void *context, const fd_finding *it) {
    assert_true(fd_buffer_addf(context, NULL, "%zu: %s\n", it->line, it->message));
}

static void expect_findings(const char *text, size_t count, const char *findings) {
    fd_story *story = parse(text);
    fd_buffer notes = FD_BUFFER(10000);
    assert_true(fd_story_check(story, note, &notes, NULL));
    size_t lines = 0;
    for (const char *at = fd_buffer_text(&notes); *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, count);
    assert_string_equal(fd_buffer_text(&notes), findings);
    fd_buffer_free(&notes);
    fd_story_free(story);
}

static void weaknesses_are_found(void **state) {
    (void)state;
    expect_findings(":: StoryTitle\nx\n:: Start\n{ask a \"A?\" \"b\"}[[A]]\n:: A\n[[x->{~Start|B}]]"
                    "\n:: B [ending]\n",
                    0, "");
    expect_findings(":: Start [ending]\n{~a|{ask q \"Q?\"}}\n:: Lost\n[[Start]]", 2,
                    "2: The question for \"q\" has no default.\n"
                    "3: \"Lost\" cannot be reached from the start.\n");
    expect_findings(":: Start\n[[A]]\n:: A\nStuck.", 1,
                    "3: \"A\" has no way out and is not tagged [ending].\n");
    expect_findings(":: Start\n[[A]] [[End]]\n:: A\n[[B]]\n:: B\n[[C]] [[B]]\n:: C\n[[B]]\n"
                    ":: End [ending]",
                    1,
                    "5: \"B\" is in a loop of 2 passages that no choice leaves, and none is an "
                    "ending.\n");
    expect_findings(":: Start\n[[A]] [[B]]\n:: A\n[[A]]\n:: B\n[[B]]", 2,
                    "3: \"A\" leads only to itself; no choice leaves it.\n"
                    "5: \"B\" leads only to itself; no choice leaves it.\n");
    expect_findings(":: Start\n[[A]]\n:: A\n[[Start]] {?x: [[E]]}\n:: E [ending]\n[[A]]", 0, "");
}

/* ---- anything at all ---- */

static const char sample[] =
    ":: StoryData\n{\"start\": \"Start\"}\n:: Start [a b] {\"position\":\"1,2\"}\n"
    "{ask name \"Who?\" \"Ada\"}You {~run|3:walk|{>a|b}} {?lamp > 2 and not (visited(Start) or "
    "mood = \"x\"): on {$name} | off}.\n\n{dream 60 \"You {$name}\": then {%a|b|c}.}\n"
    "[[go {&on|in}->{~A|End}]]\n[[A<-back]] [[in|A]] {set lamp += 2} \\{ {x}\n"
    ":: A\n{!once|twice} {set mood = \"cold\"}{type Say->End}\n[[End]]\n:: End [ending]\nDone.\n";

/* What parsed must also be checked and woven without a fault. */
static void visit_all(const fd_story *story, uint64_t turn) {
    fd_buffer notes = FD_BUFFER(10000);
    fd_state remembered = {0};
    assert_true(fd_story_check(story, note, &notes, NULL));
    assert_true(fd_story_proofread(story, note, &notes, NULL));
    for (size_t i = 0; i < story->twee.count; i++) {
        fd_woven woven;
        assert_true(fd_weave(story, i, (fd_random_key){turn, 3}, &remembered, &woven, NULL));
        fd_woven_free(&woven);
    }
    fd_state_free(&remembered);
    fd_buffer_free(&notes);
}

static void mutations_neither_crash_nor_leak(void **state) {
    (void)state;
    static const char signs[] = "{}[]|~>&!%?$:\\\"<-=+() \n::\xff\x01"
                                "1a";
    fd_random_key key = {20240601, 7};
    uint64_t next = 0;
    size_t read = 0;
    for (size_t round = 0; round < 20000; round++) {
        char text[2 * sizeof sample];
        size_t length = sizeof sample - 1;
        memcpy(text, sample, length);
        for (uint64_t edits = fd_random_below(key, next++, 4); edits < 5 && length > 1; edits++) {
            size_t at = (size_t)fd_random_below(key, next++, length);
            size_t other = (size_t)fd_random_below(key, next++, length);
            size_t wide = length - (at > other ? at : other);
            switch (fd_random_below(key, next++, 4)) {
            case 0: /* another sign */
                text[at] = signs[fd_random_below(key, next++, sizeof signs - 1)];
                break;
            case 1: /* one character less */
                length--;
                memmove(text + at, text + at + 1, length - at);
                break;
            case 2: /* a stretch repeated elsewhere */
                memmove(text + at, text + other, wide > 20 ? 20 : wide);
                break;
            default: /* cut off */
                if (fd_random_below(key, next++, 4) == 0)
                    length = at + 1;
            }
        }
        char *exact = malloc(length); /* so that a read past the end is seen */
        assert_non_null(exact);
        memcpy(exact, text, length);
        fd_error error = {FD_OK, ""};
        fd_story *story = fd_story_parse("s.twee", exact, length, &error);
        free(exact);
        if (story) {
            visit_all(story, round);
            read++;
        } else {
            assert_int_equal(error.status, FD_BAD_FILE);
            assert_memory_equal(error.message, "s.twee:", 7);
        }
        fd_story_free(story);
    }
    assert_true(read > 100 && read < 19900);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_becomes_the_tree_it_means),
        cmocka_unit_test(nodes_know_their_line_and_have_ids_of_their_own),
        cmocka_unit_test(mistakes_are_refused_with_their_line),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(alternatives_have_a_limit),
        cmocka_unit_test(a_story_knows_its_title_start_and_hash),
        cmocka_unit_test(a_story_without_a_start_is_refused),
        cmocka_unit_test(targets_are_listed_once_each_in_order),
        cmocka_unit_test(a_story_is_counted),
        cmocka_unit_test(an_export_of_twine_plays_as_it_is),
        cmocka_unit_test(weaknesses_are_found),
        cmocka_unit_test(mutations_neither_crash_nor_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
