/* mean of int16 over rows, columns and channels. SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic: TFLite's QuantizedMeanOrSum; the division by the count is part of the multiplier. */
#ifndef THUMBNET_KERNELS_MEAN_S16_H
#define THUMBNET_KERNELS_MEAN_S16_H

#include "thumbnet/requantize.h"

typedef struct {
    int32_t multiplier;
    int32_t channels; /* of the input */
    int32_t outputs;  /* row: of one output pixel; plane: of the whole tensor */
    int32_t count;    /* row: elements of one mean; plane: pixels of the input */
    int32_t pitch;    /* row: from one output's first element to the next one's;
                       * plane: from one input pixel's sums to the next one's */
    int32_t step;     /* row: from one element of a mean to the next */
    int8_t shift;
} thumbnet_mean_s16_t;

THUMBNET_INLINE int16_t thumbnet_mean_output_s16(const thumbnet_mean_s16_t *p, int32_t sum)
{
    const int32_t value = thumbnet_multiply_by_quantized_multiplier(sum, p->multiplier, p->shift);
    return (int16_t)thumbnet_clamp(value, INT16_MIN, INT16_MAX);
}

/* Means within one row: over its channels, its columns or both. */
THUMBNET_INLINE void thumbnet_mean_row_s16(const void *constants, const void *const *rows,
                                           void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_mean_s16_t *p = (const thumbnet_mean_s16_t *)constants;
    const int16_t *in = (const int16_t *)rows[0];
    int16_t *result = (int16_t *)out;
    const int32_t total = n * p->outputs;
    for (int32_t i = 0; i < total; i++, in += p->pitch) {
        const int16_t *element = in;
        int32_t sum = 0;
        for (int32_t k = 0; k < p->count; k++, element += p->step) {
            sum += *element;
        }
        result[i] = thumbnet_mean_output_s16(p, sum);
    }
    (void)x;
    (void)scratch;
}

/* Means over rows and, by the constants, over columns or channels. Accumulating: takes n pixels of
 * an input row from column x and writes the output at the last pixel of the tensor.
 * over_channels is a literal of the instantiation.
 * scratch: int32_t pixels seen, then int32_t sums[outputs]; zero before the first call. */
THUMBNET_INLINE void thumbnet_mean_plane_s16(const void *constants, int over_channels,
                                             const void *const *rows, void *out, int32_t x,
                                             int32_t n, void *scratch)
{
    const thumbnet_mean_s16_t *p = (const thumbnet_mean_s16_t *)constants;
    int32_t *seen = (int32_t *)scratch;
    int32_t *sums = seen + 1;
    int32_t *pixel = sums + x * p->pitch;
    const int16_t *in = (const int16_t *)rows[0];
    int16_t *result = (int16_t *)out;
    for (int32_t i = 0; i < n; i++, in += p->channels, pixel += p->pitch) {
        for (int32_t c = 0; c < p->channels; c++) {
            pixel[over_channels ? 0 : c] += in[c];
        }
    }
    *seen += n;
    if (*seen == p->count) {
        for (int32_t i = 0; i < p->outputs; i++) {
            result[i] = thumbnet_mean_output_s16(p, sums[i]);
        }
    }
}

#endif
