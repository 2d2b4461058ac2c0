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
#include "thumbnet/kernels/dsp.h"
#include "thumbnet/layer.h"

#define THUMBNET_WIDE_RUN 32

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
    uint16_t depth;    /* input channels that an output reads: all, or 1 */
    uint16_t in_width; /* 0: no window reaches outside */
    uint16_t ties_up;  /* output channels before this one round ties up, the others away from 0 */
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t stride_width;
    uint8_t pad_left;
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_wide_channels_t;

#if THUMBNET_DSP
/* sum + both products of two int16 each. */
THUMBNET_INLINE int32_t thumbnet_wide_multiply(int32_t sum, uint32_t x, uint32_t y)
{
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}
#endif

/* Adds `count` products to the sums of two pixels, the second `step` bytes behind the first. */
THUMBNET_INLINE void thumbnet_wide_row(const int8_t *in, int32_t step, const int16_t *weights,
                                       int32_t count, int32_t *a, int32_t *b)
{
    const int8_t *second = in + step;
    int32_t i = 0;
#if THUMBNET_DSP
    for (; i + 4 <= count; i += 4) {
        const uint32_t lower = thumbnet_dsp_load(weights + i);
        const uint32_t upper = thumbnet_dsp_load(weights + i + 2);
        uint32_t even;
        uint32_t odd;
        __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(even) : "r"(lower), "r"(upper));
        __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(odd) : "r"(upper), "r"(lower));
        const uint32_t x = thumbnet_dsp_load(in + i);
        const uint32_t y = thumbnet_dsp_load(second + i);
        *a = thumbnet_wide_multiply(*a, thumbnet_dsp_even(x), even);
        *b = thumbnet_wide_multiply(*b, thumbnet_dsp_even(y), even);
        *a = thumbnet_wide_multiply(*a, thumbnet_dsp_odd(x), odd);
        *b = thumbnet_wide_multiply(*b, thumbnet_dsp_odd(y), odd);
    }
#endif
    for (; i < count; i++) {
        const int32_t weight = weights[i];
        *a += in[i] * weight;
        *b += second[i] * weight;
    }
}

/* Adds `count` neighbouring inputs times weights to the sums of n pixels, `step` bytes apart. */
static THUMBNET_NOINLINE void thumbnet_wide_dots(const int8_t *in, int32_t step, int32_t n,
                                                 const int16_t *weights, int32_t count,
                                                 int32_t *sums)
{
    for (; n >= 2; n -= 2, in += 2 * step, sums += 2) {
        int32_t a = sums[0];
        int32_t b = sums[1];
        thumbnet_wide_row(in, step, weights, count, &a, &b);
        sums[0] = a;
        sums[1] = b;
    }
    if (n > 0) {
        int32_t unused = 0;
        thumbnet_wide_row(in, 0, weights, count, sums, &unused);
    }
}

/* The same of one input each. */
static THUMBNET_NOINLINE void thumbnet_wide_tap(const int8_t *in, int32_t step, int32_t n,
                                                int32_t weight, int32_t *sums)
{
    for (; n > 0; n--, in += step) {
        *sums++ += *in * weight;
    }
}

/* Adds what `count` weights make of the zero point to the sums of n pixels. */
static THUMBNET_NOINLINE void thumbnet_wide_outside(int32_t zero_point, const int16_t *weights,
                                                    int32_t count, int32_t *sums, int32_t n)
{
    int32_t added = 0;
    for (int32_t i = 0; i < count; i++) {
        added += weights[i];
    }
    added *= zero_point;
    for (; n > 0; n--) {
        *sums++ += added;
    }
}

/* The pixels [first, last) of n whose windows of `columns` columns, of which those of the first
 * pixel are `column` of the input and on, lie inside. */
typedef struct {
    int32_t first;
    int32_t last;
} thumbnet_wide_range_t;

THUMBNET_INLINE thumbnet_wide_range_t thumbnet_wide_inside(const thumbnet_wide_channels_t *p,
                                                           int32_t column, int32_t columns,
                                                           int32_t n)
{
    const int32_t stride = p->stride_width;
    thumbnet_wide_range_t range = {.first = 0, .last = n};
    if (p->in_width != 0) {
        while (range.first < n && column + range.first * stride < 0) {
            range.first++;
        }
        while (range.last > range.first &&
               column + (range.last - 1) * stride + columns > p->in_width) {
            range.last--;
        }
    }
    return range;
}

