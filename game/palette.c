#include "game/palette.h"

#include <math.h>

enum { BLACK = 16, AMBER = 179 };

fd_paint fd_palette(fd_theme theme, fd_look look) {
    static const struct shades {
        int dream, dusk, faint, dread, ember;
    } themes[] = {
        [FD_THEME_AUTO] = {29, 243, 243, 131, 243},
        [FD_THEME_DARK] = {109, 66, 245, 167, 131},
        [FD_THEME_LIGHT] = {23, 29, 242, 88, 131},
        [FD_THEME_NONE] = {FD_OWN, FD_OWN, FD_OWN, FD_OWN, FD_OWN},
    };
    const struct shades *shades = &themes[theme];
    switch (look) {
    case FD_LOOK_DREAM:
        return (fd_paint){shades->dream, FD_OWN};
    case FD_LOOK_DUSK:
        return (fd_paint){shades->dusk, FD_OWN};
    case FD_LOOK_FAINT:
        return (fd_paint){shades->faint, FD_OWN};
    case FD_LOOK_DREAD:
        return (fd_paint){shades->dread, FD_OWN};
    case FD_LOOK_EMBER:
        return (fd_paint){shades->ember, FD_OWN};
    case FD_LOOK_FOUND:
        return theme == FD_THEME_NONE ? (fd_paint){FD_OWN, FD_OWN} : (fd_paint){BLACK, AMBER};
    default:
        return (fd_paint){FD_OWN, FD_OWN};
    }
}

fd_paint fd_palette_of_eight(fd_theme theme, fd_look look) {
    enum { RED = 1, BLUE = 4, CYAN = 6 };
    bool dark = theme == FD_THEME_DARK, known = dark || theme == FD_THEME_LIGHT;
    if (known && look == FD_LOOK_DREAM)
        return (fd_paint){dark ? CYAN : BLUE, FD_OWN};
    if (known && look == FD_LOOK_DREAD)
        return (fd_paint){RED, FD_OWN};
    return (fd_paint){FD_OWN, FD_OWN};
}

uint32_t fd_palette_rgb(int colour) {
    if (colour >= 232)
        return (uint32_t)(8 + 10 * (colour - 232)) * 0x10101;
    static const uint32_t levels[] = {0, 95, 135, 175, 215, 255};
    int place = colour - 16;
    return levels[place / 36] << 16 | levels[place / 6 % 6] << 8 | levels[place % 6];
}

static double linear(uint32_t byte) {
    double part = byte / 255.0;
    return part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t rgb) {
    return 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) +
           0.0722 * linear(rgb & 255);
}

double fd_contrast(uint32_t a, uint32_t b) {
    double first = luminance(a), second = luminance(b);
    return (fmax(first, second) + 0.05) / (fmin(first, second) + 0.05);
}
