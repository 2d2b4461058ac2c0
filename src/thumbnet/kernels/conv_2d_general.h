/* conv_2d with groups or weights that have a zero point. SPDX-License-Identifier:
 * Apache-2.0
 *
 * The windows of two neighbouring pixels are expanded to int16 in scratch, less the zero point,
 * group by group, so that only the expansion knows of groups and edges. All channels are
 * made from there, two at a time, before either pixel is written. */
#ifndef THUMBNET_KERNELS_CONV_2D_GENERAL_H
#define THUMBNET_KERNELS_CONV_2D_GENERAL_H

#include "thumbnet/kernels/convolution.h"

typedef struct {
    const int8_t *weights;   /* [groups, channels, kernel_height, kernel_width, depth] */
    const int32_t *bias;     /* [groups, channels], the input's zero point not folded in */
    const int32_t *mantissa; /* [groups, channels] */
    const int8_t *shift;     /* [groups, channels] */
    uint16_t groups;
    uint16_t channels; /* outputs of a group */
    uint16_t depth;    /* inputs of a group */
    uint16_t in_width;
    uint16_t pad_left;
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t stride_width;
    uint8_t ties_up; /* 1: ties are rounded up, 0: away from zero */
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
    int16_t weight_offset; /* added to each weight */
} thumbnet_conv_2d_general_t;

/* A pixel's window from input column `column`, `base` being that at which rows point. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_general_expand(const thumbnet_conv_2d_general_t *p,
                                                              const void *const *rows,
                                                              int32_t column, int32_t base,
                                                              int16_t *to)
{
    const int32_t depth = p->depth;
    const int32_t pitch = p->groups * depth;
    const int32_t zero_point = p->in_zero_point;
    for (int32_t g = 0; g < p->groups; g++) {
        for (int32_t k = 0; k < p->kernel_height; k++) {
            const int8_t *row = (const int8_t *)rows[k];
            int32_t at = column;
            for (int32_t j = 0; j < p->kernel_width; j++, at++, to += depth) {
                if (row == NULL || at < 0 || at >= p->in_width) {
                    for (int32_t i = 0; i < depth; i++) {
                        to[i] = 0;
                    }
                    continue;
                }
                const int8_t *in = row + (at - base) * pitch + g * depth;
                for (int32_t i = 0; i < depth; i++) {
                    to[i] = (int16_t)(in[i] - zero_point);
                }
            }
        }
    }
}

THUMBNET_INLINE int8_t thumbnet_conv_2d_general_output(const thumbnet_conv_2d_general_t *p,
                                                       int32_t channel, int32_t sum)
{
    return thumbnet_convolution_output(sum, p->mantissa[channel], p->shift[channel], p->ties_up,
                                       p->out_zero_point, p->low, p->high);
}

/* `count` channels from channel `c` of a pixel, or of two, from the windows x and y of a group. */
THUMBNET_INLINE void thumbnet_conv_2d_general_group(const thumbnet_conv_2d_general_t *p,
                                                    int shifted, const int16_t *x, const int16_t *y,
                                                    int32_t size, int32_t c, int8_t *a, int8_t *b)
{
    const int32_t offset = shifted ? p->weight_offset : 0;
    const int32_t end = c + p->channels;
    const int8_t *weights = p->weights + c * size;
    for (; c + 2 <= end; c += 2, weights += 2 * size) {
        const int8_t *second = weights + size;
        int32_t a0 = p->bias[c];
        int32_t a1 = p->bias[c + 1];
        int32_t b0 = a0;
        int32_t b1 = a1;
        for (int32_t i = 0; i < size; i++) {
            const int32_t w0 = weights[i] + offset;
            const int32_t w1 = second[i] + offset;
            a0 += x[i] * w0;
            a1 += x[i] * w1;
            b0 += y[i] * w0;
            b1 += y[i] * w1;
        }
        a[c] = thumbnet_conv_2d_general_output(p, c, a0);
        a[c + 1] = thumbnet_conv_2d_general_output(p, c + 1, a1);
        if (b != NULL) {
            b[c] = thumbnet_conv_2d_general_output(p, c, b0);
            b[c + 1] = thumbnet_conv_2d_general_output(p, c + 1, b1);
        }
    }
    if (c < end) {
        int32_t a0 = p->bias[c];
        int32_t b0 = a0;
        for (int32_t i = 0; i < size; i++) {
            const int32_t w0 = weights[i] + offset;
            a0 += x[i] * w0;
            b0 += y[i] * w0;
        }
        a[c] = thumbnet_conv_2d_general_output(p, c, a0);
        if (b != NULL) {
            b[c] = thumbnet_conv_2d_general_output(p, c, b0);
        }
    }
}

/* The row kernel; `shifted`, a literal, says whether weight_offset is not 0. scratch: the windows
 * of two pixels, or of one where a run never has two. */
THUMBNET_INLINE void thumbnet_conv_2d_general_s8(const void *constants, int shifted,
                                                 const void *const *rows, void *out, int32_t x,
                                                 int32_t n, void *scratch)
{
    const thumbnet_conv_2d_general_t *p = (const thumbnet_conv_2d_general_t *)constants;
    const int32_t size = p->kernel_height * p->kernel_width * p->depth;
    const int32_t pitch = p->groups * p->channels;
    int8_t *pixel = (int8_t *)out;
    int16_t *const first = (int16_t *)scratch;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t made = n >= 2 ? 2 : 1;
        int16_t *const second = made == 2 ? first + p->groups * size : first;
        thumbnet_conv_2d_general_expand(p, rows, column, base, first);
        if (made == 2) {
            thumbnet_conv_2d_general_expand(p, rows, column + p->stride_width, base, second);
        }
        for (int32_t g = 0; g < p->groups; g++) {
            thumbnet_conv_2d_general_group(p, shifted, first + g * size, second + g * size, size,
                                           g * p->channels, pixel,
                                           made == 2 ? pixel + pitch : NULL);
        }
        n -= made;
        pixel += made * pitch;
        column += made * p->stride_width;
    }
}

#endif
