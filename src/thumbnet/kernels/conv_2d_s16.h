/* conv_2d and fully_connected of int16. SPDX-License-Identifier: Apache-2.0
 *
 * The windows of two neighbouring pixels are copied to scratch, with zeros (int16 has no other zero
 * point) for what lies outside; then all channels of both are made from there. Pixels of 1x1
 * kernels are read where they are. */
#ifndef THUMBNET_KERNELS_CONV_2D_S16_H
#define THUMBNET_KERNELS_CONV_2D_S16_H

#include "thumbnet/kernels/dense_s16.h"

typedef struct {
    thumbnet_dense_s16_t dense;
    uint16_t in_channels;
    uint16_t in_width;
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t stride_width;
    uint8_t pad_left;
} thumbnet_conv_2d_s16_t;

/* Copies the window whose first column is `column` of the input; row pointers are at `base`. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_gather_s16(const thumbnet_conv_2d_s16_t *p,
                                                          const void *const *rows, int32_t column,
                                                          int32_t base, int16_t *window)
{
    const int32_t depth = p->in_channels;
    const int32_t width = p->kernel_width;
    const int32_t space = p->in_width - column;
    int32_t first = column < 0 ? -column : 0;
    int32_t last = space < width ? space : width;
    first = first < width ? first : width;
    last = last > first ? last : first;
    for (int32_t k = 0; k < p->kernel_height; k++) {
        const int16_t *in = (const int16_t *)rows[k];
        int32_t i = 0;
        if (in != NULL) {
            in += (column + first - base) * depth;
            for (; i < first * depth; i++) {
                window[i] = 0;
            }
            for (; i < last * depth; i++) {
                window[i] = *in++;
            }
        }
        for (; i < width * depth; i++) {
            window[i] = 0;
        }
        window += width * depth;
    }
}

/* The row kernel; wide (sums of 64 bits) and rounding are literals of the instantiation. Scratch
 * holds the windows of one pixel or two. */
THUMBNET_INLINE void thumbnet_conv_2d_s16(const void *constants, int wide, int rounding,
                                          const void *const *rows, void *out, int32_t x, int32_t n,
                                          void *scratch)
{
    const thumbnet_conv_2d_s16_t *p = (const thumbnet_conv_2d_s16_t *)constants;
    const thumbnet_dense_s16_t *dense = &p->dense;
    int16_t *window = (int16_t *)scratch;
    int16_t *pixel = (int16_t *)out;
    const int32_t taps = dense->taps;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    for (; n >= 2; n -= 2, pixel += 2 * dense->out_channels) {
        thumbnet_conv_2d_gather_s16(p, rows, column, base, window);
        thumbnet_conv_2d_gather_s16(p, rows, column + p->stride_width, base, window + taps);
        thumbnet_dense_s16(dense, wide, rounding, 2, dense->weights, taps, taps, window,
                           window + taps, pixel);
        column += 2 * p->stride_width;
    }
    if (n != 0) {
        thumbnet_conv_2d_gather_s16(p, rows, column, base, window);
        thumbnet_dense_s16(dense, wide, rounding, 1, dense->weights, taps, taps, window, window,
                           pixel);
    }
}

/* 1x1 with stride 1 and no padding: a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_conv_2d_1x1_s16(const void *constants, int wide, int rounding,
                                              const void *const *rows, void *out, int32_t x,
                                              int32_t n, void *scratch)
{
    const thumbnet_conv_2d_s16_t *p = (const thumbnet_conv_2d_s16_t *)constants;
    const thumbnet_dense_s16_t *dense = &p->dense;
    const int32_t taps = dense->taps;
    const int16_t *in = (const int16_t *)rows[0];
    int16_t *pixel = (int16_t *)out;
    for (; n >= 2; n -= 2, pixel += 2 * dense->out_channels, in += 2 * taps) {
        thumbnet_dense_s16(dense, wide, rounding, 2, dense->weights, taps, taps, in, in + taps,
                           pixel);
    }
    if (n != 0) {
        thumbnet_dense_s16(dense, wide, rounding, 1, dense->weights, taps, taps, in, in, pixel);
    }
    (void)x;
    (void)scratch;
}

/* The same, pixel by pixel: for tensors of a single pixel. */
THUMBNET_INLINE void thumbnet_fully_connected_s16(const void *constants, int wide, int rounding,
                                                  const void *const *rows, void *out, int32_t x,
                                                  int32_t n, void *scratch)
{
    const thumbnet_conv_2d_s16_t *p = (const thumbnet_conv_2d_s16_t *)constants;
    const thumbnet_dense_s16_t *dense = &p->dense;
    const int16_t *in = (const int16_t *)rows[0];
    int16_t *pixel = (int16_t *)out;
    for (; n > 0; n--, pixel += dense->out_channels, in += dense->taps) {
        thumbnet_dense_s16(dense, wide, rounding, 1, dense->weights, dense->taps, dense->taps, in,
                           in, pixel);
    }
    (void)x;
    (void)scratch;
}

#endif
