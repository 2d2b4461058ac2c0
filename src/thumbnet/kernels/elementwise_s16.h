/* add, sub, mul, maximum and minimum of two int16 operands, broadcast as numpy does.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Elements are read before the output element of the same position is written, so that the output
 * may take the place of an operand of its own shape. */
#ifndef THUMBNET_KERNELS_ELEMENTWISE_S16_H
#define THUMBNET_KERNELS_ELEMENTWISE_S16_H

#include "thumbnet/requantize.h"

/* What is done: a literal of the instantiation. */
enum { THUMBNET_ADD_S16, THUMBNET_MUL_S16, THUMBNET_MAXIMUM_S16, THUMBNET_MINIMUM_S16 };

/* Where an operand's elements are. */
typedef struct {
    const int16_t *constant; /* a row known at compile time; NULL: the row pointer number `row` */
    uint16_t row;
    uint16_t column_step;  /* elements from one pixel to the next: 0 is the same for all pixels */
    uint16_t channel_step; /* 1, or 0: the same for all channels */
} thumbnet_operand_s16_t;

/* add and sub: the operand of the greater scale comes first, which TFLite scales by one half of
 * 2^15. mul has the output's multiplier alone, maximum and minimum have none. */
typedef struct {
    thumbnet_operand_s16_t first;
    thumbnet_operand_s16_t second;
    int32_t first_factor; /* +- 2^14 */
    int32_t second_mantissa;
    int32_t out_mantissa;
    uint16_t channels;
    int8_t second_shift; /* to the left, not above 0 */
    int8_t out_shift;    /* to the left */
    int8_t second_sign;  /* 1 or -1 */
    int16_t low;         /* the fused activation */
    int16_t high;
} thumbnet_binary_s16_t;

/* The operand's element at the first channel of pixel x, where the run begins. */
THUMBNET_INLINE const int16_t *thumbnet_operand_s16(const thumbnet_operand_s16_t *operand,
                                                    const void *const *rows, int32_t x)
{
    return operand->constant != NULL ? operand->constant + x * operand->column_step
                                     : (const int16_t *)rows[operand->row];
}

/* Sums stay below 2^30: 2^29 an operand. */
THUMBNET_INLINE int16_t thumbnet_binary_element_s16(const thumbnet_binary_s16_t *p, int operation,
                                                    int32_t first, int32_t second)
{
    int32_t value;
    if (operation == THUMBNET_ADD_S16) {
        const int32_t scaled = thumbnet_multiply_by_quantized_multiplier(
            second * ((int32_t)1 << 15), p->second_mantissa, p->second_shift);
        const int32_t sum = first * p->first_factor + p->second_sign * scaled;
        value = thumbnet_multiply_by_quantized_multiplier(sum, p->out_mantissa, p->out_shift);
    } else if (operation == THUMBNET_MUL_S16) {
        value = thumbnet_multiply_by_quantized_multiplier(first * second, p->out_mantissa,
                                                          p->out_shift);
    } else {
        const int greater = first > second;
        value = greater == (operation == THUMBNET_MAXIMUM_S16) ? first : second;
    }
    return (int16_t)thumbnet_clamp(value, p->low, p->high);
}

/* Any operands; operation and whole (both operands have the output's shape: then a row may be a
 * whole tensor) are literals. */
THUMBNET_INLINE void thumbnet_binary_s16(const void *constants, int operation, int whole,
                                         const void *const *rows, void *out, int32_t x, int32_t n,
                                         void *scratch)
{
    const thumbnet_binary_s16_t *p = (const thumbnet_binary_s16_t *)constants;
    const int16_t *first = thumbnet_operand_s16(&p->first, rows, x);
    const int16_t *second = thumbnet_operand_s16(&p->second, rows, x);
    int16_t *result = (int16_t *)out;
    if (whole) {
        const int32_t count = n * p->channels;
        for (int32_t i = 0; i < count; i++) {
            result[i] = thumbnet_binary_element_s16(p, operation, first[i], second[i]);
        }
    } else {
        for (int32_t i = 0; i < n; i++) {
            for (int32_t c = 0; c < p->channels; c++) {
                *result++ =
                    thumbnet_binary_element_s16(p, operation, first[c * p->first.channel_step],
                                                second[c * p->second.channel_step]);
            }
            first += p->first.column_step;
            second += p->second.column_step;
        }
    }
    (void)scratch;
}

#endif
