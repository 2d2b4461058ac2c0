/* Functions of two operands, broadcast as numpy does: greatest and least, squares of differences,
 * quotients, slopes below zero, comparisons. SPDX-License-Identifier: Apache-2.0
 *
 * Elements are read before the output element of the same position is written, so that the output
 * may take the place of an operand of its own shape. */
#ifndef THUMBNET_KERNELS_BINARY_H
#define THUMBNET_KERNELS_BINARY_H

#include "thumbnet/kernels/elementwise.h"

/* The functions, literals of instantiations. */
#define THUMBNET_MAXIMUM 0
#define THUMBNET_MINIMUM 1
#define THUMBNET_SQUARED_DIFFERENCE 2
#define THUMBNET_PRELU 3
#define THUMBNET_DIV 4
#define THUMBNET_FLOOR_DIV 5
#define THUMBNET_FLOOR_MOD 6
#define THUMBNET_EQUAL 7
#define THUMBNET_NOT_EQUAL 8
#define THUMBNET_GREATER 9
#define THUMBNET_GREATER_EQUAL 10
#define THUMBNET_LESS 11
#define THUMBNET_LESS_EQUAL 12

/* What a function does not name is not looked at. */
typedef struct {
    thumbnet_operand_t first;
    thumbnet_operand_t second;
    const int32_t *reciprocals; /* div: [256] of 0 to 255, normalized to (2^30, 2^31) */
    const int16_t *ranks;       /* comparisons: [2][256], by operand and byte plus 128 */
    int32_t first_mantissa;     /* squared_difference; prelu: from zero on */
    int32_t second_mantissa;    /* squared_difference; prelu: below zero */
    int32_t out_mantissa;       /* squared_difference, div */
    uint16_t channels;
    int8_t first_shift;
    int8_t second_shift;
    int8_t out_shift;
    int8_t first_zero_point;
    int8_t second_zero_point;
    int8_t out_zero_point;
    int8_t low; /* all but comparisons */
    int8_t high;
} thumbnet_binary_t;

/* A number of [-255, 255] as a fraction of 32 bits has so many bits to spare. */
THUMBNET_INLINE int thumbnet_headroom(int32_t x)
{
    int spare = 31;
    for (int32_t bits = x < 0 ? ~x : x; bits != 0; bits >>= 1) {
        spare--;
    }
    return spare;
}

/* a / b, scaled: TFLite's Div. By zero it is as large as it can be, 0 / 0 is zero. */
THUMBNET_INLINE int32_t thumbnet_quotient(const thumbnet_binary_t *p, int32_t a, int32_t b)
{
    const int32_t numerator = b < 0 ? -a : a;
    const int32_t denominator = b < 0 ? -b : b;
    if (denominator == 0) {
        return a < 0 ? -512 : a > 0 ? 512 : 0;
    }
    const int headroom = thumbnet_headroom(numerator);
    const int32_t quotient = thumbnet_doubling_high_mul(thumbnet_shift_left(numerator, headroom),
                                                        p->reciprocals[denominator]);
    /* A denominator of n + 1 bits is n powers of two above its reciprocal. */
    const int right = headroom + 30 - thumbnet_headroom(denominator) - p->out_shift;
    const int32_t scaled = thumbnet_doubling_high_mul(quotient, p->out_mantissa);
    return right > 31 ? 0 : thumbnet_shift_right_ties_away(scaled, right);
}

/* Integer division towards minus infinity; by zero it is 0. */
THUMBNET_INLINE int32_t thumbnet_floor_div(int32_t a, int32_t b)
{
    if (b == 0) {
        return 0;
    }
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

THUMBNET_INLINE int thumbnet_compare(int function, int32_t a, int32_t b)
{
    return function == THUMBNET_EQUAL           ? a == b
           : function == THUMBNET_NOT_EQUAL     ? a != b
           : function == THUMBNET_GREATER       ? a > b
           : function == THUMBNET_GREATER_EQUAL ? a >= b
           : function == THUMBNET_LESS          ? a < b
                                                : a <= b;
}

/* Before the clamp. */
THUMBNET_INLINE int32_t thumbnet_binary_value(const thumbnet_binary_t *p, int function, int32_t a,
                                              int32_t b)
{
    const int32_t first = a - p->first_zero_point;
    const int32_t second = b - p->second_zero_point;
    if (function == THUMBNET_MAXIMUM) {
        return a > b ? a : b;
    }
    if (function == THUMBNET_MINIMUM) {
        return a < b ? a : b;
    }
    if (function == THUMBNET_FLOOR_DIV) {
        return thumbnet_floor_div(a, b);
    }
    if (function == THUMBNET_FLOOR_MOD) {
        return a - b * thumbnet_floor_div(a, b);
    }
    if (function == THUMBNET_DIV) {
        return thumbnet_quotient(p, first, second) + p->out_zero_point;
    }
    if (function == THUMBNET_PRELU) {
        const int32_t value = first >= 0 ? thumbnet_multiply_by_quantized_multiplier(
                                               first, p->first_mantissa, p->first_shift)
                                         : thumbnet_multiply_by_quantized_multiplier(
                                               first * second, p->second_mantissa, p->second_shift);
        return value + p->out_zero_point;
    }
    /* Both on the scale of twice the greater of their scales, with 7 more bits. */
    const int32_t difference =
        thumbnet_multiply_by_quantized_multiplier(first * 128, p->first_mantissa, p->first_shift) -
        thumbnet_multiply_by_quantized_multiplier(second * 128, p->second_mantissa,
                                                  p->second_shift);
    return thumbnet_multiply_by_quantized_multiplier(difference * difference, p->out_mantissa,
                                                     p->out_shift) +
           p->out_zero_point;
}

THUMBNET_INLINE int8_t thumbnet_binary_element_s8(const thumbnet_binary_t *p, int function,
                                                  int ranked, int32_t a, int32_t b)
{
    if (function >= THUMBNET_EQUAL) {
        return (int8_t)(ranked ? thumbnet_compare(function, p->ranks[a + 128], p->ranks[b + 384])
                               : thumbnet_compare(function, a, b));
    }
    return (int8_t)thumbnet_clamp(thumbnet_binary_value(p, function, a, b), p->low, p->high);
}

/* Any two operands of int8_t or, as bytes of 0 and 1, of bool. function and ranked (whether
 * comparisons look bytes up first) are literals of the instantiation. */
THUMBNET_INLINE void thumbnet_binary_s8(const void *constants, int function, int ranked,
                                        const void *const *rows, void *out, int32_t x, int32_t n,
                                        void *scratch)
{
    const thumbnet_binary_t *p = (const thumbnet_binary_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    for (int32_t i = 0; i < n; i++) {
        for (int32_t c = 0; c < p->channels; c++) {
            *result++ =
                thumbnet_binary_element_s8(p, function, ranked, first[c * p->first.channel_step],
                                           second[c * p->second.channel_step]);
        }
        first += p->first.column_step;
        second += p->second.column_step;
    }
    (void)scratch;
}

#endif
