/* logistic() and tanh() of 16-bit fixed point, bit for bit gemmlowp's. SPDX-License-Identifier:
 * Apache-2.0
 *
 * A value of m integer bits is the integer over 2^(15 - m). Values are held in int32_t. */
#ifndef THUMBNET_KERNELS_FIXED_POINT_H
#define THUMBNET_KERNELS_FIXED_POINT_H

#include "thumbnet/requantize.h"

#define THUMBNET_FIXED_ONE 32767 /* 1 without integer bits, as near as it comes */

THUMBNET_INLINE int32_t thumbnet_fixed_saturated(int32_t x)
{
    return thumbnet_clamp(x, -32768, 32767);
}

/* round(a * b / 2^15), ties upwards. No two factors here are both -2^15. */
THUMBNET_INLINE int32_t thumbnet_fixed_mul(int32_t a, int32_t b)
{
    return (a * b + (1 << 14)) >> 15;
}

/* exp() of [-1/4, 0) without integer bits: a Taylor series about -1/8. Nothing saturates, and what
 * is shifted to the right is not negative, so that ties upwards do. */
THUMBNET_INLINE int32_t thumbnet_fixed_exp_near_zero(int32_t a)
{
    const int32_t x = a + (1 << 12);
    const int32_t x2 = thumbnet_fixed_mul(x, x);
    const int32_t x3 = thumbnet_fixed_mul(x2, x);
    const int32_t x4 = thumbnet_fixed_mul(x2, x2);
    const int32_t tail = thumbnet_fixed_mul(((x4 + 2) >> 2) + x3, 10923) + x2;
    return 28918 + thumbnet_fixed_mul(28918, x + ((tail + 1) >> 1));
}

/* exp(a), a in [-2^15, 0] of integer_bits in [1, 7]. */
THUMBNET_INLINE int32_t thumbnet_fixed_exp(int32_t a, int integer_bits)
{
    static const int16_t powers[7] = {25520, 19875, 12055, 4435, 600, 11, 0}; /* exp(-2^e) */
    const int low = 13 - integer_bits; /* the bit of a quarter */
    const int32_t quarter = (int32_t)1 << low;
    const int32_t rest = (a & (quarter - 1)) - quarter;
    int32_t remainder = (rest - a) >> low;
    int32_t result = thumbnet_fixed_exp_near_zero(rest * ((int32_t)1 << integer_bits));
    if (a == 0) {
        return THUMBNET_FIXED_ONE;
    }
    if (integer_bits > 5 && a < -((int32_t)1 << (20 - integer_bits))) {
        return 0;
    }
    for (int e = 0; e < 7 && remainder != 0; e++, remainder >>= 1) {
        if (remainder & 1) {
            result = thumbnet_fixed_mul(result, powers[e]);
        }
    }
    return result;
}

/* 2 / (1 + a) for a in [0, 1] without integer bits, with two of them: Newton's method. No step
 * saturates for any a. */
THUMBNET_INLINE int32_t thumbnet_fixed_reciprocal(int32_t a)
{
    const int32_t half = (a + THUMBNET_FIXED_ONE + 1) >> 1;
    int32_t x = 23130 + thumbnet_fixed_mul(half, -15420);
    for (int i = 0; i < 3; i++) {
        const int32_t error = (1 << 13) - thumbnet_fixed_mul(half, x);
        x += thumbnet_fixed_mul(x, error) * 4;
    }
    return x;
}

/* 1 / (1 + exp(-a)), a of three integer bits. */
static THUMBNET_NOINLINE int32_t thumbnet_fixed_logistic(int32_t a)
{
    const int32_t size = a < 0 ? a : -a;
    const int32_t x = thumbnet_fixed_reciprocal(thumbnet_fixed_exp(size, 3));
    const int32_t positive = x * 2 < THUMBNET_FIXED_ONE ? x * 2 : THUMBNET_FIXED_ONE;
    return a == 0 ? 1 << 14 : a > 0 ? positive : THUMBNET_FIXED_ONE - positive;
}

/* tanh(a), a of integer_bits in [0, 6]. */
static THUMBNET_NOINLINE int32_t thumbnet_fixed_tanh(int32_t a, int integer_bits)
{
    const int32_t size = a < 0 ? a : -a;
    const int32_t x = thumbnet_fixed_reciprocal(thumbnet_fixed_exp(size, integer_bits + 1));
    const int32_t most = (x - (1 << 13)) * 4;
    const int32_t positive = most < THUMBNET_FIXED_ONE ? most : THUMBNET_FIXED_ONE;
    return a == 0 ? 0 : a > 0 ? positive : -positive;
}

#endif
