/* clock.h - the time that has passed. Nothing that is told depends on it: it is for rates and waits
 * alone. */
#ifndef FD_MODEL_CLOCK_H
#define FD_MODEL_CLOCK_H

/* Seconds on a clock that only goes forward; its beginning means nothing. */
double fd_clock_seconds(void);

#endif
