/* Told scenes as rows: wrapping, blank lines, justified lines, the window, and what is searched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "game/haunt.h"
#include "game/layout.h"
#include "game/rows.h"
#include "game/search.h"

static char first[] = "The well is older than the house, and the house knows it.\n\n\nYou came.\n";
static char dream[] = "Something \x1b[31mhums\x1b[m below the lid.";
static const fd_stretch stretches[] = {{FD_AUTHORED, first}, {FD_DREAMED, dream}};
static const char *const choices[] = {"Lift the lid, which is heavier than it looks", "Go"};

typedef struct fixture {
    fd_told scenes[2];
    fd_rows rows;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    const fd_scene told = {.action = "", .stretches = stretches, .stretch_count = 2},
                   now = {.action = "Look\ndown",
                          .stretches = stretches,
                          .stretch_count = 1,
                          .choices = choices,
                          .choice_count = 2,
                          .typing = "Call"};
    assert_non_null(f);
    assert_true(fd_told_copy(&f->scenes[0], &told, NULL));
    assert_true(fd_told_copy(&f->scenes[1], &now, NULL));
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    fd_told_free(&f->scenes[0]);
    fd_told_free(&f->scenes[1]);
    free(f->rows.items);
    free(f);
    return 0;
}

static void row_is(const fixture *f, size_t i, fd_row_kind kind, const char *text) {
    const fd_row *row = &f->rows.items[i];
    assert_true(i < f->rows.count);
    assert_int_equal(row->kind, kind);
    assert_int_equal(row->end - row->start, strlen(text));
    assert_memory_equal(row->text + row->start, text, strlen(text));
}

static void scenes_are_clean_rows(void **state) {
    fixture *f = *state;
    assert_true(fd_rows_make(&f->rows, f->scenes, 2, 30, NULL));
    row_is(f, 0, FD_ROW_TEXT, "The well is older than the");
    row_is(f, 1, FD_ROW_TEXT, "house, and the house knows it.");
    row_is(f, 2, FD_ROW_BLANK, "");
    row_is(f, 3, FD_ROW_TEXT, "You came.");
    row_is(f, 4, FD_ROW_TEXT, "Something hums below the lid.");
    row_is(f, 5, FD_ROW_BLANK, "");
    assert_int_equal(f->rows.newest, 6);
    row_is(f, 6, FD_ROW_ACTION, "> Look down");
    row_is(f, 7, FD_ROW_BLANK, "");
    row_is(f, 12, FD_ROW_BLANK, "");
    row_is(f, 13, FD_ROW_OFFER, "Lift the lid, which is");
    row_is(f, 14, FD_ROW_OFFER, "heavier than it looks");
    row_is(f, 15, FD_ROW_OFFER, "Go");
    row_is(f, 16, FD_ROW_OFFER, "Call");
    assert_int_equal(f->rows.count, 17);
    assert_int_equal(f->scenes[0].marks[1].voice, FD_DREAMED);
}

static void no_row_is_wider_than_the_page(void **state) {
    fixture *f = *state;
    for (int columns = 1; columns < 80; columns++) {
        assert_true(fd_rows_make(&f->rows, f->scenes, 2, columns, NULL));
        for (size_t i = 0; i < f->rows.count; i++) {
            const fd_row *row = &f->rows.items[i];
            int room = row->kind == FD_ROW_OFFER ? columns - FD_LABEL : columns;
            assert_true((int)fd_text_width(row->text + row->start, row->end - row->start) <=
                        (room > 1 ? room : 1));
        }
    }
}

static void justified_lines_end_at_the_edge(void **state) {
    fixture *f = *state;
    assert_true(fd_rows_make(&f->rows, f->scenes, 2, 30, NULL));
    const fd_row *row = &f->rows.items[0];
    size_t width = fd_text_width(row->text + row->start, row->end - row->start), before = 0;
    assert_true(fd_row_goes_on(row));
    assert_int_equal(width + fd_row_stretch(row, 30, row->end), 30);
    assert_int_equal(fd_row_stretch(row, 30, row->start), 0);
    for (size_t at = row->start; at <= row->end; at++) { /* spaces widen by one at most here */
        size_t stretch = fd_row_stretch(row, 30, at);
        assert_in_range(stretch, before, before + 1);
        before = stretch;
    }
    assert_false(fd_row_goes_on(&f->rows.items[1])); /* a paragraph's end stays ragged */
    assert_int_equal(fd_row_stretch(&f->rows.items[1], 40, f->rows.items[1].end), 0);
    assert_int_equal(fd_row_stretch(row, 60, row->end), 0); /* and so does what lacks too much */
}

