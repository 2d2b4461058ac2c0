/* TFLite's requantization, bit for bit. SPDX-License-Identifier: Apache-2.0
 *
 * A multiplier is mantissa * 2^(shift - 31) with the mantissa in [2^30, 2^31) or 0 and the shift in
 * [-31, 30]. TFLite rounds twice: first to the high word, then for the shift. Its convolutions (the
 * interpreter's own kernels, which use ruy) round ties of the second step upwards; its element-wise
 * and reducing kernels use gemmlowp's fixed point, which rounds them away from zero. */
#ifndef THUMBNET_REQUANTIZE_H
#define THUMBNET_REQUANTIZE_H

#include "thumbnet.h"

/* round(a * mantissa / 2^31), ties upwards: gemmlowp's SaturatingRoundingDoublingHighMul, which
 * cannot saturate here. */
THUMBNET_INLINE int32_t thumbnet_doubling_high_mul(int32_t a, int32_t mantissa)
{
    return (int32_t)(((int64_t)a * mantissa + ((int64_t)1 << 30)) >> 31);
}

/* x * 2^left as a 32-bit register holds it. */
THUMBNET_INLINE int32_t thumbnet_shift_left(int32_t x, int left)
{
    return (int32_t)((uint32_t)x << left);
}

/* x / 2^exponent, ties upwards; exponent in [0, 31]. */
THUMBNET_INLINE int32_t thumbnet_shift_right_ties_up(int32_t x, int exponent)
{
    /* The bit below the point, added after the shift, cannot overflow. */
    return exponent == 0 ? x : (x >> exponent) + ((x >> (exponent - 1)) & 1);
}

/* x / 2^exponent, ties away from zero; exponent in [0, 31]. */
THUMBNET_INLINE int32_t thumbnet_shift_right_ties_away(int32_t x, int exponent)
{
    const int32_t mask = (int32_t)(((uint32_t)1 << exponent) - 1u);
    const int32_t remainder = x & mask;
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* The requantization of convolutions and fully connected layers. */
THUMBNET_INLINE int32_t thumbnet_requantize(int32_t x, int32_t mantissa, int shift)
{
    const int left = shift > 0 ? shift : 0;
    const int right = shift > 0 ? 0 : -shift;
    const int32_t high = thumbnet_doubling_high_mul(thumbnet_shift_left(x, left), mantissa);
    return thumbnet_shift_right_ties_up(high, right);
}

/* gemmlowp's: element-wise and reducing operators. */
THUMBNET_INLINE int32_t thumbnet_multiply_by_quantized_multiplier(int32_t x, int32_t mantissa,
                                                                  int shift)
{
    const int left = shift > 0 ? shift : 0;
    const int right = shift > 0 ? 0 : -shift;
    const int32_t high = thumbnet_doubling_high_mul(thumbnet_shift_left(x, left), mantissa);
    return thumbnet_shift_right_ties_away(high, right);
}

THUMBNET_INLINE int32_t thumbnet_clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

#endif
