#include "game/loss_chart.h"

#include <math.h>
#include <string.h>

/* What the rows span; `low` == `high` when there is nothing to see. */
typedef struct extent {
    double low, high;
    size_t first, last; /* steps */
} extent;

static void widen(extent *span, double value) {
    if (isnan(value))
        return;
    span->low = fmin(span->low, value);
    span->high = fmax(span->high, value);
}

static extent span_of(const fd_loss_row *rows, size_t count) {
    extent span = {INFINITY, -INFINITY, rows[0].step, rows[count - 1].step};
    for (size_t i = 0; i < count; i++) {
        widen(&span, rows[i].loss);
        widen(&span, rows[i].held_out);
    }
    if (!(span.high - span.low > 1e-6))
        span.high = span.low + 1e-6;
    return span;
}

/* ---- as a picture -------------------------------------------------------------------------- */

enum { WIDTH = 800, HEIGHT = 420, LEFT = 60, RIGHT = 780, TOP = 40, BOTTOM = 370 };

static double across(const extent *span, size_t step) {
    double way = (double)(step - span->first) / (double)(span->last - span->first);
    return LEFT + way * (RIGHT - LEFT);
}

static double down(const extent *span, double value) {
    return BOTTOM - (value - span->low) / (span->high - span->low) * (BOTTOM - TOP);
}

static bool add_polyline(const fd_loss_row *rows, size_t count, const extent *span, bool held,
                         fd_buffer *page, fd_error *error) {
    bool ok = fd_buffer_addf(page, error,
                             "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" points=\"",
                             held ? "#b5442e" : "#4a6fa5", held ? "2.5" : "1.2");
    for (size_t i = 0; ok && i < count; i++) {
        double value = held ? rows[i].held_out : rows[i].loss;
        if (!isnan(value))
            ok = fd_buffer_addf(page, error, "%.1f,%.1f ", across(span, rows[i].step),
                                down(span, value));
    }
    return ok && fd_buffer_add_text(page, "\"/>\n", error);
}

static bool add_axes(const extent *span, fd_buffer *page, fd_error *error) {
    enum { TICKS = 5 };
    bool ok =
        fd_buffer_addf(page, error, "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#888\"/>\n",
                       LEFT, TOP, BOTTOM, RIGHT);
    for (int i = 0; ok && i < TICKS; i++) {
        double part = (double)i / (TICKS - 1), value = span->low + part * (span->high - span->low);
        size_t step = span->first + (size_t)(part * (double)(span->last - span->first));
        ok = fd_buffer_addf(page, error,
                            "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.2f</text>\n"
                            "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%zu</text>\n",
                            LEFT - 8, down(span, value) + 4, value, across(span, step), BOTTOM + 18,
                            step);
    }
    return ok;
}

static bool add_legend(const fd_loss_row *rows, size_t count, const extent *span, fd_buffer *page,
                       fd_error *error) {
    const fd_loss_row *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (!isnan(rows[i].held_out) && (!best || rows[i].held_out < best->held_out))
            best = &rows[i];
    bool ok = fd_buffer_addf(
        page, error,
        "<text x=\"%d\" y=\"22\">nats a token: <tspan fill=\"#4a6fa5\">learned "
        "from</tspan>%s</text>\n<text x=\"%d\" y=\"%d\" "
        "text-anchor=\"end\">step</text>\n",
        LEFT, best ? ", <tspan fill=\"#b5442e\">held out</tspan>" : "", RIGHT, BOTTOM + 38);
    if (ok && best)
        ok = fd_buffer_addf(
            page, error,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"#b5442e\"/>\n<text "
            "x=\"%d\" y=\"22\" text-anchor=\"end\">kept: step %zu, %.3f (%.4f bits a "
            "byte)</text>\n",
            across(span, best->step), down(span, best->held_out), RIGHT, best->step, best->held_out,
            best->bits);
    return ok;
}

