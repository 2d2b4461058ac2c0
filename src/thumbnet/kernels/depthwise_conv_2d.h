/* depthwise_conv_2d. SPDX-License-Identifier: Apache-2.0
 *
 * Two neighbouring pixels are made together, channel by channel, so that each weight is loaded half
 * as often. A channel of both is written once its windows have been read: a run may write over
 * input bytes that neither the channels behind nor later pixels read.
 */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_H

#include "thumbnet/kernels/convolution.h"

/* Kernels of more taps than this are unrolled only along their rows. */
#define THUMBNET_DEPTHWISE_UNROLLED 25

typedef struct {
    const int8_t *weights;      /* [channels * multiplier, kernel_height, kernel_width] */
    const int32_t *bias;        /* [channels * multiplier], the input's zero point folded in */
    const int16_t *weight_sums; /* [channels * multiplier], of each channel's whole kernel */
    const int32_t *mantissa;    /* [channels * multiplier] */
    const int8_t *shift;        /* [channels * multiplier] */
    uint16_t channels;          /* of the input */
    uint16_t in_width;
    uint16_t ties_up;   /* output channels before this one round ties up, the others away from 0 */
    uint8_t multiplier; /* output channels an input channel */
    uint8_t stride_width;
    uint8_t pad_left;
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_depthwise_conv_2d_t;

/* The part of a window that lies inside the tensor. */
typedef struct {
    const void *const *rows;
    int32_t height;
    int32_t width;
    int32_t offset; /* bytes from the row pointers to the first column */
    int32_t first;  /* of a channel's weights, the first that is used, */
    int32_t pitch;  /* the distance from one row of the kernel to the next, */
    int32_t size;   /* and their number */
} thumbnet_depthwise_window_t;

THUMBNET_INLINE int8_t thumbnet_depthwise_output(const thumbnet_depthwise_conv_2d_t *p,
                                                 int32_t channel, int32_t sum, int ties_up)
{
    return thumbnet_convolution_output(sum, p->mantissa[channel], p->shift[channel], ties_up,
                                       p->out_zero_point, p->low, p->high);
}

/* The window of a pixel whose first column is `column` of the input, `offset` bytes behind the row
 * pointers (before them where it is negative), less its rows and columns outside. */
THUMBNET_INLINE thumbnet_depthwise_window_t
thumbnet_depthwise_inside(const thumbnet_depthwise_conv_2d_t *p, int kernel_height,
                          int kernel_width, const void *const *rows, int32_t column, int32_t offset)
{
    const int32_t space = p->in_width - column;
    int32_t first = column < 0 ? -column : 0;
    int32_t last = space < kernel_width ? space : kernel_width;
    int32_t top = 0;
    int32_t bottom = kernel_height;
    first = first < kernel_width ? first : kernel_width;
    last = last > first ? last : first;
    while (top < bottom && rows[top] == NULL) {
        top++;
    }
    while (bottom > top && rows[bottom - 1] == NULL) {
        bottom--;
    }
    const thumbnet_depthwise_window_t window = {.rows = rows + top,
                                                .height = bottom - top,
                                                .width = last - first,
                                                .offset = offset + first * p->channels,
                                                .first = top * kernel_width + first,
                                                .pitch = kernel_width,
                                                .size = kernel_height * kernel_width};
    return window;
}

/* One channel of one pixel: what lies inside less its zero point, which is taken out of the bias.
 */
THUMBNET_INLINE int8_t thumbnet_depthwise_channel_s8(const thumbnet_depthwise_conv_2d_t *p,
                                                     const thumbnet_depthwise_window_t *window,
                                                     int32_t in_channel, int32_t channel)
{
    const int32_t zero_point = p->in_zero_point;
    const int8_t *weights = p->weights + channel * window->size + window->first;
    int32_t sum = p->bias[channel] + zero_point * p->weight_sums[channel];
    for (int32_t k = 0; k < window->height; k++, weights += window->pitch) {
        const int8_t *in = (const int8_t *)window->rows[k] + window->offset + in_channel;
        for (int32_t j = 0; j < window->width; j++, in += p->channels) {
            sum += (*in - zero_point) * weights[j];
        }
    }
    return thumbnet_depthwise_output(p, channel, sum, channel < p->ties_up);
}

/* One pixel by itself: at an edge, or the last of an odd number. Two channels at once. */
static THUMBNET_NOINLINE void
thumbnet_depthwise_single_s8(const thumbnet_depthwise_conv_2d_t *p,
                             const thumbnet_depthwise_window_t *window, int8_t *out)
{
    const int32_t zero_point = p->in_zero_point;
    const int32_t channels = p->channels;
    const int8_t *weights = p->weights + window->first;
    int32_t c = 0;
    for (; c + 2 <= channels; c += 2, weights += 2 * window->size) {
        int32_t a = p->bias[c] + zero_point * p->weight_sums[c];
        int32_t b = p->bias[c + 1] + zero_point * p->weight_sums[c + 1];
        const int8_t *wa = weights;
        for (int32_t k = 0; k < window->height; k++, wa += window->pitch) {
            const int8_t *in = (const int8_t *)window->rows[k] + window->offset + c;
            const int8_t *wb = wa + window->size;
            for (int32_t j = 0; j < window->width; j++, in += channels) {
                a += (in[0] - zero_point) * wa[j];
                b += (in[1] - zero_point) * wb[j];
            }
        }
        const int8_t first = thumbnet_depthwise_output(p, c, a, c < p->ties_up);
        const int8_t second = thumbnet_depthwise_output(p, c + 1, b, c + 1 < p->ties_up);
        out[c] = first;
        out[c + 1] = second;
    }
    if (c < channels) {
        out[c] = thumbnet_depthwise_channel_s8(p, window, c, c);
    }
}

/* One row of the kernel at two pixels, the second `step` bytes after the first; rows outside count
 * as zero point. */
THUMBNET_INLINE void thumbnet_depthwise_row_s8(const thumbnet_depthwise_conv_2d_t *p,
                                               const void *row, int32_t offset, int32_t step,
                                               const int8_t *weights, int kernel_width, int32_t *a,
                                               int32_t *b)
{
    if (row == NULL) {
        int32_t sum = 0;
        THUMBNET_UNROLL
        for (int j = 0; j < kernel_width; j++) {
            sum += weights[j];
        }
        *a += p->in_zero_point * sum;
        *b += p->in_zero_point * sum;
        return;
    }
    const int32_t channels = p->channels;
    const int8_t *first = (const int8_t *)row + offset;
    const int8_t *second = first + step;
    THUMBNET_UNROLL
    for (int j = 0; j < kernel_width; j++) {
        const int32_t weight = weights[j];
        *a += first[j * channels] * weight;
        *b += second[j * channels] * weight;
    }
}

/* All channels of two neighbouring pixels, both columns of windows inside. */
THUMBNET_INLINE void thumbnet_depthwise_pair_s8(const thumbnet_depthwise_conv_2d_t *p,
                                                int kernel_height, int kernel_width, int tail,
                                                const void *const *rows, int32_t offset,
                                                int8_t *out)
{
    const int32_t channels = p->channels;
    const int32_t step = p->stride_width * channels;
    const int8_t *weights = p->weights;
    for (int32_t c = 0; c < channels; c++, offset++, weights += kernel_height * kernel_width) {
        const int ties_up = !tail || c < p->ties_up;
        int32_t a = p->bias[c];
        int32_t b = a;
        if (kernel_height * kernel_width <= THUMBNET_DEPTHWISE_UNROLLED) {
            THUMBNET_UNROLL
            for (int k = 0; k < kernel_height; k++) {
                thumbnet_depthwise_row_s8(p, rows[k], offset, step, weights + k * kernel_width,
                                          kernel_width, &a, &b);
            }
        } else {
            for (int k = 0; k < kernel_height; k++) {
                thumbnet_depthwise_row_s8(p, rows[k], offset, step, weights + k * kernel_width,
                                          kernel_width, &a, &b);
            }
        }
        const int8_t first = thumbnet_depthwise_output(p, c, a, ties_up);
        const int8_t second = thumbnet_depthwise_output(p, c, b, ties_up);
        out[c] = first;
        out[c + channels] = second;
    }
}

/* The row kernel of a multiplier of 1; kernel_height, kernel_width and tail, which says whether
 * there are channels from ties_up on, are literals. */
THUMBNET_INLINE void thumbnet_depthwise_conv_2d_s8(const void *constants, int kernel_height,
                                                   int kernel_width, int tail,
                                                   const void *const *rows, void *out, int32_t x,
                                                   int32_t n, void *scratch)
{
    const thumbnet_depthwise_conv_2d_t *p = (const thumbnet_depthwise_conv_2d_t *)constants;
    const int32_t stride = p->stride_width;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t offset = (column - base) * p->channels;
        int32_t made = 1;
        if (n >= 2 && column >= 0 && p->in_width - column >= kernel_width + stride) {
            thumbnet_depthwise_pair_s8(p, kernel_height, kernel_width, tail, rows, offset, pixel);
            made = 2;
        } else {
            const thumbnet_depthwise_window_t window =
                thumbnet_depthwise_inside(p, kernel_height, kernel_width, rows, column, offset);
            thumbnet_depthwise_single_s8(p, &window, pixel);
        }
        n -= made;
        pixel += made * p->channels;
        column += made * stride;
    }
    (void)scratch;
}

/* The row kernel of any multiplier, pixel by pixel; kernel_height and kernel_width are literals. */
THUMBNET_INLINE void thumbnet_depthwise_conv_2d_multiplier_s8(const void *constants,
                                                              int kernel_height, int kernel_width,
                                                              const void *const *rows, void *out,
                                                              int32_t x, int32_t n, void *scratch)
{
    const thumbnet_depthwise_conv_2d_t *p = (const thumbnet_depthwise_conv_2d_t *)constants;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    for (; n > 0; n--, column += p->stride_width) {
        const thumbnet_depthwise_window_t window = thumbnet_depthwise_inside(
            p, kernel_height, kernel_width, rows, column, (column - base) * p->channels);
        int32_t channel = 0;
        for (int32_t c = 0; c < p->channels; c++) {
            for (int32_t m = 0; m < p->multiplier; m++, channel++) {
                *pixel++ = thumbnet_depthwise_channel_s8(p, &window, c, channel);
            }
        }
    }
    (void)scratch;
}

#endif
