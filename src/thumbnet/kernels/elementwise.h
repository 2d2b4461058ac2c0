/* add, sub and mul of two operands, broadcast as numpy does. SPDX-License-Identifier: Apache-2.0
 *
 * Elements are read before the output element of the same position is written, so that the output
 * may take the place of an operand of its own shape. */
#ifndef THUMBNET_KERNELS_ELEMENTWISE_H
#define THUMBNET_KERNELS_ELEMENTWISE_H

#include "thumbnet/requantize.h"

/* Where an operand's elements are. */
typedef struct {
    const int8_t *constant; /* a row known at compile time; NULL: the row pointer number `row` */
    uint16_t row;
    uint16_t column_step;  /* elements from one pixel to the next: 0 is the same for all pixels */
    uint16_t channel_step; /* 1, or 0: the same for all channels */
} thumbnet_operand_t;

/* add and sub. The operand of the greater scale comes first: TFLite scales both by half the greater
 * scale, which for this one is an exact shift. */
typedef struct {
    thumbnet_operand_t first;
    thumbnet_operand_t second;
    int32_t first_factor; /* +- 2^19 */
    int32_t offset;       /* the first zero point's part, negated */
    int32_t second_mantissa;
    int32_t out_mantissa;
    uint16_t channels;
    uint8_t second_shift; /* to the right */
    uint8_t out_shift;    /* to the right */
    int8_t second_sign;   /* 1 or -1 */
    int8_t second_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_add_t;

typedef struct {
    thumbnet_operand_t first;
    thumbnet_operand_t second;
    int32_t mantissa;
    uint16_t channels;
    int8_t shift;
    int8_t first_zero_point;
    int8_t second_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_mul_t;

/* The operand's element at the first channel of pixel x, where the run begins. */
THUMBNET_INLINE const int8_t *thumbnet_operand(const thumbnet_operand_t *operand,
                                               const void *const *rows, int32_t x)
{
    return operand->constant != NULL ? operand->constant + x * operand->column_step
                                     : (const int8_t *)rows[operand->row];
}

/* x / 2^exponent, ties away from zero, of |x| < 2^30. */
THUMBNET_INLINE int32_t thumbnet_add_shift_right(int32_t x, int exponent)
{
    /* One less for what is negative makes an upward tie one away from zero. */
    const int32_t nudge = exponent == 0 ? 0 : x >> 31;
    return (x + nudge + (int32_t)(((uint32_t)1 << exponent) >> 1)) >> exponent;
}

/* Sums stay below 2^29: 255 * 2^19 an operand. */
THUMBNET_INLINE int8_t thumbnet_add_element_s8(const thumbnet_add_t *p, int32_t first,
                                               int32_t second)
{
    const int32_t shifted = (second - p->second_zero_point) * ((int32_t)1 << 20);
    const int32_t scaled = thumbnet_add_shift_right(
        thumbnet_doubling_high_mul(shifted, p->second_mantissa), p->second_shift);
    const int32_t sum = first * p->first_factor + p->offset + p->second_sign * scaled;
    const int32_t value =
        thumbnet_add_shift_right(thumbnet_doubling_high_mul(sum, p->out_mantissa), p->out_shift);
    return (int8_t)thumbnet_clamp(value + p->out_zero_point, p->low, p->high);
}

THUMBNET_INLINE int8_t thumbnet_mul_element_s8(const thumbnet_mul_t *p, int32_t first,
                                               int32_t second)
{
    const int32_t product = (first - p->first_zero_point) * (second - p->second_zero_point);
    const int32_t value = thumbnet_multiply_by_quantized_multiplier(product, p->mantissa, p->shift);
    return (int8_t)thumbnet_clamp(value + p->out_zero_point, p->low, p->high);
}

/* Both operands have the output's shape; a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_add_s8(const void *constants, const void *const *rows, void *out,
                                     int32_t x, int32_t n, void *scratch)
{
    const thumbnet_add_t *p = (const thumbnet_add_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        result[i] = thumbnet_add_element_s8(p, first[i], second[i]);
    }
    (void)scratch;
}

/* Any operands. */
THUMBNET_INLINE void thumbnet_add_broadcast_s8(const void *constants, const void *const *rows,
                                               void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_add_t *p = (const thumbnet_add_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    for (int32_t i = 0; i < n; i++) {
        for (int32_t c = 0; c < p->channels; c++) {
            *result++ = thumbnet_add_element_s8(p, first[c * p->first.channel_step],
                                                second[c * p->second.channel_step]);
        }
        first += p->first.column_step;
        second += p->second.column_step;
    }
    (void)scratch;
}

/* Both operands have the output's shape; a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_mul_s8(const void *constants, const void *const *rows, void *out,
                                     int32_t x, int32_t n, void *scratch)
{
    const thumbnet_mul_t *p = (const thumbnet_mul_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        result[i] = thumbnet_mul_element_s8(p, first[i], second[i]);
    }
    (void)scratch;
}

/* Any operands. */
THUMBNET_INLINE void thumbnet_mul_broadcast_s8(const void *constants, const void *const *rows,
                                               void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_mul_t *p = (const thumbnet_mul_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    for (int32_t i = 0; i < n; i++) {
        for (int32_t c = 0; c < p->channels; c++) {
            *result++ = thumbnet_mul_element_s8(p, first[c * p->first.channel_step],
                                                second[c * p->second.channel_step]);
        }
        first += p->first.column_step;
        second += p->second.column_step;
    }
    (void)scratch;
}

#endif
