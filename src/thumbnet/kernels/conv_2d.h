/* conv_2d, and fully_connected as its 1x1 case. SPDX-License-Identifier: Apache-2.0
 *
 * Two neighbouring pixels are made together, two channels at a time, so that each weight and each
 * input is loaded half as often; a pixel that is alone takes four channels at a time. A run may
 * therefore write over input bytes only below the window of the pair's first pixel. */
#ifndef THUMBNET_KERNELS_CONV_2D_H
#define THUMBNET_KERNELS_CONV_2D_H

#include "thumbnet/kernels/convolution.h"

typedef struct {
    const int8_t *weights;    /* [out_channels, kernel_height, kernel_width, in_channels] */
    const int32_t *bias;      /* [out_channels], the input's zero point folded in */
    const int32_t *edge_bias; /* [out_channels], not folded in: for windows that reach outside */
    const int32_t *mantissa;  /* [out_channels] */
    const int8_t *shift;      /* [out_channels] */
    uint16_t in_channels;
    uint16_t out_channels;
    uint16_t in_width;
    uint8_t stride_width;
    uint8_t pad_left;
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_conv_2d_t;

/* The part of a window that lies inside the tensor: `height` runs of `run` bytes. */
typedef struct {
    const void *const *rows;
    int32_t height;
    int32_t offset; /* bytes from the row pointers to the run */
    int32_t run;
    int32_t first; /* of a channel's weights, the bytes before the first that is used, */
    int32_t pitch; /* from one row of the kernel to the next, */
    int32_t size;  /* and in all */
} thumbnet_conv_2d_window_t;

THUMBNET_INLINE int8_t thumbnet_conv_2d_output(const thumbnet_conv_2d_t *p, int32_t channel,
                                               int32_t sum)
{
    return thumbnet_convolution_output(sum, p->mantissa[channel], p->shift[channel], 1,
                                       p->out_zero_point, p->low, p->high);
}

/* One channel of one pixel. */
THUMBNET_INLINE int32_t thumbnet_conv_2d_dot_s8(const thumbnet_conv_2d_window_t *window,
                                                int32_t zero_point, const int8_t *weights,
                                                int32_t sum)
{
    for (int32_t k = 0; k < window->height; k++, weights += window->pitch) {
        const int8_t *in = (const int8_t *)window->rows[k] + window->offset;
        for (int32_t i = 0; i < window->run; i++) {
            sum += (in[i] - zero_point) * weights[i];
        }
    }
    return sum;
}

/* All channels of one pixel. */
THUMBNET_INLINE void thumbnet_conv_2d_pixel_s8(const thumbnet_conv_2d_t *p,
                                               const thumbnet_conv_2d_window_t *window,
                                               const int32_t *bias, int32_t zero_point, int8_t *out)
{
    const int32_t size = window->size;
    const int8_t *weights = p->weights + window->first;
    int32_t c = 0;
    for (; c + 4 <= p->out_channels; c += 4, weights += 4 * size) {
        int32_t a0 = bias[c];
        int32_t a1 = bias[c + 1];
        int32_t a2 = bias[c + 2];
        int32_t a3 = bias[c + 3];
        const int8_t *w0 = weights;
        for (int32_t k = 0; k < window->height; k++, w0 += window->pitch) {
            const int8_t *in = (const int8_t *)window->rows[k] + window->offset;
            const int8_t *w1 = w0 + size;
            const int8_t *w2 = w1 + size;
            const int8_t *w3 = w2 + size;
            for (int32_t i = 0; i < window->run; i++) {
                const int32_t value = in[i] - zero_point;
                a0 += value * w0[i];
                a1 += value * w1[i];
                a2 += value * w2[i];
                a3 += value * w3[i];
            }
        }
        out[c] = thumbnet_conv_2d_output(p, c, a0);
        out[c + 1] = thumbnet_conv_2d_output(p, c + 1, a1);
        out[c + 2] = thumbnet_conv_2d_output(p, c + 2, a2);
        out[c + 3] = thumbnet_conv_2d_output(p, c + 3, a3);
    }
    for (; c < p->out_channels; c++, weights += size) {
        const int32_t sum = thumbnet_conv_2d_dot_s8(window, zero_point, weights, bias[c]);
        out[c] = thumbnet_conv_2d_output(p, c, sum);
    }
}

/* All channels of two neighbouring pixels, the second window `step` bytes after the first. */
THUMBNET_INLINE void thumbnet_conv_2d_pair_s8(const thumbnet_conv_2d_t *p,
                                              const thumbnet_conv_2d_window_t *window, int32_t step,
                                              int8_t *out)
{
    const int32_t size = window->size;
    const int32_t channels = p->out_channels;
    const int8_t *weights = p->weights;
    int32_t c = 0;
    for (; c + 2 <= channels; c += 2, weights += 2 * size) {
        int32_t a0 = p->bias[c];
        int32_t a1 = p->bias[c + 1];
        int32_t b0 = a0;
        int32_t b1 = a1;
        const int8_t *w0 = weights;
        for (int32_t k = 0; k < window->height; k++, w0 += window->pitch) {
            const int8_t *in0 = (const int8_t *)window->rows[k] + window->offset;
            const int8_t *in1 = in0 + step;
            const int8_t *w1 = w0 + size;
            for (int32_t i = 0; i < window->run; i++) {
                a0 += in0[i] * w0[i];
                a1 += in0[i] * w1[i];
                b0 += in1[i] * w0[i];
                b1 += in1[i] * w1[i];
            }
        }
        const int8_t first0 = thumbnet_conv_2d_output(p, c, a0);
        const int8_t second0 = thumbnet_conv_2d_output(p, c, b0);
        const int8_t first1 = thumbnet_conv_2d_output(p, c + 1, a1);
        const int8_t second1 = thumbnet_conv_2d_output(p, c + 1, b1);
        /* Stores come last: to the compiler they may change what p points to. */
        out[c] = first0;
        out[c + 1] = first1;
        out[c + channels] = second0;
        out[c + channels + 1] = second1;
    }
    if (c < channels) {
        thumbnet_conv_2d_window_t second = *window;
        second.offset += step;
        const int32_t a = thumbnet_conv_2d_dot_s8(window, 0, weights, p->bias[c]);
        const int32_t b = thumbnet_conv_2d_dot_s8(&second, 0, weights, p->bias[c]);
        out[c] = thumbnet_conv_2d_output(p, c, a);
        out[c + channels] = thumbnet_conv_2d_output(p, c, b);
    }
}

/* One pixel by itself: at an edge, where only what lies inside is read, less its zero point, or the
 * last of an odd number (zero_point 0, which bias has folded in). One copy serves all sizes. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_single_s8(const thumbnet_conv_2d_t *p,
                                                         const thumbnet_conv_2d_window_t *window,
                                                         const int32_t *bias, int32_t zero_point,
                                                         int8_t *out)
{
    thumbnet_conv_2d_pixel_s8(p, window, bias, zero_point, out);
}

/* The row kernel; kernel_height and kernel_width are literals of the instantiation. */
THUMBNET_INLINE void thumbnet_conv_2d_s8(const void *constants, int kernel_height, int kernel_width,
                                         const void *const *rows, void *out, int32_t x, int32_t n,
                                         void *scratch)
{
    const thumbnet_conv_2d_t *p = (const thumbnet_conv_2d_t *)constants;
    const int32_t depth = p->in_channels;
    const int32_t stride = p->stride_width;
    const int32_t pitch = kernel_width * depth;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    int32_t top = 0;
    int32_t bottom = kernel_height;
    while (top < bottom && rows[top] == NULL) {
        top++;
    }
    while (bottom > top && rows[bottom - 1] == NULL) {
        bottom--;
    }
    const int whole = bottom - top == kernel_height;
    while (n > 0) {
        const int32_t space = p->in_width - column;
        thumbnet_conv_2d_window_t window = {.rows = rows,
                                            .height = kernel_height,
                                            .offset = (column - base) * depth,
                                            .run = pitch,
                                            .first = 0,
                                            .pitch = pitch,
                                            .size = kernel_height * pitch};
        int32_t made = 1;
        if (!whole || column < 0 || space < kernel_width) {
            int32_t first = column < 0 ? -column : 0;
            int32_t last = space < kernel_width ? space : kernel_width;
            first = first < kernel_width ? first : kernel_width;
            last = last > first ? last : first;
            window.rows = rows + top;
            window.height = bottom - top;
            window.offset += first * depth;
            window.run = (last - first) * depth;
            window.first = (top * kernel_width + first) * depth;
            thumbnet_conv_2d_single_s8(p, &window, p->edge_bias, p->in_zero_point, pixel);
        } else if (n == 1 || space < kernel_width + stride) {
            thumbnet_conv_2d_single_s8(p, &window, p->bias, 0, pixel);
        } else {
            thumbnet_conv_2d_pair_s8(p, &window, stride * depth, pixel);
            made = 2;
        }
        n -= made;
        pixel += made * p->out_channels;
        column += made * stride;
    }
    (void)scratch;
}

/* The window of a 1x1 kernel. */
THUMBNET_INLINE thumbnet_conv_2d_window_t thumbnet_conv_2d_column(const thumbnet_conv_2d_t *p,
                                                                  const void *const *rows)
{
    const int32_t depth = p->in_channels;
    const thumbnet_conv_2d_window_t window = {.rows = rows,
                                              .height = 1,
                                              .offset = 0,
                                              .run = depth,
                                              .first = 0,
                                              .pitch = depth,
                                              .size = depth};
    return window;
}

/* 1x1 with stride 1 and no padding: a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_conv_2d_1x1_s8(const void *constants, const void *const *rows,
                                             void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_conv_2d_t *p = (const thumbnet_conv_2d_t *)constants;
    const int32_t depth = p->in_channels;
    thumbnet_conv_2d_window_t window = thumbnet_conv_2d_column(p, rows);
    int8_t *pixel = (int8_t *)out;
    for (; n >= 2; n -= 2, pixel += 2 * p->out_channels, window.offset += 2 * depth) {
        thumbnet_conv_2d_pair_s8(p, &window, depth, pixel);
    }
    if (n != 0) {
        thumbnet_conv_2d_single_s8(p, &window, p->bias, 0, pixel);
    }
    (void)x;
    (void)scratch;
}

/* The same, pixel by pixel: for tensors of a single pixel. */
THUMBNET_INLINE void thumbnet_fully_connected_s8(const void *constants, const void *const *rows,
                                                 void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_conv_2d_t *p = (const thumbnet_conv_2d_t *)constants;
    thumbnet_conv_2d_window_t window = thumbnet_conv_2d_column(p, rows);
    int8_t *pixel = (int8_t *)out;
    for (; n > 0; n--, pixel += p->out_channels, window.offset += p->in_channels) {
        thumbnet_conv_2d_pixel_s8(p, &window, p->bias, 0, pixel);
    }
    (void)x;
    (void)scratch;
}

#endif
