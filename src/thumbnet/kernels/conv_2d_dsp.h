/* conv_2d and fully_connected for Arm's DSP extension. SPDX-License-Identifier: Apache-2.0
 *
 * The windows of three neighbouring columns (or two, or one, at a run's end) are expanded into
 * scratch, then all channels of these pixels are made from there (conv_2d_tile_dsp.h). So a run may
 * write over all that the windows of these three read, and edges cost nothing but what fills
 * scratch there with the zero point.
 *
 * `effort` and `clamp` are literals: what flash is spent on (0 size, 1 balanced, 2 speed), and
 * whether the activation is narrower than int8. */
#ifndef THUMBNET_KERNELS_CONV_2D_DSP_H
#define THUMBNET_KERNELS_CONV_2D_DSP_H

#include "thumbnet/kernels/conv_2d_tile_dsp.h"
#include "thumbnet/kernels/im2col_dsp.h"

/* How many columns are made together when `n` are left. */
THUMBNET_INLINE int32_t thumbnet_conv_2d_columns(int32_t n, int effort)
{
    return effort == 0 ? 1 : n < 3 ? n : 3;
}

/* 1x1 with stride 1 and no padding, in_channels a multiple of 4: a row, or a whole tensor as one
 * long row. */
THUMBNET_INLINE void thumbnet_conv_2d_1x1_dsp_s8(const void *constants, int effort, int clamp,
                                                 const void *const *rows, void *out, int32_t x,
                                                 int32_t n, void *scratch)
{
    const thumbnet_conv_2d_dsp_t *p = (const thumbnet_conv_2d_dsp_t *)constants;
    const int32_t depth = p->in_channels;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *to = (int8_t *)out;
    while (n > 0) {
        const int32_t columns = thumbnet_conv_2d_columns(n, effort);
        thumbnet_dsp_expand((int16_t *)scratch, in, depth, depth >> 2, columns);
        to = thumbnet_conv_2d_tile(p, effort, clamp, columns, (const int16_t *)scratch, to);
        in += columns * depth;
        n -= columns;
    }
    (void)x;
}

/* The same, pixel by pixel: for tensors of a single pixel. */
THUMBNET_INLINE void thumbnet_fully_connected_dsp_s8(const void *constants, int effort, int clamp,
                                                     const void *const *rows, void *out, int32_t x,
                                                     int32_t n, void *scratch)
{
    const thumbnet_conv_2d_dsp_t *p = (const thumbnet_conv_2d_dsp_t *)constants;
    const int32_t depth = p->in_channels;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *to = (int8_t *)out;
    for (; n > 0; n--, in += depth) {
        thumbnet_dsp_expand((int16_t *)scratch, in, 0, depth >> 2, 1);
        to = thumbnet_conv_2d_tile(p, effort, clamp, 1, (const int16_t *)scratch, to);
    }
    (void)x;
}

/* Expands one row of the windows of columns that reach outside; in_channels is a multiple of 4.
 * `row` points at column `base`, the first window begins at `column`. */
static THUMBNET_NOINLINE int16_t *thumbnet_conv_2d_edge(const thumbnet_conv_2d_dsp_t *p,
                                                        const int8_t *row, int32_t base,
                                                        int32_t column, int16_t *to,
                                                        int32_t columns)
{
    const int32_t quads = p->in_channels >> 2;
    int16_t *end = to;
    for (int32_t j = 0; j < columns; j++, column += p->stride_width) {
        int16_t *lane = to + 2 * j;
        for (int32_t c = column; c < column + p->kernel_width; c++) {
            if (c >= 0 && c < p->in_width) {
                lane = thumbnet_dsp_expand_1(lane, columns, row + (c - base) * 4 * quads, quads);
            } else {
                for (int32_t i = 2 * quads; i > 0; i--, lane += 2 * columns) {
                    lane[0] = p->in_zero_point;
                    lane[1] = p->in_zero_point;
                }
            }
        }
        end = lane - 2 * j;
    }
    return end;
}

