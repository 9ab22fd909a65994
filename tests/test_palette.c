/* Every colour can be read on every ground it may stand on. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "game/palette.h"

static void contrast_is_that_of_the_standard(void **state) {
    (void)state;
    assert_true(fabs(fd_contrast(0xffffff, 0x000000) - 21.0) < 1e-9);
    assert_true(fabs(fd_contrast(0x777777, 0xffffff) - 4.48) < 0.005);
    assert_true(fabs(fd_contrast(0xff0000, 0xffffff) - 4.00) < 0.005);
    assert_int_equal(fd_palette_rgb(16), 0x000000);
    assert_int_equal(fd_palette_rgb(131), 0xaf5f5f);
    assert_int_equal(fd_palette_rgb(231), 0xffffff);
    assert_int_equal(fd_palette_rgb(232), 0x080808);
    assert_int_equal(fd_palette_rgb(255), 0xeeeeee);
}

static void can_be_read(fd_theme theme, fd_look look) {
    fd_paint paint = fd_palette(theme, look);
    if (paint.ink == FD_OWN)
        return;
    uint32_t ink = fd_palette_rgb(paint.ink);
    if (paint.ground != FD_OWN) {
        assert_true(fd_contrast(ink, fd_palette_rgb(paint.ground)) >= 4.5);
        return;
    }
    if (theme != FD_THEME_LIGHT)
        assert_true(fd_contrast(ink, 0x000000) >= 4.5);
    if (theme != FD_THEME_DARK)
        assert_true(fd_contrast(ink, 0xffffff) >= 4.5);
}

static void every_ink_has_contrast_enough(void **state) {
    (void)state;
    size_t painted = 0;
    for (int theme = FD_THEME_AUTO; theme <= FD_THEME_NONE; theme++)
        for (int look = 0; look < FD_LOOKS; look++) {
            can_be_read((fd_theme)theme, (fd_look)look);
            painted += fd_palette((fd_theme)theme, (fd_look)look).ink != FD_OWN;
        }
    assert_true(painted >= 15);
}

static void no_theme_has_no_colours(void **state) {
    (void)state;
    for (int look = 0; look < FD_LOOKS; look++) {
        assert_int_equal(fd_palette(FD_THEME_NONE, (fd_look)look).ink, FD_OWN);
        assert_int_equal(fd_palette(FD_THEME_NONE, (fd_look)look).ground, FD_OWN);
        assert_int_equal(fd_palette_of_eight(FD_THEME_NONE, (fd_look)look).ink, FD_OWN);
        /* Shades that nobody knows are not put on a ground that nobody knows. */
        assert_int_equal(fd_palette_of_eight(FD_THEME_AUTO, (fd_look)look).ink, FD_OWN);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contrast_is_that_of_the_standard),
        cmocka_unit_test(every_ink_has_contrast_enough),
        cmocka_unit_test(no_theme_has_no_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
