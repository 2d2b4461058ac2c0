/* Products of two matrices, one pair a row, both of which may be computed at run time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pixel of the output is a row of the product: the sums of products of a row of the first matrix
 * with every column of the second. */
#ifndef THUMBNET_KERNELS_BATCH_MATMUL_H
#define THUMBNET_KERNELS_BATCH_MATMUL_H

#include "thumbnet/requantize.h"

typedef struct {
    const int8_t *first; /* constant matrices; NULL: row pointers, the first one's before */
    const int8_t *second;
    const int32_t *bias;  /* [channels] or NULL */
    int32_t mantissa;     /* of the requantization */
    int32_t depth;        /* products of a sum */
    int32_t first_origin; /* elements to pixel x where the run is not what the pointer points at */
    int32_t first_pixel;  /* elements from one pixel's first factor to the next one's */
    int32_t first_step;   /* from one factor of a sum to the next */
    int32_t second_channel; /* likewise of the second matrix, from one channel to the next */
    int32_t second_step;
    int32_t channels;
    uint8_t second_row;
    int8_t shift;
    int8_t first_zero_point;
    int8_t second_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_batch_matmul_t;

/* The sum of products of factors that lie first_step and second_step apart. */
THUMBNET_INLINE int32_t thumbnet_sum_of_products(const thumbnet_batch_matmul_t *p,
                                                 const int8_t *first, int32_t first_step,
                                                 const int8_t *second, int32_t second_step)
{
    const int32_t first_zero = p->first_zero_point;
    const int32_t second_zero = p->second_zero_point;
    int32_t sum = 0;
    for (int32_t k = p->depth; k != 0; k--) {
        sum += (*first - first_zero) * (*second - second_zero);
        first += first_step;
        second += second_step;
    }
    return sum;
}

/* Writes a pixel while it still reads the first matrix there. Literals of the instantiation:
 * whether the first matrix is transposed, whether the second is, and whether ties are rounded
 * upwards. Where THUMBNET_NEAREST_EVEN is set they are rounded to even, as onnxruntime does. */
THUMBNET_INLINE void thumbnet_batch_matmul_s8(const void *constants, int first_transposed,
                                              int second_transposed, int ties_up,
                                              const void *const *rows, void *out, int32_t x,
                                              int32_t n, void *scratch)
{
    const thumbnet_batch_matmul_t *p = (const thumbnet_batch_matmul_t *)constants;
    const int32_t first_step = first_transposed ? p->first_step : 1;
    const int32_t second_step = second_transposed ? 1 : p->second_step;
    const int8_t *first = p->first != NULL ? p->first : (const int8_t *)rows[0];
    const int8_t *second = p->second != NULL ? p->second : (const int8_t *)rows[p->second_row];
    int8_t *result = (int8_t *)out;
    first += x * p->first_origin;
    for (int32_t i = 0; i < n; i++, first += p->first_pixel) {
        const int8_t *column = second;
        for (int32_t c = 0; c < p->channels; c++, column += p->second_channel) {
            const int32_t sum =
                thumbnet_sum_of_products(p, first, first_step, column, second_step) +
                (p->bias != NULL ? p->bias[c] : 0);
            const int32_t value =
                THUMBNET_NEAREST_EVEN ? thumbnet_requantize_even(sum, p->mantissa, p->shift, 0)
                : ties_up ? thumbnet_requantize(sum, p->mantissa, p->shift)
                          : thumbnet_multiply_by_quantized_multiplier(sum, p->mantissa, p->shift);
            *result++ = (int8_t)thumbnet_clamp(value + p->out_zero_point, p->low, p->high);
        }
    }
    (void)scratch;
}

#endif
