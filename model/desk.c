#include "model/desk.h"

#include <pthread.h>
#include <stdlib.h>

#include "model/kernels.h"
#include "model/memory.h"

struct fd_desks {
    fd_config config;
    pthread_mutex_t lock;
    fd_desk *free; /* those not in use */
};

fd_desks *fd_desks_new(const fd_config *config, fd_error *error) {
    fd_desks *desks = fd_alloc(1, sizeof *desks, "the model's work", error);
    if (!desks)
        return NULL;
    desks->config = *config;
    pthread_mutex_init(&desks->lock, NULL);
    return desks;
}

static void free_rows(fd_desk *desk) {
    free(desk->stream);
    free(desk->normed);
    free(desk->wide);
    free(desk->x);
    free(desk->x_scale);
    free(desk->lines);
    desk->rows = 0;
}

static void free_desk(fd_desk *desk) {
    free_rows(desk);
    free(desk->scores);
    free(desk->whole);
    free(desk->sums);
    fd_pool_free(desk->pool);
    free(desk);
}

void fd_desks_free(fd_desks *desks) {
    if (!desks)
        return;
    while (desks->free) {
        fd_desk *first = desks->free;
        desks->free = first->next;
        free_desk(first);
    }
    pthread_mutex_destroy(&desks->lock);
    free(desks);
}

static void *aligned(size_t count, size_t size, fd_error *error) {
    return fd_alloc_lines(count, size, "the model's work", error);
}

static fd_desk *new_desk(const fd_config *config, size_t threads, fd_error *error) {
    size_t head = config->width / config->heads;
    fd_desk *desk = fd_alloc(1, sizeof *desk, "the model's work", error);
    if (!desk)
        return NULL;
    desk->threads = threads;
    desk->room = (config->context > head ? config->context : head) + FD_BLOCK;
    desk->pool = fd_pool_new(threads, error);
    size_t looks = desk->pool ? fd_pool_workers(desk->pool) * FD_TOGETHER : 0;
    if (desk->pool) {
        desk->scores = aligned(looks, desk->room * sizeof(float), error);
        desk->whole = aligned(looks, desk->room * sizeof(int16_t), error);
        desk->sums = aligned(looks, head * sizeof(int32_t), error);
    }
    if (desk->scores && desk->whole && desk->sums)
        return desk;
    free_desk(desk);
    return NULL;
}

static bool make_room(fd_desk *desk, const fd_config *config, size_t rows, fd_error *error) {
    size_t line = config->width * sizeof(float);
    if (rows <= desk->rows)
        return true;
    free_rows(desk);
    desk->stream = aligned(rows, line, error);
    desk->normed = aligned(rows, line, error);
    desk->wide = aligned(rows, 4 * line, error);
    desk->x = aligned(rows, 4 * config->width * sizeof(int16_t), error);
    desk->x_scale = aligned(rows, sizeof(float), error);
    desk->lines = fd_alloc(rows, sizeof(float *), "the model's work", error);
    bool ok = desk->stream && desk->normed && desk->wide && desk->x && desk->x_scale && desk->lines;
    desk->rows = ok ? rows : 0;
    return ok;
}

fd_desk *fd_desk_take(fd_desks *desks, size_t threads, size_t rows, fd_error *error) {
    pthread_mutex_lock(&desks->lock);
    fd_desk **at = &desks->free;
    while (*at && (*at)->threads != threads)
        at = &(*at)->next;
    fd_desk *desk = *at;
    if (desk)
        *at = desk->next;
    pthread_mutex_unlock(&desks->lock);
    if (!desk)
        desk = new_desk(&desks->config, threads, error);
    if (desk && !make_room(desk, &desks->config, rows, error)) {
        fd_desk_give(desks, desk);
        return NULL;
    }
    return desk;
}

void fd_desk_give(fd_desks *desks, fd_desk *desk) {
    pthread_mutex_lock(&desks->lock);
    desk->next = desks->free;
    desks->free = desk;
    pthread_mutex_unlock(&desks->lock);
}
