/* Markup of Twine's other formats, read over: prose and links remain, and ours stays. */
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
#include "story/markup.h"
#include "story/prose.h"

typedef struct example {
    const char *text, *told;
} example;

/* The text of the passage "Start" as it is read; the others are what links may lead to. */
static void expect(fd_format format, const example *examples, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fd_buffer file = FD_BUFFER(10000), into = FD_BUFFER(10000);
        fd_loose_ends ends = {0};
        fd_twee twee;
        fd_constants constants;
        fd_error error = {FD_OK, ""};
        assert_true(fd_buffer_addf(&file, &error, ":: Start\n%s\n:: Hall\n:: It's [odd]\n",
                                   examples[i].text));
        if (!fd_twee_parse("a.twee", file.data, file.length, &twee, &error))
            fail_msg("%s", error.message);
        assert_true(fd_constants_read(format, &twee, &constants, &error));
        assert_true(fd_foreign_read(format, &twee, &constants, 0, false, &into, &ends, &error));
        fd_constants_free(&constants);
        if (strcmp(into.data, examples[i].told) != 0)
            fail_msg("\"%s\" for: %s", into.data, examples[i].text);
        fd_loose_ends_cut(&ends, 0);
        fd_buffer_free(&into);
        fd_buffer_free(&file);
        fd_twee_free(&twee);
    }
}

#define EXPECT(format, examples) expect(format, examples, sizeof examples / sizeof examples[0])

static void sugarcube_leaves_prose(void **state) {
    (void)state;
    static const example examples[] = {
        {"One <<set $a to 1>>two.", "One two."},
        {"<<set $a to \"x >> y\">>One.", "One."},
        {"<<if $a>>One.<</if>>", "One."},
        {"The <<if $a gt 2>>red<<elseif $b>>12: blue<<else>>old<</if>> door.",
         "The {~red|\\12: blue|old} door."},
        {"<<if $a>>A<<if $b>>B<<else>>C<</if>><<else>>D<<endif>>", "{~A{~B|C}|D}"},
        {"<<switch $a>> <<case 1>>One.<<default>>Two.<</switch>>", "{~One.|Two.}"},
        {"<<if $a>>never closed", "never closed"},
        {"<<print \"Aloud.\">> <<= $a + 1>>Then, <<print $name>>.", "Aloud. Then."},
        {"You are $name, $a.b[\"c\"] of $$5 and $5.", "You are, of $5 and $5."},
        {"A _momentary thing, some_thing, __under__.", "A thing, some_thing, under."},
        {"''Bold'', //italic//, ==struck== and http://a/b it''s.",
         "Bold, italic, struck and http://a/b its."},
        {"@@.dim;Dim@@ @@#a;.b;far@@ @@color:red;red@@", "Dim far red"},
        {"<span class=\"a>b\">In</span><br>out<script>if (a<b) {}</script>.", "In\nout."},
        {"a < b, <3 &mdash; &amp;", "a < b, <3 \xe2\x80\x94 &"},
        {"One.\n/* two\nlines */\nThree. /% no %/<!-- no -->", "One.\n\n\nThree. "},
        {"Joined \\\nline.\nNext.", "Joined line.\n\nNext."},
        {"!! A heading\n* one\n## two\n----\n", "A heading\none\ntwo\n"},
        {"<<silently>>One <<set $a to 1>><</silently>>Two.", "Two."},
        {"<<timed 2s>>Late.<</timed>>", "Late."},
        {"Braces {of mine} | and \\[[this]]", "Braces \\{of mine\\} \\| and \\[\\[this\\]\\]"},
    };
    static const example links[] = {
        {"[[Go|Hall]] [[Go->Hall]] [[Hall<-Go]] [[Hall]]",
         "[[Go->Hall]] [[Go->Hall]] [[Go->Hall]] [[Hall->Hall]]"},
        {"[[Go|Hall][$a to 1]] [[Hall][$a to \"]\"]]", "[[Go->Hall]] [[Hall->Hall]]"},
        {"[[''Go'' $name on|Hall]] [[$name->Hall]]", "[[Go on->Hall]] [[Hall->Hall]]"},
        {"[[Odd|It's [odd]]]", "Odd\\]"},
        {"[[Go|$where]] [[Go|previous()]] [[$where]]", "Go Go "},
        {"<<link \"Go -> on\" \"Hall\">><<set $a to 1>><</link>>.", "[[Go \\-\\> on->Hall]]."},
        {"<<link [[Go|Hall]]>><</link>>", "[[Go->Hall]]"},
        {"<<link 'Go'>><<set $a to 1>><<goto \"Hall\">><</link>>", "[[Go->Hall]]"},
        {"<<linkreplace \"Look.\">> It moves.<</linkreplace>>", "Look. It moves."},
        {"<<button \"Go\" $where>><</button>> <<back \"Back\">>", "Go Back"},
        {"<a data-passage=\"Hall\" class=\"x\">Go</a>", "[[Go->Hall]]"},
        {"[img[a.png]][img[b.png][Hall]]", "[[Hall->Hall]]"},
    };
    EXPECT(FD_FORMAT_SUGARCUBE, examples);
    EXPECT(FD_FORMAT_SUGARCUBE, links);
}

