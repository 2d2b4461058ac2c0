/* transpose_conv of int8 and int16. SPDX-License-Identifier: Apache-2.0
 *
 * Pixels are gathered, not scattered: an output pixel reads those input pixels whose kernels reach
 * it, and these see every stride-th row and column of the kernel, one phase of it. The weights of
 * each phase are stored together. What a pixel reads is copied to scratch as int16, less its zero
 * point and with zeros for what lies outside; then all channels are made from there.
 *
 * A row of the kernel is stride_height rows of the output, from a whole multiple on: kernels are
 * not told which row they make, only which column. Where the height is no such multiple (`whole`),
 * the output is one long row, and so is the input. */
#ifndef THUMBNET_KERNELS_TRANSPOSE_CONV_H
#define THUMBNET_KERNELS_TRANSPOSE_CONV_H

#include "thumbnet/kernels/dense_s16.h"

typedef struct {
    thumbnet_dense_s16_t dense;
    const int32_t *phases; /* [stride_height, stride_width]: where the weights of each begin */
    uint16_t in_channels;
    uint16_t in_height;
    uint16_t in_width;
    uint16_t out_width;
    int16_t first; /* input row of the first row pointer, less the number of the row being made */
    int16_t in_zero_point;
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t stride_height;
    uint8_t stride_width;
    uint8_t pad_top;
    uint8_t pad_left;
} thumbnet_transpose_conv_t;

/* The rows or columns that an output row or column reads: `count` of the input from `from` on,
 * seeing every stride-th of the kernel from `phase` on. */
typedef struct {
    int32_t phase;
    int32_t from;
    int32_t count;
} thumbnet_reach_t;

THUMBNET_INLINE thumbnet_reach_t thumbnet_reach(int32_t place, int32_t kernel, int32_t stride)
{
    const int32_t last = (int32_t)((uint32_t)place / (uint32_t)stride);
    const int32_t phase = place - last * stride;
    const int32_t taps = kernel - phase + stride - 1;
    const int32_t count = taps >= stride ? (int32_t)((uint32_t)taps / (uint32_t)stride) : 0;
    const thumbnet_reach_t reach = {.phase = phase, .from = last - count + 1, .count = count};
    return reach;
}

/* One row of a window: `count` pixels of the input row `in` (NULL: outside) from column `from`. */
THUMBNET_INLINE int16_t *thumbnet_transpose_conv_row(const thumbnet_transpose_conv_t *p, int bytes,
                                                     const void *in, const thumbnet_reach_t *reach,
                                                     int16_t *window)
{
    const int32_t depth = p->in_channels;
    for (int32_t i = 0; i < reach->count; i++) {
        const int32_t column = reach->from + i;
        const int inside = in != NULL && column >= 0 && column < p->in_width;
        for (int32_t c = 0; c < depth; c++) {
            int32_t value = 0;
            if (inside) {
                const int32_t at = column * depth + c;
                value = bytes == 1 ? ((const int8_t *)in)[at] - p->in_zero_point
                                   : ((const int16_t *)in)[at];
            }
            *window++ = (int16_t)value;
        }
    }
    return window;
}

/* Where input row `row` is, counted from the row being made; NULL outside. */
THUMBNET_INLINE const void *thumbnet_transpose_conv_source(const thumbnet_transpose_conv_t *p,
                                                           int bytes, int whole,
                                                           const void *const *rows, int32_t row)
{
    if (!whole) {
        return rows[row - p->first];
    }
    const int32_t pitch = p->in_width * p->in_channels * bytes;
    return row >= 0 && row < p->in_height ? (const int8_t *)rows[0] + row * pitch : NULL;
}

/* The row kernel; bytes an element (1 or 2), whole, wide and rounding are literals. */
THUMBNET_INLINE void thumbnet_transpose_conv(const void *constants, int bytes, int whole, int wide,
                                             int rounding, const void *const *rows, void *out,
                                             int32_t x, int32_t n, void *scratch)
{
    const thumbnet_transpose_conv_t *p = (const thumbnet_transpose_conv_t *)constants;
    const thumbnet_dense_s16_t *dense = &p->dense;
    int8_t *pixel = (int8_t *)out;
    int32_t y = 0;
    while (x >= p->out_width) {
        x -= p->out_width;
        y++;
    }
    for (; n > 0; n--) {
        const thumbnet_reach_t down =
            thumbnet_reach(y + p->pad_top, p->kernel_height, p->stride_height);
        const thumbnet_reach_t across =
            thumbnet_reach(x + p->pad_left, p->kernel_width, p->stride_width);
        int16_t *window = (int16_t *)scratch;
        const int8_t *weights =
            dense->weights + p->phases[down.phase * p->stride_width + across.phase];
        const int32_t row = across.count * p->in_channels;
        const int32_t pitch = down.count * row;
        /* Rows outside are left out where that leaves the order of the weights as it is. */
        const int shortens = (row & 3) == 0;
        for (int32_t i = 0; i < down.count; i++) {
            const void *in = thumbnet_transpose_conv_source(p, bytes, whole, rows, down.from + i);
            if (in != NULL || !shortens) {
                window = thumbnet_transpose_conv_row(p, bytes, in, &across, window);
            } else if (window == (int16_t *)scratch) {
                weights += row;
            }
        }
        const int16_t *taps = (const int16_t *)scratch;
        thumbnet_dense_s16(dense, wide, rounding, 1, weights, pitch, (int32_t)(window - taps), taps,
                           taps, pixel);
        pixel += bytes * dense->out_channels;
        x++;
        if (x == p->out_width) {
            x = 0;
            y++;
        }
    }
}

#endif
