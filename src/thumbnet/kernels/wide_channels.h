/* The few channels of a convolution whose weights do not fit eight bits. SPDX-License-Identifier:
 * Apache-2.0
 *
 * Weights of uint8 networks less their zero point have nine bits, but of most channels eight are
 * enough. Those run through the kernel that int8 weights have, whatever it is; the others are made
 * here from int16 weights and put in their places behind it. Their windows are read before that
 * kernel, which may write over them, is called; so at most THUMBNET_WIDE_RUN pixels go together. */
#ifndef THUMBNET_KERNELS_WIDE_CHANNELS_H
#define THUMBNET_KERNELS_WIDE_CHANNELS_H

#include "thumbnet/kernels/convolution.h"
#include "thumbnet/layer.h"

#define THUMBNET_WIDE_RUN 24

typedef struct {
    thumbnet_part_t rest;    /* makes all channels, of which `places` are wrong */
    const int16_t *weights;  /* [channels, kernel_height, kernel_width, depth] */
    const int32_t *bias;     /* [channels], the input's zero point folded in */
    const int32_t *mantissa; /* [channels] */
    const int8_t *shift;     /* [channels] */
    const uint16_t *places;  /* [channels], in the output */
    const uint16_t *reads;   /* [channels], the first input channel of each */
    uint16_t channels;       /* wide ones */
    uint16_t out_channels;   /* all */
    uint16_t in_channels;
    uint16_t depth; /* input channels that an output reads: all, or 1 */
    uint16_t in_width; /* 0: no window reaches outside */
    uint16_t ties_up; /* output channels before this one round ties up, the others away from 0 */
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t stride_width;
    uint8_t pad_left;
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_wide_channels_t;

/* Adds a row of the kernel at two pixels, the second `step` bytes behind the first. */
THUMBNET_INLINE void thumbnet_wide_row(const int8_t *in, int32_t step, const int16_t *weights,
                                       int32_t count, int32_t *a, int32_t *b)
{
    const int8_t *second = in + step;
    int32_t i = 0;
    for (; i + 2 <= count; i += 2) {
        const int32_t w0 = weights[i];
        const int32_t w1 = weights[i + 1];
        *a += in[i] * w0 + in[i + 1] * w1;
        *b += second[i] * w0 + second[i + 1] * w1;
    }
    if (i < count) {
        *a += in[i] * weights[i];
        *b += second[i] * weights[i];
    }
}

/* The sums of channel w at a pixel, and at another one `step` bytes behind it, whose windows lie
 * inside; the first window begins `offset` bytes behind the row pointers. */
THUMBNET_INLINE void thumbnet_wide_pair(const thumbnet_wide_channels_t *p, int32_t w,
                                        const void *const *rows, int32_t offset, int32_t step,
                                        int32_t *sums)
{
    const int32_t run = p->kernel_width * p->depth;
    const int16_t *weights = p->weights + w * p->kernel_height * run;
    int32_t a = p->bias[w];
    int32_t b = a;
    for (int32_t k = 0; k < p->kernel_height; k++, weights += run) {
        const int8_t *in = (const int8_t *)rows[k] + offset + p->reads[w];
        if (p->depth == p->in_channels) {
            thumbnet_wide_row(in, step, weights, run, &a, &b);
            continue;
        }
        for (int32_t j = 0; j < run; j++, in += p->in_channels) {
            a += in[0] * weights[j];
            b += in[step] * weights[j];
        }
    }
    sums[0] = a;
    sums[1] = b;
}

/* The sum of channel w at a pixel whose window begins at `column` of the input and may reach
 * outside; rows point at column `base`. What is outside counts as zero point, which is folded into
 * the bias with the sum of all weights. */
static THUMBNET_NOINLINE int32_t thumbnet_wide_edge(const thumbnet_wide_channels_t *p, int32_t w,
                                                    const void *const *rows, int32_t column,
                                                    int32_t base)
{
    const int16_t *weights = p->weights + w * p->kernel_height * p->kernel_width * p->depth;
    int32_t sum = p->bias[w];
    for (int32_t k = 0; k < p->kernel_height; k++) {
        for (int32_t j = 0; j < p->kernel_width; j++, weights += p->depth) {
            const int32_t at = column + j;
            const int inside = rows[k] != NULL && at >= 0 && at < p->in_width;
            const int8_t *in =
                inside ? (const int8_t *)rows[k] + (at - base) * p->in_channels + p->reads[w]
                       : NULL;
            for (int32_t i = 0; i < p->depth; i++) {
                sum += (inside ? in[i] : p->in_zero_point) * weights[i];
            }
        }
    }
    return sum;
}

THUMBNET_INLINE int8_t thumbnet_wide_output(const thumbnet_wide_channels_t *p, int32_t w,
                                            int32_t sum)
{
    return thumbnet_convolution_output(sum, p->mantissa[w], p->shift[w], p->places[w] < p->ties_up,
                                       p->out_zero_point, p->low, p->high);
}

/* Channel w of n pixels from input column `column`, whose rows point at `base`. */
static THUMBNET_NOINLINE void thumbnet_wide_channel(const thumbnet_wide_channels_t *p, int32_t w,
                                                    const void *const *rows, int32_t column,
                                                    int32_t base, int32_t n, int8_t *out)
{
    const int32_t stride = p->stride_width;
    int whole = 1;
    for (int32_t k = 0; k < p->kernel_height; k++) {
        whole &= rows[k] != NULL;
    }
    while (n > 0) {
        const int32_t space =
            p->in_width == 0 ? stride : p->in_width - column - p->kernel_width;
        if (whole && column >= 0 && space >= 0) {
            const int two = n >= 2 && space >= stride;
            int32_t sums[2];
            thumbnet_wide_pair(p, w, rows, (column - base) * p->in_channels,
                               two ? stride * p->in_channels : 0, sums);
            *out++ = thumbnet_wide_output(p, w, sums[0]);
            if (two) {
                *out++ = thumbnet_wide_output(p, w, sums[1]);
                column += stride;
                n--;
            }
        } else {
            const int32_t sum = thumbnet_wide_edge(p, w, rows, column, base);
            *out++ = thumbnet_wide_output(p, w, sum);
        }
        column += stride;
        n--;
    }
}

/* The row kernel. scratch: a byte for each wide channel and pixel of THUMBNET_WIDE_RUN, or of a
 * shorter run; behind these, at a multiple of 8, that of `rest`. */
THUMBNET_INLINE void thumbnet_wide_channels_s8(const void *constants, const void *const *rows,
                                               void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_wide_channels_t *p = (const thumbnet_wide_channels_t *)constants;
    const void *here[THUMBNET_MAX_ROWS];
    int8_t *pixel = (int8_t *)out;
    int8_t *const made = (int8_t *)scratch;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t start = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t run = n < THUMBNET_WIDE_RUN ? n : THUMBNET_WIDE_RUN;
        const int32_t base = column > 0 ? column : 0;
        for (int32_t k = 0; k < p->kernel_height; k++) {
            here[k] =
                rows[k] == NULL ? NULL : (const int8_t *)rows[k] + (base - start) * p->in_channels;
        }
        for (int32_t w = 0; w < p->channels; w++) {
            thumbnet_wide_channel(p, w, here, column, base, run, made + w * run);
        }
        p->rest.kernel(p->rest.constants, here, pixel, x, run,
                       made + ((p->channels * run + 7) & -8));
        for (int32_t w = 0; w < p->channels; w++) {
            for (int32_t i = 0; i < run; i++) {
                pixel[i * p->out_channels + p->places[w]] = made[w * run + i];
            }
        }
        pixel += run * p->out_channels;
        column += run * p->stride_width;
        x += run;
        n -= run;
    }
}

#endif
