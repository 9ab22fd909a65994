/* null.c - the front end without a screen: a reader who chooses at random, and counts. */
#include <stdlib.h>
#include <string.h>

#include "game/frontend.h"
#include "model/memory.h"
#include "model/random.h"

typedef struct reader {
    fd_random_key key;
    uint64_t drawn;
    size_t most_turns, turns;
    size_t choices;
    bool typing, question, ended;
} reader;

static bool title(void *self, const fd_status_line *status, const char *note, bool *quit,
                  fd_error *error) {
    (void)self, (void)status, (void)note, (void)error;
    *quit = false;
    return true;
}

static bool tell(void *context, const fd_scene *scene, const fd_status_line *status,
                 fd_error *error) {
    reader *self = context;
    (void)status, (void)error;
    self->turns++;
    self->choices = scene->choice_count;
    self->typing = scene->typing != NULL;
    self->question = scene->question != NULL;
    self->ended = scene->ending;
    return true;
}

static void forget(void *self, size_t count) {
    (void)self, (void)count;
}

static void think(void *self, size_t done, size_t wanted) {
    (void)self, (void)done, (void)wanted;
}

static void notice(void *self, const char *sentence) {
    (void)self, (void)sentence;
}

static bool pick(void *self, const fd_list *list, size_t *picked, char *key, fd_error *error) {
    (void)self, (void)error;
    *picked = list->count;
    *key = '\n';
    return true;
}

static bool page(void *self, const char *heading, const fd_stretch *stretches, size_t count,
                 fd_error *error) {
    (void)self, (void)heading, (void)stretches, (void)count, (void)error;
    return true;
}

static bool write_text(void *self, const char *heading, fd_buffer *text, size_t most, bool *kept,
                       fd_error *error) {
    (void)self, (void)heading, (void)text, (void)most, (void)error;
    *kept = false;
    return true;
}

static bool read_event(void *context, int wait_ms, fd_event *event, fd_error *error) {
    reader *self = context;
    (void)error;
    *event = (fd_event){.kind = FD_EVENT_NONE};
    if (wait_ms >= 0)
        return true; /* asked between other work: nobody is there */
    size_t ways = self->choices + self->typing;
    if (self->question) {
        event->kind = FD_EVENT_TYPE; /* an empty answer takes the author's */
    } else if (self->ended || ways == 0 || self->turns >= self->most_turns) {
        event->kind = FD_EVENT_QUIT;
    } else {
        event->choice = (size_t)fd_random_below(self->key, self->drawn++, ways);
        event->kind = event->choice < self->choices ? FD_EVENT_CHOOSE : FD_EVENT_TYPE;
        memcpy(event->text, "I am here", sizeof "I am here");
    }
    return true;
}

static const fd_frontend null_table = {.title = title,
                                       .tell = tell,
                                       .forget = forget,
                                       .think = think,
                                       .pick = pick,
                                       .page = page,
                                       .write = write_text,
                                       .read = read_event,
                                       .notice = notice,
                                       .close = free};

void *fd_null_open(uint64_t seed, size_t most_turns, const fd_frontend **table, fd_error *error) {
    reader *self = fd_alloc(1, sizeof *self, "the reader", error);
    if (!self)
        return NULL;
    enum { STREAM_READER = 31 };
    self->key = (fd_random_key){seed, STREAM_READER};
    self->most_turns = most_turns;
    *table = &null_table;
    return self;
}