static void harlowe_leaves_prose(void **state) {
    (void)state;
    static const example examples[] = {
        {"(set: $a to (either: 1, 2))One.", "One."},
        {"(if: $a is 1)[One.] Two.", "One. Two."},
        {"(if: $a's b)[One.]\n(else-if: $b)[Two [deep].]\n(else:)[Three.]",
         "{~One.|Two deep.|Three.}"},
        {"(Else_if: $a)[x](text-style: \"bold\")+(color: red)[loud]", "xloud"},
        {"You come (either: \"late\", \"early\").", "You come {~late|early}."},
        {"(print: \"Aloud\"), (print: $a). Hello $name!", "Aloud. Hello!"},
        {"|unseen>[Told] [told]<seen| |hidden)[and] told", "Told told and told"},
        {"One (said she) (by: heart", "One (said she) (by: heart"},
        {"[=All of\n[==it", "All of\nit"},
        {"{\nOne\n}\n", "\nOne\n"},
        {"''Bold'' //italic// *em* **strong** ~~no~~ ^^up^^ `code`",
         "Bold italic em strong no up code"},
        {"#Heading\n---\n==>\nRight\n|==\n", "Heading\n\n\nRight\n"},
        {"(link-goto: \"Go\", \"Hall\") (link-goto: \"Hall\") (link-goto: \"Go\", $a)",
         "[[Go->Hall]] [[Hall->Hall]] Go"},
        {"(link: \"Go\")[(set: $a to 1)(go-to:\"Hall\")]", "[[Go->Hall]]"},
        {"(link-reveal: \"Look.\")[ It's here.]", "Look. It's here."},
        {"(if: $a)[[[Go->Hall]]](color: red)[[Hall]]", "[[Go->Hall]][[Hall->Hall]]"},
    };
    EXPECT(FD_FORMAT_HARLOWE, examples);
}

static void chapbook_leaves_prose(void **state) {
    (void)state;
    static const example examples[] = {
        {"a: 1\nb (a > 1): 'x'\n--\nOne.", "\n\n\nOne."},
        {"One: two.\nNot a name\n--\nThree.", "One: two.\nNot a name\n--\nThree."},
        {"You pay {rent} a week, {name}.", "You pay a week."},
        {"[if a > 1]\nOne.\n[else]\nTwo.\n[continue]\nThree.", "{~\nOne.\n|\nTwo.\n}\nThree."},
        {"[unless a; append]\nOne.\n\n[note]\nNot this.\n\n[JavaScript]\nnor {this}\n[cont]\nTwo.",
         "\nOne.\n\n\n\n\n\n\n\nTwo."},
        {"{embed passage: 'Hall'}{reveal link: 'Look.', text: 'It is *here*.'}",
         "Look. It is here."},
        {"> [[Go->Hall]]\n> {link to: 'Hall', label: 'Go'} {restart link, label: 'Home'}",
         "[[Go->Hall]]\n[[Go->Hall]] Home"},
        {"# Heading\n*One* _two_ three_four", " Heading\nOne two three_four"},
    };
    EXPECT(FD_FORMAT_CHAPBOOK, examples);
}

