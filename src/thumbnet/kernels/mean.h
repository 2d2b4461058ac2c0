/* mean over rows, columns and channels. SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic: TFLite's QuantizedMeanOrSum, onnxruntime's QLinearGlobalAveragePool where
 * THUMBNET_NEAREST_EVEN is set; the division by the count is part of the multiplier. */
#ifndef THUMBNET_KERNELS_MEAN_H
#define THUMBNET_KERNELS_MEAN_H

#include "thumbnet/requantize.h"

typedef struct {
    int32_t multiplier;
    int32_t in_offset;  /* added to a sum */
    int32_t out_offset; /* added to the requantized sum */
    int32_t rounded_up; /* plane: so many leading outputs are rounded with ties upwards */
    int32_t channels;   /* of the input */
    int32_t outputs;    /* row: of one output pixel; plane: of the whole tensor */
    int32_t count;      /* row: elements of one mean; plane: pixels of the input */
    int32_t pitch;      /* row: from one output's first element to the next one's;
                         * plane: from one input pixel's sums to the next one's */
    int32_t step;       /* row: from one element of a mean to the next */
    int8_t shift;
} thumbnet_mean_t;

THUMBNET_INLINE int8_t thumbnet_mean_output(const thumbnet_mean_t *p, int32_t sum, int up)
{
    const int32_t shifted = sum + p->in_offset;
    const int32_t value =
        THUMBNET_NEAREST_EVEN ? thumbnet_requantize_even(shifted, p->multiplier, p->shift, 0)
        : up ? thumbnet_requantize(shifted, p->multiplier, p->shift)
             : thumbnet_multiply_by_quantized_multiplier(shifted, p->multiplier, p->shift);
    return (int8_t)thumbnet_clamp(value + p->out_offset, -128, 127);
}

/* Means within one row: over its channels, its columns or both. */
THUMBNET_INLINE void thumbnet_mean_row_s8(const void *constants, const void *const *rows, void *out,
                                          int32_t x, int32_t n, void *scratch)
{
    const thumbnet_mean_t *p = (const thumbnet_mean_t *)constants;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *result = (int8_t *)out;
    const int32_t total = n * p->outputs;
    for (int32_t i = 0; i < total; i++, in += p->pitch) {
        const int8_t *element = in;
        int32_t sum = 0;
        for (int32_t k = 0; k < p->count; k++, element += p->step) {
            sum += *element;
        }
        result[i] = thumbnet_mean_output(p, sum, 0);
    }
    (void)x;
    (void)scratch;
}

/* Adds n elements to n sums. */
THUMBNET_INLINE void thumbnet_accumulate_s8(int32_t *sums, const int8_t *in, int32_t n)
{
    int32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        sums[i] += in[i];
        sums[i + 1] += in[i + 1];
        sums[i + 2] += in[i + 2];
        sums[i + 3] += in[i + 3];
    }
    for (; i < n; i++) {
        sums[i] += in[i];
    }
}

/* Means over rows and, by the constants, over columns or channels. Accumulating: takes n pixels of
 * an input row from column x and writes the output at the last pixel of the tensor.
 * over_channels is a literal of the instantiation.
 * scratch: int32_t pixels seen, then int32_t sums[outputs]; zero before the first call. */
THUMBNET_INLINE void thumbnet_mean_plane_s8(const void *constants, int over_channels,
                                            const void *const *rows, void *out, int32_t x,
                                            int32_t n, void *scratch)
{
    const thumbnet_mean_t *p = (const thumbnet_mean_t *)constants;
    int32_t *seen = (int32_t *)scratch;
    int32_t *sums = seen + 1;
    int32_t *pixel = sums + x * p->pitch;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *result = (int8_t *)out;
    for (int32_t i = 0; i < n; i++, in += p->channels, pixel += p->pitch) {
        if (over_channels) {
            for (int32_t c = 0; c < p->channels; c++) {
                *pixel += in[c];
            }
        } else {
            thumbnet_accumulate_s8(pixel, in, p->channels);
        }
    }
    *seen += n;
    if (*seen == p->count) {
        for (int32_t i = 0; i < p->outputs; i++) {
            result[i] = thumbnet_mean_output(p, sums[i], i < p->rounded_up);
        }
    }
}

#endif