/* The row kernel of any window; in_channels is a multiple of 4. */
THUMBNET_INLINE void thumbnet_conv_2d_dsp_s8(const void *constants, int effort, int clamp,
                                             const void *const *rows, void *out, int32_t x,
                                             int32_t n, void *scratch)
{
    const thumbnet_conv_2d_dsp_t *p = (const thumbnet_conv_2d_dsp_t *)constants;
    const int32_t depth = p->in_channels;
    const int32_t stride = p->stride_width;
    const int32_t quads = p->kernel_width * depth >> 2;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t columns = thumbnet_conv_2d_columns(n, effort);
        const int32_t end = column + (columns - 1) * stride + p->kernel_width;
        int16_t *to = (int16_t *)scratch;
        for (int32_t k = 0; k < p->kernel_height; k++) {
            const int8_t *row = (const int8_t *)rows[k];
            if (row == NULL) {
                to = thumbnet_dsp_fill(to, p->in_zero_point, quads, columns);
            } else if (column < 0 || end > p->in_width) {
                to = thumbnet_conv_2d_edge(p, row, base, column, to, columns);
            } else {
                const int8_t *from = row + (column - base) * depth;
                to = thumbnet_dsp_expand(to, from, stride * depth, quads, columns);
            }
        }
        pixel = thumbnet_conv_2d_tile(p, effort, clamp, columns, (const int16_t *)scratch, pixel);
        column += columns * stride;
        n -= columns;
    }
}

/* Writes a window's bytes one behind the other to `to`. */
THUMBNET_INLINE void thumbnet_conv_2d_gather(const thumbnet_conv_2d_dsp_t *p,
                                             const void *const *rows, int32_t base, int32_t column,
                                             int8_t *to)
{
    const int32_t depth = p->in_channels;
    const int32_t width = p->kernel_width;
    int32_t first = column < 0 ? -column : 0;
    int32_t last = p->in_width - column < width ? p->in_width - column : width;
    first = first < width ? first : width;
    last = (last > first ? last : first) * depth;
    const int32_t size = width * depth;
    const int32_t offset = (column - base) * depth;
    first *= depth;
    for (int32_t k = 0; k < p->kernel_height; k++, to += size) {
        const int8_t *row = (const int8_t *)rows[k];
        int32_t i = 0;
        if (row == NULL) {
            for (; i < size; i++) {
                to[i] = p->in_zero_point;
            }
            continue;
        }
        for (; i < first; i++) {
            to[i] = p->in_zero_point;
        }
        for (; i < last; i++) {
            to[i] = row[offset + i];
        }
        for (; i < size; i++) {
            to[i] = p->in_zero_point;
        }
    }
}

/* The row kernel of any window and any in_channels: each window is gathered behind the expanded
 * ones first. */
THUMBNET_INLINE void thumbnet_conv_2d_gathered_dsp_s8(const void *constants, int effort, int clamp,
                                                      const void *const *rows, void *out, int32_t x,
                                                      int32_t n, void *scratch)
{
    const thumbnet_conv_2d_dsp_t *p = (const thumbnet_conv_2d_dsp_t *)constants;
    const int32_t quads = p->quads;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    int16_t *to = (int16_t *)scratch;
    while (n > 0) {
        const int32_t columns = thumbnet_conv_2d_columns(n, effort);
        int8_t *bytes = (int8_t *)(to + 4 * quads * columns);
        for (int32_t j = 0; j < columns; j++, column += p->stride_width) {
            thumbnet_conv_2d_gather(p, rows, base, column, bytes);
            thumbnet_dsp_expand_1(to + 2 * j, columns, bytes, quads);
        }
        pixel = thumbnet_conv_2d_tile(p, effort, clamp, columns, to, pixel);
        n -= columns;
    }
}

#endif