/* Only a value that is one text or number throughout is told. */
static void values_that_never_change_are_told(void **state) {
    (void)state;
    static const example sugarcube[] = {
        {"<<set $a to \"Ada\", $b = 40>>You are $a, $b.", "You are Ada, 40."},
        {"<<set $a to 'Ada'>><<if $b>><<set $a to \"Ada\">><</if>>$a's <<print $a>> <<= $a>>",
         "Ada's Ada Ada"},
        {"<<set $a to \"x [[y]] {~z|w}\">>$a", "x \\[\\[y\\]\\] \\{~z\\|w\\}"},
        {"<<set $a to 1>><<set $a to 2>>One $a two.", "One two."},
        {"<<set $a to 1>><<set $a += 1>>One $a two.", "One two."},
        {"<<set $a to 1>><<run $a++>>One $a two.", "One two."},
        {"<<set $a to 1 + 1>>One $a two.", "One two."},
        {"<<set $a to \"x\" + $b>>One $a two.", "One two."},
        {"<<set $a to \"x\">><<textbox \"$a\" \"y\">>One $a two.", "One two."},
        {"<<set $a to \"x\">><<script>>State.variables.a = 2;<</script>>One $a two.", "One two."},
        {"<<set $a to \"x\">>[[Go|Hall][$a to \"y\"]] One $a two.", "[[Go->Hall]] One two."},
        {"<<set $a to \"x\">>Give $a to Bob, $ab.", "Give x to Bob."},
        {"<<set $a to true>><<if $a == 1>>x<</if>> One $a two.", "x One two."},
        {"<<set $a.b to 1>>One $a two, $a.b.", "One two."},
    };
    static const example harlowe[] = {
        {"(set: $a to \"Ada\")You are $a, (print: $a).", "You are Ada, Ada."},
        {"(put: \"Ada\" into $a)You are $a.", "You are."},
        {"(set: $a to 1)(set: $a to it + 1)One $a two.", "One two."},
        {"(set: $a to 1)(input-box: 2bind $a, \"=X=\")One $a two.", "One two."},
        {"(set: $style to (color: red))$style[loud]", "loud"},
    };
    static const example chapbook[] = {
        {"name: 'Ada'\nrent: 40\n--\n{name} pays {rent}, {rent + 1}, {other}.",
         "\n\n\nAda pays 40."},
        {"rent: 40\nrent (a): 50\n--\nOne {rent} two.", "\n\n\nOne two."},
        {"name: 'Ada'\n--\nOne {name} {text input for: 'name'} two.", "\n\nOne two."},
        {"name: 'Ada'\n--\nOne {name} two.\n\n[JavaScript]\nname = 'Bob';\n", "\n\nOne two.\n\n"},
    };
    EXPECT(FD_FORMAT_SUGARCUBE, sugarcube);
    EXPECT(FD_FORMAT_HARLOWE, harlowe);
    EXPECT(FD_FORMAT_CHAPBOOK, chapbook);
}

static void a_line_is_added_behind_a_modifier(void **state) {
    (void)state;
    static const char *const held[] = {"One.\n[if a]\nTwo.",
                                       "[cont]\nOne.\n[note; after 2 seconds]",
                                       "[if a]\nOne.\n[else]\n[[Hall]]"};
    static const char *const free[] = {"", "One.\n[[Hall]]", "[if a]\nOne.\n[continue]\nTwo.",
                                       "[if a]\nOne.\n[cont'd]\n"};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) {
        assert_string_equal(fd_foreign_before_line(FD_FORMAT_CHAPBOOK, held[i]), "[continue]\n");
        assert_string_equal(fd_foreign_before_line(FD_FORMAT_HARLOWE, held[i]), "");
    }
    for (size_t i = 0; i < sizeof free / sizeof free[0]; i++)
        assert_string_equal(fd_foreign_before_line(FD_FORMAT_CHAPBOOK, free[i]), "");
}

static void snowman_leaves_prose(void **state) {
    (void)state;
    static const example examples[] = {
        {"<% if (s.a > 1) { %>One *two*<%= s.b %>.<% } %>", "One two."},
        {"[[Go->Hall]]", "[[Go->Hall]]"},
    };
    EXPECT(FD_FORMAT_SNOWMAN, examples);
}