bool fd_loss_svg(const fd_loss_row *rows, size_t count, fd_buffer *page, fd_error *error) {
    if (count < 2)
        return fd_fail(error, FD_FAILED, "A chart needs two steps.");
    extent span = span_of(rows, count);
    return fd_buffer_addf(page, error,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                          "font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\">\n"
                          "<title>Loss</title>\n<rect width=\"%d\" height=\"%d\" "
                          "fill=\"#fff\"/>\n",
                          WIDTH, HEIGHT, WIDTH, HEIGHT) &&
           add_axes(&span, page, error) && add_polyline(rows, count, &span, false, page, error) &&
           add_polyline(rows, count, &span, true, page, error) &&
           add_legend(rows, count, &span, page, error) &&
           fd_buffer_add_text(page, "</svg>\n", error);
}

/* ---- on a terminal ---------------------------------------------------------------------- */

enum { MARGIN = 7, MOST_COLUMNS = 200 };

/* A column's mean loss and last held-out loss, not numbers where there are none. */
typedef struct column {
    double loss, held_out;
} column;

static column column_of(const fd_loss_row *rows, size_t from, size_t to) {
    column mean = {NAN, NAN};
    double sum = 0.0;
    size_t there = 0;
    for (size_t i = from; i < to; i++) {
        if (!isnan(rows[i].loss)) {
            sum += rows[i].loss;
            there++;
        }
        if (!isnan(rows[i].held_out))
            mean.held_out = rows[i].held_out;
    }
    if (there)
        mean.loss = sum / (double)there;
    return mean;
}

/* How many eighths of a cell a value fills, counted from the chart's ground; at least one. */
static size_t eighths_of(const extent *span, double value, size_t lines) {
    double part = (value - span->low) / (span->high - span->low);
    return 1 + (size_t)(part * ((double)lines * 8.0 - 1.0) + 0.5);
}

static bool add_cell(const extent *span, const column *here, size_t line, size_t lines, bool colour,
                     fd_buffer *into, fd_error *error) {
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    size_t ground = (lines - 1 - line) * 8;
    if (!isnan(here->held_out)) {
        size_t height = eighths_of(span, here->held_out, lines) - 1;
        if (height / 8 == lines - 1 - line)
            return fd_buffer_add_text(into, colour ? "\033[31mo\033[m" : "o", error);
    }
    size_t height = isnan(here->loss) ? 0 : eighths_of(span, here->loss, lines);
    size_t filled = height <= ground ? 0 : height - ground < 8 ? height - ground : 8;
    return fd_buffer_add_text(into, blocks[filled], error);
}

bool fd_loss_chart(const fd_loss_row *rows, size_t count, size_t columns, size_t lines, bool colour,
                   fd_buffer *into, fd_error *error) {
    column means[MOST_COLUMNS];
    size_t wide = columns > MARGIN + MOST_COLUMNS ? MOST_COLUMNS : columns - MARGIN;
    if (count < 2 || columns <= MARGIN || lines == 0)
        return true;
    wide = wide < count ? wide : count;
    extent span = {INFINITY, -INFINITY, 0, 0};
    for (size_t c = 0; c < wide; c++) {
        means[c] = column_of(rows, c * count / wide, (c + 1) * count / wide);
        widen(&span, means[c].loss);
        widen(&span, means[c].held_out);
    }
    if (!(span.high - span.low > 1e-6))
        span.high = span.low + 1e-6;
    bool ok = true;
    for (size_t line = 0; ok && line < lines; line++) {
        double label = line == 0 ? span.high : span.low;
        bool labelled = line == 0 || line + 1 == lines;
        ok = labelled ? fd_buffer_addf(into, error, "%*.2f ", MARGIN - 1, label)
                      : fd_buffer_addf(into, error, "%*s", MARGIN, "");
        for (size_t c = 0; ok && c < wide; c++)
            ok = add_cell(&span, &means[c], line, lines, colour, into, error);
        ok = ok && fd_buffer_add_text(into, "\n", error);
    }
    return ok;
}