/* Adds a row of the kernel to the sums of n pixels, column by column. */
static THUMBNET_NOINLINE void thumbnet_wide_by_columns(const thumbnet_wide_channels_t *p,
                                                       const int8_t *in, int32_t column,
                                                       const int16_t *weights, int32_t n,
                                                       int32_t *sums)
{
    const int32_t step = p->stride_width * p->in_channels;
    const int32_t count = p->depth;
    for (int32_t j = 0; j < p->kernel_width;
         j++, column++, in += p->in_channels, weights += count) {
        const thumbnet_wide_range_t range = thumbnet_wide_inside(p, column, 1, n);
        const int8_t *first = in + range.first * step;
        const int32_t inside = range.last - range.first;
        if (inside < n) {
            thumbnet_wide_outside(p->in_zero_point, weights, count, sums, range.first);
            thumbnet_wide_outside(p->in_zero_point, weights, count, sums + range.last,
                                  n - range.last);
        }
        if (count == 1) {
            thumbnet_wide_tap(first, step, inside, *weights, sums + range.first);
        } else {
            thumbnet_wide_dots(first, step, inside, weights, count, sums + range.first);
        }
    }
}

/* Adds a row of the kernel to the sums of n pixels, the first of whose windows begins at `column`
 * of the input, `in`. */
THUMBNET_INLINE void thumbnet_wide_kernel_row(const thumbnet_wide_channels_t *p, const int8_t *in,
                                              int32_t column, const int16_t *weights, int32_t n,
                                              int32_t *sums)
{
    const int32_t step = p->stride_width * p->in_channels;
    if (p->depth < p->in_channels) {
        thumbnet_wide_by_columns(p, in, column, weights, n, sums);
        return;
    }
    /* All columns of a window are one run of inputs. */
    const thumbnet_wide_range_t range = thumbnet_wide_inside(p, column, p->kernel_width, n);
    thumbnet_wide_dots(in + range.first * step, step, range.last - range.first, weights,
                       p->kernel_width * p->depth, sums + range.first);
    if (range.first > 0) {
        thumbnet_wide_by_columns(p, in, column, weights, range.first, sums);
    }
    if (range.last < n) {
        thumbnet_wide_by_columns(p, in + range.last * step, column + range.last * p->stride_width,
                                 weights, n - range.last, sums + range.last);
    }
}

/* The outputs of channel w from the sums of n pixels. */
static THUMBNET_NOINLINE void thumbnet_wide_outputs(const thumbnet_wide_channels_t *p, int32_t w,
                                                    const int32_t *sums, int32_t n, int8_t *out)
{
    const int32_t mantissa = p->mantissa[w];
    const int shift = p->shift[w];
    const int ties_up = p->places[w] < p->ties_up;
    const int32_t zero_point = p->out_zero_point;
    const int32_t low = p->low;
    const int32_t high = p->high;
    for (; n > 0; n--) {
        *out++ =
            thumbnet_convolution_output(*sums++, mantissa, shift, ties_up, zero_point, low, high);
    }
}

/* Channel w of n pixels from input column `column`, whose rows point at `base`. */
static THUMBNET_NOINLINE void thumbnet_wide_channel(const thumbnet_wide_channels_t *p, int32_t w,
                                                    const void *const *rows, int32_t column,
                                                    int32_t base, int32_t n, int32_t *sums,
                                                    int8_t *out)
{
    const int32_t run = p->kernel_width * p->depth;
    const int16_t *weights = p->weights + w * p->kernel_height * run;
    for (int32_t i = 0; i < n; i++) {
        sums[i] = p->bias[w];
    }
    for (int32_t k = 0; k < p->kernel_height; k++, weights += run) {
        if (rows[k] == NULL) {
            thumbnet_wide_outside(p->in_zero_point, weights, run, sums, n);
            continue;
        }
        const int8_t *in = (const int8_t *)rows[k] + (column - base) * p->in_channels + p->reads[w];
        thumbnet_wide_kernel_row(p, in, column, weights, n, sums);
    }
    thumbnet_wide_outputs(p, w, sums, n, out);
}

/* The row kernel. scratch: of each pixel of THUMBNET_WIDE_RUN, or of a shorter run, an int32_t and
 * a byte for each wide channel; behind these, at a multiple of 8, that of `rest`. */
THUMBNET_INLINE void thumbnet_wide_channels_s8(const void *constants, const void *const *rows,
                                               void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_wide_channels_t *p = (const thumbnet_wide_channels_t *)constants;
    const void *here[THUMBNET_MAX_ROWS];
    int8_t *pixel = (int8_t *)out;
    int32_t *const sums = (int32_t *)scratch;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t start = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t run = n < THUMBNET_WIDE_RUN ? n : THUMBNET_WIDE_RUN;
        const int32_t base = column > 0 ? column : 0;
        int8_t *const made = (int8_t *)(sums + run);
        for (int32_t k = 0; k < p->kernel_height; k++) {
            here[k] =
                rows[k] == NULL ? NULL : (const int8_t *)rows[k] + (base - start) * p->in_channels;
        }
        for (int32_t w = 0; w < p->channels; w++) {
            thumbnet_wide_channel(p, w, here, column, base, run, sums, made + w * run);
        }
        p->rest.kernel(p->rest.constants, here, pixel, x, run,
                       (int8_t *)scratch + (((p->channels + 4) * run + 7) & -8));
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
