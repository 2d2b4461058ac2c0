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
    int16_t *const windows = (int16_t *)scratch;
    int8_t *to = (int8_t *)out;
    const int32_t most = effort == 0 ? 1 : 3;
    for (; n >= most; n -= most, in += most * depth) {
        thumbnet_dsp_expand(windows, in, depth, depth >> 2, most);
        to = thumbnet_conv_2d_tile(p, effort, clamp, most, windows, to);
    }
    if (n > 0) {
        thumbnet_dsp_expand(windows, in, depth, depth >> 2, n);
        thumbnet_conv_2d_tile(p, effort, clamp, n, windows, to);
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

/* Expands windows of columns that reach outside; in_channels is a multiple of 4. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_edge(const thumbnet_conv_2d_dsp_t *p,
                                                    const void *const *rows, int32_t base,
                                                    int32_t column, int32_t columns, int16_t *to)
{
    const int32_t quads = p->in_channels >> 2;
    for (int32_t j = 0; j < columns; j++, column += p->stride_width, to += 2) {
        int16_t *lane = to;
        for (int32_t k = 0; k < p->kernel_height; k++) {
            const int8_t *row = (const int8_t *)rows[k];
            for (int32_t c = column; c < column + p->kernel_width; c++) {
                if (row != NULL && c >= 0 && c < p->in_width) {
                    lane =
                        thumbnet_dsp_expand_1(lane, columns, row + (c - base) * 4 * quads, quads);
                    continue;
                }
                for (int32_t i = 2 * quads; i > 0; i--, lane += 2 * columns) {
                    lane[0] = p->in_zero_point;
                    lane[1] = p->in_zero_point;
                }
            }
        }
    }
}

/* Expands the windows of columns that lie inside, the first `offset` bytes from the row pointers:
 * of each row the whole quads, then what remains of all rows, collected behind the windows. Rows
 * that do not exist may have no remains. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_expand(const thumbnet_conv_2d_dsp_t *p,
                                                      const void *const *rows, int32_t offset,
                                                      int32_t columns, int16_t *to)
{
    const int32_t size = p->kernel_width * p->in_channels;
    const int32_t rest = size & 3;
    const int32_t pitch = (p->kernel_height * rest + 3) & ~3;
    int8_t *const remains = (int8_t *)(to + 4 * p->quads * columns);
    int8_t *keep = remains;
    const int32_t step = p->stride_width * p->in_channels;
    for (int32_t k = 0; k < p->kernel_height; k++) {
        const int8_t *from = (const int8_t *)rows[k];
        if (from == NULL) {
            to = thumbnet_dsp_fill(to, p->in_zero_point, size >> 2, columns);
            continue;
        }
        from += offset;
        if (size >= 4) {
            to = thumbnet_dsp_expand(to, from, step, size >> 2, columns);
        }
        from += size - rest;
        for (const int8_t *end = from + rest; from < end; from++, keep++) {
            keep[0] = from[0];
            if (columns > 1) {
                keep[pitch] = from[step];
            }
            if (columns > 2) {
                keep[2 * pitch] = from[2 * step];
            }
        }
    }
    for (int32_t j = 0; rest != 0 && j < columns; j++) {
        thumbnet_dsp_expand_1(to + 2 * j, columns, remains + j * pitch, pitch >> 2);
    }
}

/* The row kernel of any window; in_channels is a multiple of 4. */
THUMBNET_INLINE void thumbnet_conv_2d_dsp_s8(const void *constants, int effort, int clamp,
                                             const void *const *rows, void *out, int32_t x,
                                             int32_t n, void *scratch)
{
    const thumbnet_conv_2d_dsp_t *p = (const thumbnet_conv_2d_dsp_t *)constants;
    const int32_t stride = p->stride_width;
    int16_t *const to = (int16_t *)scratch;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t columns = thumbnet_conv_2d_columns(n, effort);
        const int32_t end = column + (columns - 1) * stride + p->kernel_width;
        if (column >= 0 && end <= p->in_width) {
            thumbnet_conv_2d_expand(p, rows, (column - base) * p->in_channels, columns, to);
        } else {
            thumbnet_conv_2d_edge(p, rows, base, column, columns, to);
        }
        pixel = thumbnet_conv_2d_tile(p, effort, clamp, columns, to, pixel);
        column += columns * stride;
        n -= columns;
    }
}

