#define _POSIX_C_SOURCE 200809L
#include "game/loss_log.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "game/loss_chart.h"
#include "model/file.h"

static const char header[] = "step,loss,rate,held_out_loss,held_out_bits_per_byte\n";
enum { FIELDS = 5, LONGEST = 256 };

static bool add_field(fd_buffer *line, double value, const char *format, fd_error *error) {
    char text[64] = "";
    if (!isnan(value))
        (void)snprintf(text, sizeof text, format, value);
    return fd_buffer_addf(line, error, ",%s", text);
}

static bool add_line(fd_buffer *text, const fd_loss_row *row, fd_error *error) {
    return fd_buffer_addf(text, error, "%zu", row->step) &&
           add_field(text, row->loss, "%.6f", error) && add_field(text, row->rate, "%.4e", error) &&
           add_field(text, row->held_out, "%.6f", error) &&
           add_field(text, row->bits, "%.6f", error) && fd_buffer_add_text(text, "\n", error);
}

/* One line up to its newline; false when it is none of add_line's. */
static bool read_line(const char *line, fd_loss_row *row) {
    double values[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        char *end;
        bool empty = *line == ',' || *line == '\n';
        values[i] = empty ? NAN : strtod(line, &end);
        if (!empty && end == line)
            return false;
        line = empty ? line : end;
        if (*line++ != (i + 1 < FIELDS ? ',' : '\n'))
            return false;
    }
    if (!(values[0] >= 0.0 && values[0] < 0x1p53))
        return false;
    *row = (fd_loss_row){(size_t)values[0], values[1], values[2], values[3], values[4]};
    return true;
}

static bool keep_row(fd_loss_log *log, const fd_loss_row *row, fd_error *error) {
    if (!fd_grow((void **)&log->rows, &log->capacity, log->count + 1, sizeof *row, "the losses",
                 error))
        return false;
    log->rows[log->count++] = *row;
    return true;
}

static bool read_rows(fd_loss_log *log, size_t step, fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 30);
    bool ok = access(log->csv, F_OK) != 0 || fd_file_read(log->csv, &text, error);
    const char *line = strchr(fd_buffer_text(&text), '\n');
    fd_loss_row row;
    for (; ok && line && strchr(line + 1, '\n'); line = strchr(line + 1, '\n'))
        if (read_line(line + 1, &row) && row.step <= step)
            ok = keep_row(log, &row, error);
    fd_buffer_free(&text);
    return ok;
}

bool fd_loss_log_open(fd_loss_log *log, const char *directory, bool resume, size_t step,
                      fd_error *error) {
    *log = (fd_loss_log){.file = -1};
    fd_buffer text = FD_BUFFER((size_t)1 << 30);
    bool ok = fd_file_path(log->csv, error, "%s/loss.csv", directory) &&
              fd_file_path(log->svg, error, "%s/loss.svg", directory) &&
              (!resume || read_rows(log, step, error)) && fd_buffer_add_text(&text, header, error);
    for (size_t i = 0; ok && i < log->count; i++)
        ok = add_line(&text, &log->rows[i], error);
    ok = ok && fd_file_replace(log->csv, fd_buffer_text(&text), text.length, error);
    fd_buffer_free(&text);
    if (!ok)
        return false;
    log->file = open(log->csv, O_WRONLY | O_APPEND | O_CLOEXEC);
    return log->file >= 0 ||
           fd_fail(error, FD_FAILED, "%s cannot be written: %s.", log->csv, strerror(errno));
}

void fd_loss_log_close(fd_loss_log *log) {
    if (log->file >= 0)
        close(log->file);
    free(log->rows);
    *log = (fd_loss_log){.file = -1};
}

bool fd_loss_log_add(fd_loss_log *log, const fd_loss_row *row, fd_error *error) {
    fd_buffer line = FD_BUFFER(LONGEST);
    bool ok = keep_row(log, row, error) && add_line(&line, row, error);
    if (ok && !fd_file_write(log->file, line.data, line.length))
        ok = fd_fail(error, FD_FAILED, "%s cannot be written: %s.", log->csv, strerror(errno));
    fd_buffer_free(&line);
    return ok;
}

bool fd_loss_log_draw(const fd_loss_log *log, fd_error *error) {
    fd_buffer page = FD_BUFFER((size_t)1 << 30);
    bool ok = fd_loss_svg(log->rows, log->count, &page, error) &&
              fd_file_replace(log->svg, page.data, page.length, error);
    fd_buffer_free(&page);
    return ok;
}
