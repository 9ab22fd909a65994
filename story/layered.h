/* layered.h - where to draw the nodes of a directed graph: in layers, few links crossing.
 *
 * The method is Sugiyama's (K. Sugiyama, S. Tagawa, M. Toda: Methods for Visual Understanding of
 * Hierarchical System Structures, IEEE Trans. SMC 11, 1981): a node's layer is the fewest links
 * from the start, so that links lead on by one layer, stay, or lead back, which breaks the cycles;
 * links over several layers get a bend in each layer between; orders by medians (P. Eades,
 * N. Wormald, 1994), crossings counted as inversions (W. Barth, M. Jünger, P. Mutzel, 2002); places
 * by the least squares from the neighbours' mean that keep the order and the gaps, which pooling
 * adjacent violators finds (M. Ayer and others, 1955).
 *
 * Nothing depends on anything but the arguments. */
#ifndef FD_STORY_LAYERED_H
#define FD_STORY_LAYERED_H

#include <stddef.h>

#include "model/error.h"

enum { FD_LAYERED_BENDS = 8 }; /* a link over more layers than that is drawn without bends */

typedef struct fd_layered_node {
    double breadth; /* given: the room it takes in its layer */
    size_t layer;   /* found; what the start does not reach begins at layer 0 again */
    double at;      /* found: its middle, from 0 */
} fd_layered_node;

typedef struct fd_layered_link {
    size_t from, to; /* given */
    size_t bends;    /* found: layers between, in the order from..to */
    double at[FD_LAYERED_BENDS];
} fd_layered_link;

typedef struct fd_layered {
    fd_layered_node *nodes; /* the caller's */
    size_t node_count;
    fd_layered_link *links; /* the caller's */
    size_t link_count;
    size_t start;             /* a node */
    double gap;               /* between neighbours of a layer */
    size_t layers, crossings; /* found */
    double breadth;           /* found */
} fd_layered;

bool fd_layered_place(fd_layered *graph, fd_error *error);

#endif
