#include "story/tendency.h"

/* The place of a choice among those that are no typing. */
static size_t place_of(const fd_turn *turn, size_t choice) {
    size_t place = 0;
    for (size_t i = 0; i < choice; i++)
        place += !turn->choices[i].typed;
    return place;
}

static bool visited(const fd_path *path, size_t passage) {
    for (size_t i = 0; i < path->count; i++)
        if (path->turns[i]->passage == passage)
            return true;
    return false;
}

static double likelihood(const fd_path *path, size_t choice) {
    const fd_turn *here = fd_path_last(path);
    size_t place = place_of(here, choice), offered = 0, taken = 0;
    for (size_t i = 1; i < path->count; i++) {
        const fd_turn *before = path->turns[i - 1];
        const fd_action *action = &path->turns[i]->action;
        if (place_of(before, before->choice_count) <= place)
            continue;
        offered++;
        taken += action->kind == FD_ACT_CHOOSE && place_of(before, action->choice) == place;
    }
    double likely = (double)(taken + 1) / (double)(offered + 2);
    return visited(path, here->choices[choice].target) ? likely / 2.0 : likely;
}

size_t fd_tendency_order(const fd_path *path, size_t *order, size_t most) {
    const fd_turn *here = fd_path_last(path);
    size_t count = 0;
    for (size_t i = 0; here && i < here->choice_count; i++) {
        if (here->choices[i].typed)
            continue;
        size_t at = count++;
        for (; at > 0 && likelihood(path, order[at - 1]) < likelihood(path, i); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return count < most ? count : most;
}
