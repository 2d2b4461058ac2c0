/* depthwise_conv_2d of int16. SPDX-License-Identifier: Apache-2.0
 *
 * Pixel by pixel and channel by channel; what lies outside is zero and left out. */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_S16_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_S16_H

#include "thumbnet/kernels/dense_s16.h"

typedef struct {
    thumbnet_dense_s16_t dense; /* weights [out_channels, kernel_height, kernel_width], in order */
    uint16_t in_channels;
    uint16_t in_width;
    uint16_t multiplier; /* output channels an input channel */
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t stride_width;
    uint8_t pad_left;
} thumbnet_depthwise_conv_2d_s16_t;

/* The row kernel; wide and rounding are literals of the instantiation. */
THUMBNET_INLINE void thumbnet_depthwise_conv_2d_s16(const void *constants, int wide, int rounding,
                                                    const void *const *rows, void *out, int32_t x,
                                                    int32_t n, void *scratch)
{
    const thumbnet_depthwise_conv_2d_s16_t *p = (const thumbnet_depthwise_conv_2d_s16_t *)constants;
    const thumbnet_dense_s16_t *dense = &p->dense;
    const int32_t depth = p->in_channels;
    const int32_t width = p->kernel_width;
    int16_t *pixel = (int16_t *)out;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    for (; n > 0; n--, column += p->stride_width) {
        const int32_t space = p->in_width - column;
        const int32_t first = column < 0 ? -column : 0;
        const int32_t last = space < width ? space : width;
        const int8_t *weights = dense->weights;
        for (int32_t c = 0; c < dense->out_channels; c++) {
            const int32_t offset = (column + first - base) * depth + c / p->multiplier;
            /* A window has at most 255 taps, whose products stay below 2^30. */
            int32_t part = 0;
            for (int32_t k = 0; k < p->kernel_height; k++, weights += width) {
                if (rows[k] != NULL) {
                    const int16_t *in = (const int16_t *)rows[k] + offset;
                    for (int32_t j = first; j < last; j++, in += depth) {
                        part += *in * weights[j];
                    }
                }
            }
            thumbnet_s16_output(dense, wide, rounding, c, part, pixel++);
        }
    }
    (void)scratch;
}

#endif