static void our_own_markup_stays_as_it_is(void **state) {
    (void)state;
    static const example examples[] = {
        {"{~''a''|<<b>>} {$name} {set a = 1}", "{~''a''|<<b>>} {$name} {set a = 1}"},
        {"{dream 20 \"You\": It {is}.} {?a > 1: (b:)|c}",
         "{dream 20 \"You\": It {is}.} {?a > 1: (b:)|c}"},
        {"{ask a \"A?\"}{type Say->Hall} \\{~no}", "{ask a \"A?\"}{type Say->Hall} \\{~no"},
    };
    expect(FD_FORMAT_HARLOWE, examples, 2);
    EXPECT(FD_FORMAT_SUGARCUBE,
           ((const example[]){{"{$name} {$name here}", "{$name} \\{ here\\}"}}));
    expect(FD_FORMAT_SUGARCUBE, examples, 2);
}

/* ---- whole stories ---- */

static fd_story *load(const char *path) {
    fd_error error = {FD_OK, ""};
    fd_story *story = fd_story_load(path, &error);
    if (!story)
        fail_msg("%s", error.message);
    return story;
}

static void the_format_is_named_or_plain(void **state) {
    (void)state;
    static const struct {
        const char *named, *text;
        fd_format format;
    } cases[] = {
        {NULL, "<<set $a to 1>> <<if $a>>x<</if>>", FD_FORMAT_SUGARCUBE},
        {NULL, "(set: $a to 1)(if: $a)[x]", FD_FORMAT_HARLOWE},
        {NULL, "[if a]\nx\n\n[continue]\ny", FD_FORMAT_CHAPBOOK},
        {NULL, "One <<if>>. (if: you like)", FD_FORMAT_OURS},
        {NULL, "{~a|b} [[Hall]] (so: what)", FD_FORMAT_OURS},
        {"Feverdream", "<<set $a to 1>> <<if $a>>x<</if>>", FD_FORMAT_OURS},
        {"SugarCube", "Nothing of it.", FD_FORMAT_SUGARCUBE},
        {"Harlowe", "<<set $a to 1>> <<if $a>>x<</if>>", FD_FORMAT_HARLOWE},
        {"chapbook", "x", FD_FORMAT_CHAPBOOK},
        {"Snowman", "x", FD_FORMAT_SNOWMAN},
        {"Nobody's", "(set: $a to 1)(if: $a)[x]", FD_FORMAT_HARLOWE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fd_passage passage = {.name = (char[]){"Start"}, .text = (char *)cases[i].text};
        const fd_twee twee = {.passages = &passage, .count = 1};
        if (fd_format_of(&twee, cases[i].named) != cases[i].format)
            fail_msg("not %d: %s", (int)cases[i].format, cases[i].text);
    }
    static const char *const ours[] = {"the-well-house", "lip-service", "tutorial"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        char path[100];
        (void)snprintf(path, sizeof path, "assets/stories/%s.twee", ours[i]);
        fd_story *story = load(path);
        assert_int_equal(story->format, FD_FORMAT_OURS);
        assert_int_equal(fd_format_of(&story->twee, NULL), FD_FORMAT_OURS);
        fd_story_free(story);
    }
}

/* What stands in a passage's prose, and how many passages it leads to. */
static void shows(const fd_story *story, const char *name, const char *text, size_t targets) {
    fd_prose prose;
    fd_error error = {FD_OK, ""};
    size_t passage = fd_story_find(story, name);
    assert_true(passage != (size_t)-1);
    assert_true(fd_prose_of(story, passage, true, &prose, &error));
    if (!strstr(prose.text.data, text))
        fail_msg("\"%s\" lacks: %s", prose.text.data, text);
    assert_null(strpbrk(prose.text.data, "<>$@{}"));
    assert_int_equal(story->targets[passage].count, targets);
    fd_prose_free(&prose);
}

static void stories_of_other_formats_are_read(void **state) {
    (void)state;
    fd_story *story = load("tests/twee/sugarcube.tw");
    assert_int_equal(story->format, FD_FORMAT_SUGARCUBE);
    assert_false(fd_story_is_told(story, fd_story_find(story, "StoryInit")));
    shows(story, "Start", "The ward is quiet.", 2);
    shows(story, "Counting", "Ada, eight, nine.", 0);
    shows(story, "The Corridor", "It has no glass.\nA trolley passes.", 1);
    fd_story_free(story);
    story = load("tests/twee/twine-harlowe.twee");
    assert_int_equal(story->format, FD_FORMAT_HARLOWE);
    shows(story, "Harbour", "You come down to the harbour", 2);
    shows(story, "Harbour wall", "The wall is wet. Do not sit.", 1);
    fd_story_free(story);
    story = load("tests/twee/chapbook.twee");
    assert_int_equal(story->format, FD_FORMAT_CHAPBOOK);
    shows(story, "Landing", "Your room is the good one, 40 a week.", 1);
    shows(story, "Opposite", "Nobody lives here, says nobody.", 1);
    fd_story_free(story);
}

typedef struct counted {
    size_t kinds[FD_FIND_KINDS], line;
} counted;

static void count_finding(void *context, const fd_finding *it) {
    counted *self = context;
    self->kinds[it->kind]++;
    if (it->kind == FD_FIND_LINK)
        self->line = it->line;
}

static fd_story *parse(const char *text) {
    fd_error error = {FD_OK, ""};
    fd_story *story = fd_story_parse("a.twee", text, strlen(text), &error);
    if (!story)
        fail_msg("%s", error.message);
    return story;
}

static void a_link_that_cannot_be_followed_is_its_label_and_asked_about(void **state) {
    (void)state;
    fd_story *story =
        parse(":: StoryData\n{\"format\": \"SugarCube\"}\n:: Start\nOne.\n<<set $a\n"
              "to 1>>\n[[Go|$where]] [[Hall]]\n[[Away|Nowhere]]\n:: Hall\n<<goto \"Cellar\">>\n"
              ":: Cellar [ending]\nTwo.\n:: Attic [ending]\nThree.");
    counted seen = {{0}, 0};
    fd_error error = {FD_OK, ""};
    assert_true(fd_story_check(story, count_finding, &seen, &error));
    assert_int_equal(seen.kinds[FD_FIND_LINK], 1);
    assert_int_equal(seen.line, 7);
    assert_int_equal(seen.kinds[FD_FIND_DEAD], 1);
    assert_false(fd_finding_is_weak(FD_FIND_LINK));
    assert_true(fd_finding_is_weak(FD_FIND_DEAD));
    assert_int_equal(seen.kinds[FD_FIND_STUCK], 0); /* a macro leads on */
    assert_int_equal(seen.kinds[FD_FIND_UNREACHABLE], 1);
    shows(story, "Start", "Go ", 1);
    fd_story_free(story);
}

/* Of passages in each format, all but "Start": those that nothing leads on from are endings, and no
 * others; none of them is a weak place. */
static void what_nothing_leads_on_from_is_an_ending(void **state) {
    (void)state;
    static const struct {
        const char *format, *text;
        bool ending;
    } cases[] = {
        {"SugarCube", "It is over. <<set $a to 1>><<print $b>>", true},
        {"SugarCube", "It is over. \"Is it?\"", true},
        {"SugarCube", "<<return \"Back\">>", false},
        {"SugarCube", "<<back>>", false},
        {"SugarCube", "<<goto $where>>", false},
        {"SugarCube", "<<link \"Go\">><<run Engine.play(\"Start\")>><</link>>", false},
        {"SugarCube", "[[Go|$where]]", false},
        {"SugarCube", "[[Go|previous()]]", false},
        {"SugarCube", "A <<background $x>> (go-to: $x) {back link}", true},
        {"Harlowe", "It is over (or is it). (set: $a to 1)", true},
        {"Harlowe", "(undo:)", false},
        {"Harlowe", "(link-undo: \"Back\")", false},
        {"Harlowe", "(Go_To: $where)", false},
        {"Harlowe", "You go back, (undo what you did) and <<return>>.", true},
        {"Chapbook", "It is over. {restart link, label: 'Again'}", true},
        {"Chapbook", "{back link, label: 'Back'}", false},
        {"Snowman", "It is over. <%= s.a %>", true},
        {"Snowman", "<% story.show(s.where) %>", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fd_buffer text = FD_BUFFER(10000);
        counted seen = {{0}, 0};
        fd_error error = {FD_OK, ""};
        assert_true(fd_buffer_addf(&text, &error,
                                   ":: StoryData\n{\"format\": \"%s\"}\n"
                                   ":: Start\n[[Last]]\n:: Last\n%s\n",
                                   cases[i].format, cases[i].text));
        fd_story *story = parse(text.data);
        assert_false(story->endings[fd_story_find(story, "Start")]);
        if (story->endings[fd_story_find(story, "Last")] != cases[i].ending)
            fail_msg("%s: %s", cases[i].format, cases[i].text);
        assert_int_equal(fd_story_count(story).endings, cases[i].ending);
        assert_true(fd_story_check(story, count_finding, &seen, &error));
        assert_int_equal(seen.kinds[FD_FIND_STUCK], 0);
        fd_story_free(story);
        fd_buffer_free(&text);
    }
}

static void what_is_told_inside_another_passage_ends_nothing(void **state) {
    (void)state;
    static const char *const shows[][2] = {{"SugarCube", "<<include \"Part\">>"},
                                           {"Harlowe", "(display: \"Part\")"},
                                           {"Chapbook", "{embed passage named: 'Part'}"},
                                           {"Snowman", "<%= story.render('Part') %>"}};
    for (size_t i = 0; i < sizeof shows / sizeof shows[0]; i++) {
        fd_buffer text = FD_BUFFER(10000);
        counted seen = {{0}, 0};
        fd_error error = {FD_OK, ""};
        assert_true(fd_buffer_addf(&text, &error,
                                   ":: StoryData\n{\"format\": \"%s\"}\n:: Start\n%s\n"
                                   "[[Last]] [[Dead->Nowhere]]\n:: Part\nRain.\n:: Last\n"
                                   "[[Gone->Nowhere]]\n",
                                   shows[i][0], shows[i][1]));
        fd_story *story = parse(text.data);
        assert_false(story->endings[fd_story_find(story, "Part")]);
        assert_int_equal(fd_story_count(story).endings, 0);
        assert_true(fd_story_check(story, count_finding, &seen, &error));
        assert_int_equal(seen.kinds[FD_FIND_STUCK], 1); /* a dead link alone leads nowhere */
        fd_story_free(story);
        fd_buffer_free(&text);
    }
}

static void what_cannot_be_read_with_our_markup_is_text(void **state) {
    (void)state;
    fd_story *story = parse(":: StoryData\n{\"format\": \"SugarCube\"}\n:: Start [ending]\n"
                            "<<set $a to 1>>A {set of = rules} and {~more|[[nowhere->$x]]}.");
    assert_string_equal(story->bodies[1].nodes[0].text, "A {set of = rules} and {~more|nowhere}.");
    fd_story_free(story);
}

static void what_nests_deeply_is_read(void **state) {
    (void)state;
    static const char *const nests[][3] = {{"Harlowe", "(if: $a)[x", "](else:)[y]"},
                                           {"Harlowe", "[", "]"},
                                           {"SugarCube", "<<if $a>>x", "<<else>>y<</if>>"},
                                           {"SugarCube", "<<link \"a\">>", "<</link>>"}};
    for (size_t i = 0; i < sizeof nests / sizeof nests[0]; i++)
        for (size_t close = 0; close < 2; close++) {
            fd_buffer text = FD_BUFFER(100000);
            assert_true(fd_buffer_addf(&text, NULL,
                                       ":: StoryData\n{\"format\": \"%s\"}\n"
                                       ":: Start [ending]\n",
                                       nests[i][0]));
            for (size_t k = 0; k < 300; k++)
                assert_true(fd_buffer_add_text(&text, nests[i][1], NULL));
            for (size_t k = 0; close && k < 300; k++)
                assert_true(fd_buffer_add_text(&text, nests[i][2], NULL));
            fd_story_free(parse(text.data));
            fd_buffer_free(&text);
        }
}

/* Whatever stands in a passage of another format, it is never refused. */
static void damaged_passages_are_read(void **state) {
    (void)state;
    static const char sample[] =
        "a: 1\nb (a > 1): 'x'\n--\n<<set $a to \"x >> y\">>One <<if $a>>A<<else>>B<</if>> ''two'' "
        "@@.dim;x@@ [[Go->Start]] [[Go|$x][$a to 1]] <<link \"L\" \"Start\">><<goto "
        "\"x\">><</link>>\n"
        "(if: $a's b)[x [[y]]](else:)[z](link: \"Go\")[(go-to: \"Start\")] |h>[t]<h| (either: "
        "\"a\", 'b')\n"
        "[if a > 1]\nOne {b}.\n[else]\nTwo {reveal link: 'l', text: 't'}.\n[note]\n<a "
        "href=\"b\">c</a>\n"
        "{~a|b} {$n} {?a > 1: b|c} {dream 9 \"You\": It.} <% x %> /* y */ \\\n&amp; "
        "[img[a][Start]]";
    static const char signs[] = "{}[]|~<>(:)\"'$_@/\\\n -=&*%;";
    fd_random_key key = {20261124, 3};
    uint64_t next = 0;
    for (size_t round = 0; round < 3000; round++) {
        size_t length = sizeof sample - 1;
        char *text = malloc(length + 1);
        assert_non_null(text);
        memcpy(text, sample, length + 1);
        for (uint64_t edits = fd_random_below(key, next++, 8); edits < 10; edits++) {
            size_t at = (size_t)fd_random_below(key, next++, length);
            if (fd_random_below(key, next++, 3) || length < 20) {
                text[at] = signs[fd_random_below(key, next++, sizeof signs - 1)];
            } else { /* a stretch less */
                size_t wide = length - at < 15 ? length - at - 1 : 15;
                memmove(text + at, text + at + wide, length + 1 - at - wide);
                length -= wide;
            }
        }
        fd_passage passage = {.name = (char[]){"Start"}, .text = text, .line = 1, .source = "a"};
        const fd_twee twee = {.passages = &passage, .count = 1};
        for (fd_format format = FD_FORMAT_SUGARCUBE; format <= FD_FORMAT_SNOWMAN; format++) {
            fd_buffer into = FD_BUFFER(100000);
            fd_loose_ends ends = {0};
            fd_branch body;
            fd_constants constants;
            fd_error error = {FD_OK, ""};
            assert_true(fd_constants_read(format, &twee, &constants, &error));
            assert_true(fd_foreign_read(format, &twee, &constants, 0, true, &into, &ends, &error));
            fd_passage read = passage;
            read.text = into.data;
            if (!fd_markup_parse(&read, &body, &error))
                fail_msg("%s\n%s\n--- became\n%s", error.message, text, into.data);
            fd_branch_free(&body);
            fd_buffer_clear(&into);
            assert_true(fd_foreign_read(format, &twee, &constants, 0, false, &into, &ends, &error));
            fd_loose_ends_cut(&ends, 0);
            fd_constants_free(&constants);
            fd_buffer_free(&into);
        }
        (void)fd_foreign_before_line(FD_FORMAT_CHAPBOOK, text);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sugarcube_leaves_prose),
        cmocka_unit_test(harlowe_leaves_prose),
        cmocka_unit_test(chapbook_leaves_prose),
        cmocka_unit_test(values_that_never_change_are_told),
        cmocka_unit_test(a_line_is_added_behind_a_modifier),
        cmocka_unit_test(snowman_leaves_prose),
        cmocka_unit_test(our_own_markup_stays_as_it_is),
        cmocka_unit_test(the_format_is_named_or_plain),
        cmocka_unit_test(stories_of_other_formats_are_read),
        cmocka_unit_test(a_link_that_cannot_be_followed_is_its_label_and_asked_about),
        cmocka_unit_test(what_nothing_leads_on_from_is_an_ending),
        cmocka_unit_test(what_is_told_inside_another_passage_ends_nothing),
        cmocka_unit_test(what_cannot_be_read_with_our_markup_is_text),
        cmocka_unit_test(what_nests_deeply_is_read),
        cmocka_unit_test(damaged_passages_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
