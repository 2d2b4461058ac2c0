/* add, sub and mul of two operands as onnxruntime rounds them. SPDX-License-Identifier: Apache-2.0
 *
 * QLinearAdd is two fused multiply-adds of float32 and a rounding to even, QLinearMul a product and
 * a sum. A sum of 32-bit products says what comes out, unless it lies so near to a tie that the
 * float32 operations decide: these then are done in integers.
 *
 * Elements are read before the output element of the same position is written, so that the output
 * may take the place of an operand of its own shape. */
#ifndef THUMBNET_KERNELS_ELEMENTWISE_EVEN_H
#define THUMBNET_KERNELS_ELEMENTWISE_EVEN_H

#include "thumbnet/kernels/elementwise.h"

/* An operand's float32 factor, or the sum of all that is constant: mantissa * 2^shift in units of
 * 2^-fraction. */
typedef struct {
    int32_t mantissa;
    uint8_t shift;
} thumbnet_float_t;

typedef struct {
    thumbnet_operand_t first;
    thumbnet_operand_t second;
    /* The sum with `point` bits behind the point: factors, and what is constant plus one half. */
    int32_t first_factor;
    int32_t second_factor;
    int32_t offset;
    uint32_t margin; /* how near to a tie is too near, in units of 2^-32 */
    /* The operations themselves. */
    thumbnet_float_t first_float;
    thumbnet_float_t second_float;
    thumbnet_float_t constant;
    uint16_t channels;
    uint8_t point;
    uint8_t fraction;
    uint8_t codes; /* 128 where the operands were uint8, else 0 */
    int8_t low;    /* the fused activation */
    int8_t high;
} thumbnet_add_even_t;

typedef struct {
    thumbnet_operand_t first;
    thumbnet_operand_t second;
    int32_t mantissa;
    uint16_t channels;
    int16_t out_zero_point; /* of the codes as they were */
    uint8_t codes;          /* 128 where the operands were uint8, else 0 */
    int8_t shift;
    int8_t first_zero_point;
    int8_t second_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_mul_even_t;

THUMBNET_INLINE int64_t thumbnet_float_units(const thumbnet_float_t *factor, int32_t code)
{
    return (int64_t)factor->mantissa * code * ((int64_t)1 << factor->shift);
}

/* fma(first, a, fma(second, b, constant)) rounded, its operations in integers. */
static THUMBNET_NOINLINE int32_t thumbnet_add_float(const thumbnet_add_even_t *p, int32_t first,
                                                    int32_t second)
{
    const int64_t constant = thumbnet_float_units(&p->constant, 1);
    const int64_t inner = thumbnet_signed_to_float(
        constant + thumbnet_float_units(&p->second_float, second + p->codes));
    const int64_t outer =
        thumbnet_signed_to_float(inner + thumbnet_float_units(&p->first_float, first + p->codes));
    const int32_t rounded =
        (int32_t)thumbnet_shift_right_even((uint64_t)(outer < 0 ? -outer : outer), p->fraction);
    return outer < 0 ? -rounded : rounded;
}

THUMBNET_INLINE int8_t thumbnet_add_even_element_s8(const thumbnet_add_even_t *p, int32_t first,
                                                    int32_t second)
{
    const int32_t sum = first * p->first_factor + second * p->second_factor + p->offset;
    /* How far above a tie, of 2^32. */
    const uint32_t above = ((uint32_t)sum << (32 - p->point)) + p->margin;
    const int32_t value =
        above > 2 * p->margin ? sum >> p->point : thumbnet_add_float(p, first, second);
    return (int8_t)thumbnet_clamp(value - p->codes, p->low, p->high);
}

THUMBNET_INLINE int8_t thumbnet_mul_even_element_s8(const thumbnet_mul_even_t *p, int32_t first,
                                                    int32_t second)
{
    const int32_t product = (first - p->first_zero_point) * (second - p->second_zero_point);
    const int32_t value =
        thumbnet_requantize_even(product, p->mantissa, p->shift, p->out_zero_point);
    return (int8_t)thumbnet_clamp(value - p->codes, p->low, p->high);
}

/* Both operands have the output's shape; a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_add_even_s8(const void *constants, const void *const *rows, void *out,
                                          int32_t x, int32_t n, void *scratch)
{
    const thumbnet_add_even_t *p = (const thumbnet_add_even_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        result[i] = thumbnet_add_even_element_s8(p, first[i], second[i]);
    }
    (void)scratch;
}

/* Any operands. */
THUMBNET_INLINE void thumbnet_add_even_broadcast_s8(const void *constants, const void *const *rows,
                                                    void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_add_even_t *p = (const thumbnet_add_even_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    for (int32_t i = 0; i < n; i++) {
        for (int32_t c = 0; c < p->channels; c++) {
            *result++ = thumbnet_add_even_element_s8(p, first[c * p->first.channel_step],
                                                     second[c * p->second.channel_step]);
        }
        first += p->first.column_step;
        second += p->second.column_step;
    }
    (void)scratch;
}

/* Both operands have the output's shape; a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_mul_even_s8(const void *constants, const void *const *rows, void *out,
                                          int32_t x, int32_t n, void *scratch)
{
    const thumbnet_mul_even_t *p = (const thumbnet_mul_even_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        result[i] = thumbnet_mul_even_element_s8(p, first[i], second[i]);
    }
    (void)scratch;
}

/* Any operands. */
THUMBNET_INLINE void thumbnet_mul_even_broadcast_s8(const void *constants, const void *const *rows,
                                                    void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_mul_even_t *p = (const thumbnet_mul_even_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    for (int32_t i = 0; i < n; i++) {
        for (int32_t c = 0; c < p->channels; c++) {
            *result++ = thumbnet_mul_even_element_s8(p, first[c * p->first.channel_step],
                                                     second[c * p->second.channel_step]);
        }
        first += p->first.column_step;
        second += p->second.column_step;
    }
    (void)scratch;
}

#endif
