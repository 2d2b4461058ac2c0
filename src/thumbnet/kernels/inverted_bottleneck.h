/* A 1x1 expansion, a depthwise convolution, a 1x1 projection and, where the block has one, the ADD
 * of its input, as one kernel. SPDX-License-Identifier: Apache-2.0
 *
 * A band of output rows is made together, column by column. The expanded tensor exists only as a
 * window: the rows that the band reads and the columns that a run reads. So what the band has in
 * common with the next one is expanded twice, and nothing else is computed again. */
#ifndef THUMBNET_KERNELS_INVERTED_BOTTLENECK_H
#define THUMBNET_KERNELS_INVERTED_BOTTLENECK_H

#include "thumbnet/layer.h"

typedef struct {
    thumbnet_part_t expand;
    thumbnet_part_t depthwise;
    thumbnet_part_t project;
    thumbnet_part_t add; /* no kernel: no residual */
    uint16_t columns;    /* of the window */
    uint16_t in_width;
    uint16_t in_channels;
    uint16_t expanded; /* channels */
    uint8_t band;      /* output rows */
    uint8_t rows;      /* kernel rows of the depthwise convolution, and so on */
    uint8_t stride;    /* of rows */
    uint8_t kernel_width;
    uint8_t stride_width;
    uint8_t pad_top;
    uint8_t pad_left;
    uint8_t residual; /* which of the operands of add is the block's input */
} thumbnet_inverted_bottleneck_t;

/* What stays in scratch between runs; the window's rows follow it. */
typedef struct {
    uint16_t first; /* column */
    uint16_t end;
} thumbnet_inverted_bottleneck_window_t;

/* Makes rows [from, to) of the window begin at column `first` and end at `end`; returns row 0.
 * `behind` is scratch for the expansion. */
THUMBNET_INLINE int8_t *thumbnet_inverted_bottleneck_slide(const thumbnet_inverted_bottleneck_t *p,
                                                           const void *const *rows, int32_t from,
                                                           int32_t to, int32_t first, int32_t end,
                                                           void *scratch, void *behind)
{
    thumbnet_inverted_bottleneck_window_t *window =
        (thumbnet_inverted_bottleneck_window_t *)scratch;
    int8_t *const pixels = (int8_t *)scratch + sizeof *window;
    const int32_t pitch = (int32_t)p->columns * p->expanded;
    const int32_t kept = window->end > first ? window->end - first : 0;
    const int32_t moved = (first - window->first) * p->expanded;
    int8_t *row = pixels + from * pitch;
    for (int32_t i = from; i < to; i++, row += pitch) {
        if (rows[i] != NULL) {
            const void *const in = (const int8_t *)rows[i] + kept * p->in_channels;
            if (kept != 0 && moved != 0) {
                thumbnet_move(row, row + moved, (uint32_t)(kept * p->expanded));
            }
            if (end - first > kept) {
                p->expand.kernel(p->expand.constants, &in, row + kept * p->expanded, first + kept,
                                 end - first - kept, behind);
            }
        }
    }
    window->first = (uint16_t)first;
    window->end = (uint16_t)end;
    return pixels;
}

/* The row kernel; `out` is the run's place or, of a band of several rows, an array of these. */
THUMBNET_INLINE void thumbnet_inverted_bottleneck_s8(const void *constants, const void *const *rows,
                                                     void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_inverted_bottleneck_t *p = (const thumbnet_inverted_bottleneck_t *)constants;
    const int32_t left = x * p->stride_width - p->pad_left;
    const int32_t first = left > 0 ? left : 0;
    const int32_t behind = left + (n - 1) * p->stride_width + p->kernel_width;
    const int32_t pitch = (int32_t)p->columns * p->expanded;
    void *const *const outs = p->band > 1 ? (void *const *)out : &out;
    /* The band at the tensor's border may have fewer rows. */
    int32_t top = 0;
    int32_t bottom = p->band;
    while (outs[top] == NULL) {
        top++;
    }
    while (outs[bottom - 1] == NULL) {
        bottom--;
    }
    if (x == 0) {
        memset(scratch, 0, sizeof(thumbnet_inverted_bottleneck_window_t));
    }
    const int32_t most = (p->band - 1) * p->stride + p->rows;
    const int32_t kept = (int32_t)sizeof(thumbnet_inverted_bottleneck_window_t) + most * pitch;
    int8_t *const filtered = (int8_t *)scratch + kept;
    int8_t *const projected = filtered + n * p->expanded;
    const int32_t used = kept + n * (p->expanded + (p->add.kernel == NULL ? 0 : p->in_channels));
    void *const parts = (int8_t *)scratch + ((used + 7) & -8);
    const int8_t *const window = thumbnet_inverted_bottleneck_slide(
        p, rows, top * p->stride, (bottom - 1) * p->stride + p->rows, first,
        behind < p->in_width ? behind : p->in_width, scratch, parts);
    for (int32_t b = top; b < bottom; b++) {
        const void *windows[THUMBNET_MAX_ROWS];
        for (int32_t k = 0; k < p->rows; k++) {
            const int32_t row = b * p->stride + k;
            windows[k] = rows[row] == NULL ? NULL : window + row * pitch;
        }
        p->depthwise.kernel(p->depthwise.constants, windows, filtered, x, n, parts);
        const void *operands[2] = {filtered, filtered};
        if (p->add.kernel == NULL) {
            p->project.kernel(p->project.constants, operands, outs[b], x, n, parts);
        } else {
            p->project.kernel(p->project.constants, operands, projected, x, n, parts);
            operands[1 - p->residual] = projected;
            operands[p->residual] =
                (const int8_t *)rows[b + p->pad_top] + (x - first) * p->in_channels;
            p->add.kernel(p->add.constants, operands, outs[b], x, n, parts);
        }
    }
}

#endif
