/* palette.h - the colours of looks. Pure. Every ink is a colour of xterm's 256, so that 256-colour
 * and true-colour terminals show the same, and has a contrast of at least 4.5 (WCAG 2.1, success
 * criterion 1.4.3) to every ground it may stand on: black for a dark theme, white for a light one,
 * both where the terminal's ground is not known. */
#ifndef FD_GAME_PALETTE_H
#define FD_GAME_PALETTE_H

#include <stdint.h>

#include "game/terminal.h"

enum { FD_OWN = -1 /* the terminal's own colour */ };

/* Colours by their numbers among xterm's 256. */
typedef struct fd_paint {
    int ink, ground;
} fd_paint;

fd_paint fd_palette(fd_theme theme, fd_look look);

/* The same for terminals of eight colours, whose shades nobody knows: for a known ground alone. */
fd_paint fd_palette_of_eight(fd_theme theme, fd_look look);

/* 0xRRGGBB of colours 16 to 255; the first sixteen are every terminal's own matter. */
uint32_t fd_palette_rgb(int colour);

/* The contrast ratio of two colours 0xRRGGBB, 1 to 21 (WCAG 2.1). */
double fd_contrast(uint32_t a, uint32_t b);

#endif
