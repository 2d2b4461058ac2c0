/* TFLite's and onnxruntime's requantization, bit for bit. SPDX-License-Identifier: Apache-2.0
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

/* -- onnxruntime's arithmetic -------------------------------------------------------------------
 *
 * A file that is generated from an ONNX model defines THUMBNET_NEAREST_EVEN: its kernels round as
 * onnxruntime does, whose multipliers are float32 and whose ties go to even. A multiplier then is
 * mantissa * 2^(shift - 31) with the lowest seven bits of the mantissa zero. */
#if !defined(THUMBNET_NEAREST_EVEN)
#define THUMBNET_NEAREST_EVEN 0
#endif

/* Shifts for which there is a short way, see thumbnet_requantize_even. */
#define THUMBNET_EVEN_SHIFT (-3)
#define THUMBNET_EVEN_SHIFTS 12

/* x / 2^drop, ties to even; drop in [0, 63], x < 2^63. */
THUMBNET_INLINE uint64_t thumbnet_shift_right_even(uint64_t x, int drop)
{
    const uint64_t whole = x >> drop;
    const uint64_t rest = x - (whole << drop);
    const uint64_t half = ((uint64_t)1 << drop) >> 1;
    return whole + (rest > half || (rest == half && drop > 0 && (whole & 1) != 0) ? 1u : 0u);
}

/* x as a float32 has it: of 24 bits, ties to even; x < 2^63. */
THUMBNET_INLINE uint64_t thumbnet_rounded_to_float(uint64_t x)
{
    /* How many bits are above 24. */
    uint64_t above = x >> 24;
    int drop = 0;
    for (int step = 32; step > 0; step >>= 1) {
        if (above >> step != 0) {
            above >>= step;
            drop += step;
        }
    }
    drop += (int)above;
    return thumbnet_shift_right_even(x, drop) << drop;
}

/* The same of a number with a sign. */
THUMBNET_INLINE int64_t thumbnet_signed_to_float(int64_t x)
{
    return x < 0 ? -(int64_t)thumbnet_rounded_to_float((uint64_t)-x)
                 : (int64_t)thumbnet_rounded_to_float((uint64_t)x);
}

/* round(float32(sum) * multiplier + offset) as float32 operations do it, on their bits; a product
 * of 2^20 and more in magnitude is taken for 2^20. */
static THUMBNET_NOINLINE int32_t thumbnet_requantize_float(int32_t sum, int32_t mantissa, int shift,
                                                           int32_t offset)
{
    const uint32_t magnitude = sum < 0 ? 0u - (uint32_t)sum : (uint32_t)sum;
    const uint64_t product =
        thumbnet_rounded_to_float(thumbnet_rounded_to_float(magnitude) * (uint32_t)(mantissa >> 7));
    /* The product is product * 2^-right, below 2^56 * 2^-right. */
    const int right = 24 - shift;
    int32_t total;
    if (product == 0 || right > 63) {
        total = 0;
    } else if (right < 0 || product >> right >= (uint32_t)1 << 20) {
        total = (int32_t)1 << 20;
    } else if (right > 54) {
        /* An offset would swallow it. */
        total = (int32_t)thumbnet_shift_right_even(product, right);
    } else {
        const int64_t value = sum < 0 ? -(int64_t)product : (int64_t)product;
        const int64_t moved = thumbnet_signed_to_float(value + offset * ((int64_t)1 << right));
        total = (int32_t)thumbnet_shift_right_even((uint64_t)(moved < 0 ? -moved : moved), right);
        return moved < 0 ? -total : total;
    }
    return (sum < 0 ? -total : total) + offset;
}

/* The same, shorter for shifts in the short way's range: what float32 operations round away is at
 * most a 2^14th while the result is below 512, and so they need only be done where the product is
 * as near to a tie as that. */
static THUMBNET_NOINLINE int32_t thumbnet_requantize_near(int32_t sum, int32_t mantissa, int shift,
                                                          int32_t offset)
{
    const int point = 31 - shift;
    if ((uint32_t)(THUMBNET_EVEN_SHIFT - shift) >= THUMBNET_EVEN_SHIFTS) {
        return thumbnet_requantize_float(sum, mantissa, shift, offset);
    }
    const int64_t moved = (int64_t)sum * mantissa + ((int64_t)1 << (point - 1));
    const int64_t whole = moved >> point;
    const int64_t rest = moved - whole * ((int64_t)1 << point);
    const int64_t near = (int64_t)1 << (point - 14);
    if (rest > near && rest < ((int64_t)1 << point) - near) {
        return (int32_t)whole + offset;
    }
    return thumbnet_requantize_float(sum, mantissa, shift, offset);
}

/* What moves the bits behind the point, -shift - 1, to the top; all ones for shifts for which there
 * is no short way. */
THUMBNET_INLINE uint32_t thumbnet_even_unit(int shift)
{
    const uint32_t right = (uint32_t)(THUMBNET_EVEN_SHIFT - shift);
    return right < THUMBNET_EVEN_SHIFTS ? (uint32_t)1 << (30 - right) : 0xffffffffu;
}

/* round(float32(sum) * multiplier + offset), ties to even. `upper` is sum * mantissa, perhaps plus
 * 2^30, in units of 2^32: times the multiplier with -shift - 1 bits behind the point. What float32
 * rounds away is at most half of such a unit while the result is below 512, and the 2^30 is a
 * quarter: so unless the result lies within one unit of a tie, it is what the product says. */
THUMBNET_INLINE int32_t thumbnet_rounded_even(int32_t upper, int32_t sum, int32_t mantissa,
                                              int shift, int32_t offset)
{
    const uint32_t unit = thumbnet_even_unit(shift);
    if (((uint32_t)upper + 1u) * unit - 0x80000000u > unit) {
        return (((upper >> (-2 - shift)) + 1) >> 1) + offset;
    }
    return thumbnet_requantize_near(sum, mantissa, shift, offset);
}

/* The same from the sum alone. */
THUMBNET_INLINE int32_t thumbnet_requantize_even(int32_t sum, int32_t mantissa, int shift,
                                                 int32_t offset)
{
    const int32_t upper = (int32_t)(((int64_t)sum * mantissa + ((int64_t)1 << 30)) >> 32);
    return thumbnet_rounded_even(upper, sum, mantissa, shift, offset);
}

#endif