static void the_window_stays_on_the_page(void **state) {
    fixture *f = *state;
    fd_window w = {0, 5, false};
    assert_true(fd_rows_make(&f->rows, f->scenes, 2, 30, NULL));
    fd_window_place(&w, &f->rows);
    assert_int_equal(w.top, 6);
    fd_window_scroll(&w, &f->rows, true, 1000);
    assert_int_equal(w.top, 12);
    assert_true(fd_window_at_end(&w, &f->rows));
    fd_window_scroll(&w, &f->rows, false, 3);
    assert_int_equal(w.top, 9);
    assert_true(w.strayed);
    fd_window_see(&w, 2, 4);
    assert_int_equal(w.top, 2);
    const fd_row top = f->rows.items[4];
    assert_true(fd_rows_make(&f->rows, f->scenes, 2, 10, NULL)); /* another width, the same place */
    fd_window_return(&w, &f->rows, top.scene, top.start);
    assert_int_equal(f->rows.items[w.top].start, top.start);
    size_t start, end;
    assert_true(fd_rows_of_option(&f->rows, 1, &start, &end));
    assert_int_equal(end, start + 1);
    assert_false(fd_rows_of_option(&f->rows, 3, &start, &end));
}

static void words_are_found_across_lines_and_cases(void **state) {
    (void)state;
    fd_match match;
    assert_true(fd_search("In the HOUSE\nof Émile", 0, "house of é", &match));
    assert_int_equal(match.start, 7);
    assert_int_equal(match.end, 18);
    assert_false(fd_search("In the house", 8, "house", &match));
    assert_false(fd_search("In the house", 0, "", &match));
    assert_false(fd_search("In the house", 0, "houses", &match));
}

static void a_search_goes_round_in_both_directions(void **state) {
    fixture *f = *state;
    bool wrapped;
    assert_true(fd_rows_make(&f->rows, f->scenes, 2, 30, NULL));
    fd_found here = {0};
    size_t count = 0, last = 0;
    do { /* every "the" once, in order, then the first again */
        here = fd_search_rows(&f->rows, "the", &here, 0, true, &wrapped);
        assert_true(here.any);
        assert_true(wrapped || here.row >= last);
        last = here.row;
        count++;
    } while (!wrapped && count < 100);
    assert_int_equal(here.row, 0);
    assert_int_equal(count, 9); /* eight of them */
    here = fd_search_rows(&f->rows, "the", &here, 0, false, &wrapped);
    assert_true(wrapped);
    assert_int_equal(f->rows.items[here.row].kind, FD_ROW_OFFER);
    here = fd_search_rows(&f->rows, "the", &here, 0, false, &wrapped);
    assert_false(wrapped);
    assert_int_equal(here.row, 9);
    here = (fd_found){0};
    assert_false(fd_search_rows(&f->rows, "attic", &here, 3, true, &wrapped).any);
    here = fd_search_rows(&f->rows, "older than the house", &here, 0, true, &wrapped);
    assert_int_equal(here.row, 0); /* found where it begins, though it ends in the next row */
    assert_true(here.match.end > f->rows.items[0].end);
}

static void a_word_changes_into_one_as_long_and_back(void **state) {
    fixture *f = *state;
    fd_haunt haunt;
    const fd_window window = {0, 5, false};
    assert_true(fd_rows_make(&f->rows, f->scenes, 2, 30, NULL));
    for (uint64_t seed = 0; seed < 200; seed++) {
        fd_haunt_begin(&haunt, seed);
        assert_null(haunt.text);
        assert_true(fd_haunt_change(&haunt, &f->rows, &window));
        assert_ptr_equal(haunt.text, f->scenes[0].text);
        assert_int_equal(strlen(haunt.other), haunt.at.end - haunt.at.start);
        assert_int_equal(strspn(haunt.text + haunt.at.start, "abcdefghijklmnopqrstuvwxyz"),
                         haunt.at.end - haunt.at.start);
        fd_haunt_return(&haunt);
        assert_null(haunt.other);
    }
    assert_false(fd_haunt_change(&haunt, &f->rows, &(fd_window){2, 1, false}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scenes_are_clean_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_row_is_wider_than_the_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(justified_lines_end_at_the_edge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_window_stays_on_the_page, set_up, tear_down),
        cmocka_unit_test(words_are_found_across_lines_and_cases),
        cmocka_unit_test_setup_teardown(a_search_goes_round_in_both_directions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_word_changes_into_one_as_long_and_back, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
