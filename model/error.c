#include "model/error.h"

#include <stdarg.h>
#include <stdio.h>

bool fd_fail(fd_error *error, fd_status status, const char *format, ...) {
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        (void)vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return false;
}

bool fd_fail_memory(fd_error *error, const char *what) {
    return fd_fail(error, FD_FAILED, "There is not enough memory for %s.", what);
}
