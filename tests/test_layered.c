/* Layers, orders and places of a drawing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "story/layered.h"

enum { MOST = 64 };

typedef struct sketch {
    fd_layered_node nodes[MOST];
    fd_layered_link links[4 * MOST];
    fd_layered graph;
} sketch;

static void place(sketch *it, size_t nodes, const size_t (*links)[2], size_t count) {
    fd_error error = {FD_OK, ""};
    for (size_t i = 0; i < nodes; i++)
        it->nodes[i] = (fd_layered_node){.breadth = 10.0 + (double)(i % 3)};
    for (size_t i = 0; i < count; i++)
        it->links[i] = (fd_layered_link){.from = links[i][0], .to = links[i][1]};
    it->graph = (fd_layered){.nodes = it->nodes,
                             .node_count = nodes,
                             .links = it->links,
                             .link_count = count,
                             .gap = 4.0};
    assert_true(fd_layered_place(&it->graph, &error));
    for (size_t a = 0; a < nodes; a++) {
        assert_true(it->nodes[a].at - 0.5 * it->nodes[a].breadth > -1e-6);
        assert_true(it->nodes[a].at + 0.5 * it->nodes[a].breadth < it->graph.breadth + 1e-6);
        for (size_t b = 0; b < a; b++) {
            double apart = it->nodes[a].at - it->nodes[b].at;
            double room = 0.5 * (it->nodes[a].breadth + it->nodes[b].breadth) + it->graph.gap;
            if (it->nodes[a].layer == it->nodes[b].layer)
                assert_true((apart < 0.0 ? -apart : apart) > room - 1e-6);
        }
    }
}

static void a_layer_is_the_fewest_links_from_the_start(void **state) {
    (void)state;
    static const size_t links[][2] = {{0, 1}, {1, 2}, {2, 3}, {0, 2}, {3, 0}, {4, 3}, {3, 3}};
    static const size_t layers[] = {0, 1, 1, 2, 0};
    sketch it;
    place(&it, 5, links, 7);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(it.nodes[i].layer, layers[i]);
    assert_int_equal(it.graph.layers, 3);
    assert_int_equal(it.links[4].bends, 1); /* back over layer 1 */
    assert_int_equal(it.links[5].bends, 1); /* on from what nothing reaches */
    assert_int_equal(it.links[1].bends, 0);
}

static void links_that_need_not_cross_do_not(void **state) {
    (void)state;
    /* two trees of which the second's leaves are told in the opposite order */
    static const size_t links[][2] = {{0, 1}, {0, 2}, {1, 5}, {1, 4}, {2, 3},
                                      {2, 6}, {3, 7}, {4, 8}, {5, 9}, {6, 10}};
    sketch it;
    place(&it, 11, links, 10);
    assert_int_equal(it.graph.crossings, 0);
    double between = it.nodes[7].at - it.nodes[3].at;
    assert_true(between < 1.0 && between > -1.0); /* a lone link goes straight on */
}

static void crossings_that_must_be_are_counted(void **state) {
    (void)state;
    /* all three of one layer lead to all three of the next: nine crossings in any order */
    static const size_t links[][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 4}, {1, 5}, {1, 6},
                                      {2, 4}, {2, 5}, {2, 6}, {3, 4}, {3, 5}, {3, 6}};
    sketch it;
    place(&it, 7, links, 12);
    assert_int_equal(it.graph.crossings, 9);
}

static void a_long_way_back_has_no_bends(void **state) {
    (void)state;
    size_t links[FD_LAYERED_BENDS + 3][2];
    for (size_t i = 0; i < FD_LAYERED_BENDS + 2; i++) {
        links[i][0] = i;
        links[i][1] = i + 1;
    }
    links[FD_LAYERED_BENDS + 2][0] = FD_LAYERED_BENDS + 2;
    links[FD_LAYERED_BENDS + 2][1] = 0;
    sketch it;
    place(&it, FD_LAYERED_BENDS + 3, (const size_t(*)[2])links, FD_LAYERED_BENDS + 3);
    assert_int_equal(it.links[FD_LAYERED_BENDS + 2].bends, 0);
    place(&it, 1, (const size_t(*)[2])links, 0);
    assert_int_equal(it.graph.layers, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_is_the_fewest_links_from_the_start),
        cmocka_unit_test(links_that_need_not_cross_do_not),
        cmocka_unit_test(crossings_that_must_be_are_counted),
        cmocka_unit_test(a_long_way_back_has_no_bends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