/* Expands windows of any number of channels that reach outside, row by row through scratch. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_gather(const thumbnet_conv_2d_dsp_t *p,
                                                      const void *const *rows, int32_t base,
                                                      int32_t column, int32_t columns, int16_t *to)
{
    const int32_t depth = p->in_channels;
    const int32_t width = p->kernel_width;
    const int32_t size = width * depth;
    const int32_t whole = size & ~3;
    const int32_t rests = p->kernel_height * (size & 3);
    int8_t *const remains = (int8_t *)(to + 4 * p->quads * columns);
    int8_t *const line = remains + ((rests + 3) & ~3);
    for (int32_t j = 0; j < columns; j++, column += p->stride_width, to += 2) {
        const int32_t space = p->in_width - column;
        const int32_t left = column > 0 ? 0 : -column < width ? -column : width;
        const int32_t right = space < left ? left : space < width ? space : width;
        int16_t *lane = to;
        int8_t *keep = remains;
        for (int32_t k = 0; k < p->kernel_height; k++) {
            const int8_t *row = (const int8_t *)rows[k];
            const int32_t first = row == NULL ? size : left * depth;
            const int32_t last = row == NULL ? size : right * depth;
            const int8_t *from = row == NULL ? line : row + (column + left - base) * depth;
            int32_t i = 0;
            while (i < first) {
                line[i++] = p->in_zero_point;
            }
            while (i < last) {
                line[i++] = *from++;
            }
            while (i < size) {
                line[i++] = p->in_zero_point;
            }
            lane = thumbnet_dsp_expand_1(lane, columns, line, size >> 2);
            for (i = whole; i < size; i++) {
                *keep++ = line[i];
            }
        }
        thumbnet_dsp_expand_1(lane, columns, remains, (rests + 3) >> 2);
    }
}

/* Expands windows of three rows of nine bytes that lie inside: 3x3 of three channels, with which
 * most networks of pictures begin. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_expand_27(const thumbnet_conv_2d_dsp_t *p,
                                                         const void *const *rows, int32_t offset,
                                                         int32_t columns, int16_t *to)
{
    const int32_t step = p->stride_width * p->in_channels;
    const int32_t pitch = 2 * columns;
    for (int32_t k = 0; k < 3; k++) {
        const int8_t *from = (const int8_t *)rows[k] + offset;
        to = thumbnet_dsp_expand(to, from, step, 2, columns);
    }
    const int8_t *first = (const int8_t *)rows[0] + offset + 8;
    const int8_t *second = (const int8_t *)rows[1] + offset + 8;
    const int8_t *third = (const int8_t *)rows[2] + offset + 8;
    for (int16_t *end = to + pitch; to < end; to += 2) {
        to[0] = *first;
        to[1] = *third;
        to[pitch] = *second;
        first += step;
        second += step;
        third += step;
    }
}

/* The same for size: a single window, its bytes in their own order, gathered behind it. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_collect(const thumbnet_conv_2d_dsp_t *p,
                                                       const void *const *rows, int32_t base,
                                                       int32_t column, int16_t *to)
{
    const int32_t depth = p->in_channels;
    int8_t *const window = (int8_t *)(to + 4 * p->quads);
    int8_t *keep = window;
    for (int32_t k = 0; k < p->kernel_height; k++) {
        const int8_t *row = (const int8_t *)rows[k];
        for (int32_t c = column; c < column + p->kernel_width; c++) {
            const int inside = row != NULL && c >= 0 && c < p->in_width;
            const int8_t *from = inside ? row + (c - base) * depth : &p->in_zero_point;
            for (int32_t i = depth; i > 0; i--, from += inside) {
                *keep++ = *from;
            }
        }
    }
    thumbnet_dsp_expand_1(to, 1, window, p->quads);
}

/* The row kernel of any window and any in_channels. Behind the expanded windows lie the remains of
 * their rows and, where windows reach outside, a row of one; for size, all of one. `nine`, a
 * literal: whether windows are three rows of nine bytes. */
THUMBNET_INLINE void thumbnet_conv_2d_gathered_dsp_s8(const void *constants, int effort, int clamp,
                                                      int nine, const void *const *rows, void *out,
                                                      int32_t x, int32_t n, void *scratch)
{
    const thumbnet_conv_2d_dsp_t *p = (const thumbnet_conv_2d_dsp_t *)constants;
    const int32_t stride = p->stride_width;
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
        if (effort == 0) {
            thumbnet_conv_2d_collect(p, rows, base, column, to);
        } else if (!exist || column < 0 || end > p->in_width) {
            thumbnet_conv_2d_gather(p, rows, base, column, columns, to);
        } else if (nine) {
            thumbnet_conv_2d_expand_27(p, rows, (column - base) * p->in_channels, columns, to);
        } else {
            thumbnet_conv_2d_expand(p, rows, (column - base) * p->in_channels, columns, to);
        }
        pixel = thumbnet_conv_2d_tile(p, effort, clamp, columns, to, pixel);
        column += columns * stride;
        n -= columns;
    }
}

#endif
