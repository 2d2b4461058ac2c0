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

/* Expands the whole quads of windows that reach outside, row by row through `line`, and copies what
 * remains of each row. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_gather_edge(const thumbnet_conv_2d_dsp_t *p,
                                                           const void *const *rows, int32_t base,
                                                           int32_t column, int32_t columns,
                                                           int16_t *to, int8_t *remains)
{
    const int32_t depth = p->in_channels;
    const int32_t size = p->kernel_width * depth;
    const int32_t rest = size & 3;
    int8_t *line = remains + ((p->kernel_height * rest + 3) & ~3) * columns;
    for (int32_t j = 0; j < columns; j++, column += p->stride_width, to += 2) {
        int16_t *lane = to;
        for (int32_t k = 0; k < p->kernel_height; k++) {
            const int8_t *row = (const int8_t *)rows[k];
            for (int32_t c = 0; c < p->kernel_width; c++) {
                const int32_t place = column + c;
                const int inside = row != NULL && place >= 0 && place < p->in_width;
                for (int32_t i = 0; i < depth; i++) {
                    line[c * depth + i] =
                        inside ? row[(place - base) * depth + i] : p->in_zero_point;
                }
            }
            lane = thumbnet_dsp_expand_1(lane, columns, line, size >> 2);
            for (int32_t i = size - rest; i < size; i++) {
                *remains++ = line[i];
            }
        }
        remains += -(p->kernel_height * rest) & 3;
    }
}

/* The same of windows inside. */
THUMBNET_INLINE void thumbnet_conv_2d_gather(const thumbnet_conv_2d_dsp_t *p,
                                             const void *const *rows, int32_t offset,
                                             int32_t columns, int16_t *to, int8_t *remains)
{
    const int32_t size = p->kernel_width * p->in_channels;
    const int32_t step = p->stride_width * p->in_channels;
    const int32_t rest = size & 3;
    const int32_t pitch = (p->kernel_height * rest + 3) & ~3;
    for (int32_t k = 0; k < p->kernel_height; k++) {
        const int8_t *from = (const int8_t *)rows[k] + offset;
        if (size >= 4) {
            to = thumbnet_dsp_expand(to, from, step, size >> 2, columns);
        }
        from += size - rest;
        for (int32_t i = 0; i < rest; i++) {
            int8_t *keep = remains++;
            for (int32_t j = 0; j < columns; j++, keep += pitch) {
                *keep = from[j * step + i];
            }
        }
    }
}

/* The row kernel of any window and any in_channels. Of each of a window's rows the whole quads come
 * first; what remains of all rows follows. Behind the expanded windows lie these remains of each
 * column, then a row of a window that reaches outside. */
THUMBNET_INLINE void thumbnet_conv_2d_gathered_dsp_s8(const void *constants, int effort, int clamp,
                                                      const void *const *rows, void *out, int32_t x,
                                                      int32_t n, void *scratch)
{
    const thumbnet_conv_2d_dsp_t *p = (const thumbnet_conv_2d_dsp_t *)constants;
    const int32_t stride = p->stride_width;
    const int32_t size = p->kernel_width * p->in_channels;
    const int32_t whole = p->kernel_height * (size >> 2);
    const int32_t tail = (p->kernel_height * (size & 3) + 3) >> 2;
    int16_t *const to = (int16_t *)scratch;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    int exist = 1;
    for (int32_t k = 0; k < p->kernel_height; k++) {
        exist &= rows[k] != NULL;
    }
    while (n > 0) {
        const int32_t columns = thumbnet_conv_2d_columns(n, effort);
        const int32_t end = column + (columns - 1) * stride + p->kernel_width;
        int8_t *remains = (int8_t *)(to + 4 * p->quads * columns);
        if (exist && column >= 0 && end <= p->in_width) {
            thumbnet_conv_2d_gather(p, rows, (column - base) * p->in_channels, columns, to,
                                    remains);
        } else {
            thumbnet_conv_2d_gather_edge(p, rows, base, column, columns, to, remains);
        }
        if (tail > 0) {
            thumbnet_dsp_expand(to + 4 * whole * columns, remains, 4 * tail, tail, columns);
        }
        pixel = thumbnet_conv_2d_tile(p, effort, clamp, columns, to, pixel);
        column += columns * stride;
        n -= columns;
    }
}

#endif
