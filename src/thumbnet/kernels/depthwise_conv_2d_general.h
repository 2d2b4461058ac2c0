/* depthwise_conv_2d with dilation or weights that have a zero point. SPDX-License-Identifier:
 * Apache-2.0
 *
 * Pixel by pixel, channel by channel, over what of a window lies inside. */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_GENERAL_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_GENERAL_H

#include "thumbnet/kernels/convolution.h"

typedef struct {
    const int8_t *weights;   /* [channels * multiplier, kernel_height, kernel_width] */
    const int32_t *bias;     /* [channels * multiplier], the input's zero point not folded in */
    const int32_t *mantissa; /* [channels * multiplier] */
    const int8_t *shift;     /* [channels * multiplier] */
    uint16_t channels;       /* of the input */
    uint16_t multiplier;     /* output channels an input channel */
    uint16_t ties_up; /* output channels before this one round ties up, the others away from 0 */
    uint16_t in_width;
    uint16_t pad_left;
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t dilation_height;
    uint8_t dilation_width;
    uint8_t stride_width;
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
    int16_t weight_offset; /* added to each weight */
} thumbnet_depthwise_conv_2d_general_t;

/* Taps [first, last) of a kernel's row lie inside; the first is `offset` bytes behind row pointers.
 */
typedef struct {
    const void *const *rows;
    int32_t first;
    int32_t last;
    int32_t offset;
} thumbnet_depthwise_general_window_t;

/* One channel's sum. */
THUMBNET_INLINE int32_t thumbnet_depthwise_general_sum(
    const thumbnet_depthwise_conv_2d_general_t *p, int shifted,
    const thumbnet_depthwise_general_window_t *window, int32_t channel, const int8_t *weights)
{
    const int32_t offset = shifted ? p->weight_offset : 0;
    const int32_t zero_point = p->in_zero_point;
    const int32_t step = p->dilation_width * p->channels;
    int32_t sum = 0;
    for (int32_t k = 0; k < p->kernel_height; k++, weights += p->kernel_width) {
        const void *row = window->rows[k * p->dilation_height];
        if (row != NULL) {
            const int8_t *in = (const int8_t *)row + window->offset + channel;
            for (int32_t j = window->first; j < window->last; j++, in += step) {
                sum += (*in - zero_point) * (weights[j] + offset);
            }
        }
    }
    return sum;
}

/* The row kernel; `shifted`, a literal, says whether weight_offset is not 0. */
THUMBNET_INLINE void thumbnet_depthwise_conv_2d_general_s8(const void *constants, int shifted,
                                                           const void *const *rows, void *out,
                                                           int32_t x, int32_t n, void *scratch)
{
    const thumbnet_depthwise_conv_2d_general_t *p =
        (const thumbnet_depthwise_conv_2d_general_t *)constants;
    const int32_t size = p->kernel_height * p->kernel_width;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    for (; n > 0; n--, column += p->stride_width) {
        thumbnet_depthwise_general_window_t window = {
            .rows = rows, .first = 0, .last = p->kernel_width, .offset = 0};
        while (window.first < window.last && column + window.first * p->dilation_width < 0) {
            window.first++;
        }
        while (window.last > window.first &&
               column + (window.last - 1) * p->dilation_width >= p->in_width) {
            window.last--;
        }
        window.offset = (column + window.first * p->dilation_width - base) * p->channels;
        int32_t made = 0;
        for (int32_t c = 0; c < p->channels; c++) {
            for (int32_t m = 0; m < p->multiplier; m++, made++) {
                const int32_t sum =
                    p->bias[made] + thumbnet_depthwise_general_sum(p, shifted, &window, c,
                                                                   p->weights + made * size);
                *pixel++ = thumbnet_convolution_output(sum, p->mantissa[made], p->shift[made],
                                                       made < p->ties_up, p->out_zero_point, p->low,
                                                       p->high);
            }
        }
    }
    (void)scratch;
}

#endif
