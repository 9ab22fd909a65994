/* reader.h - a scripted reader: reads every turn at so many words a minute, then chooses at random
 * or answers, and measures how long the next turn's first word takes after the key.
 *
 * The rest of a turn's reading time is skipped once foresight sleeps, since nothing more would
 * happen in it: the measurements are those of reading it out. */
#ifndef FD_TESTS_READER_H
#define FD_TESTS_READER_H

#include <math.h>
#include <string.h>
#include <time.h>

#include "game/session.h"
#include "model/clock.h"
#include "model/random.h"

typedef struct reader {
    double words_a_minute;
    size_t most_turns;
    fd_random_key key; /* of what is chosen */
} reader;

typedef struct reading {
    size_t turns, choices, late; /* late: later than READER_FRAME_S */
    size_t typed;                /* of the turns: after an answer of the reader's own */
    double worst_s, waited_s;    /* in the late ones */
    double read_s;               /* what reading took, skipped time included */
} reading;

#define READER_FRAME_S 0.050

static size_t reader_words(const fd_turn *turn) {
    size_t words = fd_turn_words(turn);
    for (size_t i = 0; i < turn->choice_count; i++)
        for (const char *at = turn->choices[i].label; *at; at++)
            words += *at == ' ' || !at[1];
    return words;
}

static void reader_read(const reader *self, fd_session *session, reading *done) {
    const fd_turn *turn = fd_path_last(&session->path);
    double wanted = (double)reader_words(turn) * 60.0 / self->words_a_minute;
    double until = fd_clock_seconds() + wanted;
    const struct timespec moment = {0, 5000000};
    while (fd_clock_seconds() < until && fd_foresight_left(session->foresight) > 0)
        (void)nanosleep(&moment, NULL);
    done->read_s += wanted;
}

/* What is done at this turn; false at an ending. Questions are answered with a word of the reader's
 * own, which nobody can foresee, every second time. */
static bool reader_act(const reader *self, const fd_turn *here, size_t turns, fd_action *action,
                       bool *typed) {
    static char own[] = "the mill";
    *typed = false;
    if (here->question) {
        *typed = turns % 2 == 1;
        *action = (fd_action){FD_ACT_ANSWER, 0, *typed ? own : here->question->fallback};
        return true;
    }
    if (here->choice_count == 0)
        return false;
    size_t choice = (size_t)fd_random_below(self->key, turns, here->choice_count);
    *typed = here->choices[choice].typed;
    *action = (fd_action){*typed ? FD_ACT_TYPE : FD_ACT_CHOOSE, choice, *typed ? own : NULL};
    return true;
}

/* Plays a session that has just begun. `tell` (or NULL) hears of every late turn. */
static bool reader_play(const reader *self, fd_session *session, reading *done,
                        void (*tell)(const fd_session *session, double waited_s, bool typed),
                        fd_error *error) {
    const fd_action start = {FD_ACT_START, 0, NULL};
    bool ok = fd_session_act(session, &start, 0, error), typed = false;
    for (size_t turn = 0; ok && turn < self->most_turns; turn++) {
        fd_action action;
        ok = fd_foresight_look(session->foresight, &session->path, error);
        if (!ok || !reader_act(self, fd_path_last(&session->path), turn, &action, &typed))
            break;
        reader_read(self, session, done);
        double asked = fd_clock_seconds();
        ok = fd_session_act(session, &action, 0, error);
        double waited = fd_clock_seconds() - asked;
        done->turns++;
        done->typed += typed;
        done->choices += !typed;
        if (waited <= READER_FRAME_S)
            continue;
        done->late += !typed;
        done->waited_s += waited;
        done->worst_s = fmax(done->worst_s, waited);
        if (ok && tell)
            tell(session, waited, typed);
    }
    return ok;
}

#endif
