/* What the convolutions share: requantization of a channel's sum. SPDX-License-Identifier:
 * Apache-2.0 */
#ifndef THUMBNET_KERNELS_CONVOLUTION_H
#define THUMBNET_KERNELS_CONVOLUTION_H

#include "thumbnet/requantize.h"

#if defined(__GNUC__) || defined(__clang__)
#define THUMBNET_LIKELY(condition) __builtin_expect((condition) != 0, 1)
#else
#define THUMBNET_LIKELY(condition) (condition)
#endif

/* Cores without an instruction for the upper half of a product: Armv6-M, Armv8-M Baseline. */
#if !defined(THUMBNET_NARROW)
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
#define THUMBNET_NARROW 1
#else
#define THUMBNET_NARROW 0
#endif
#endif

/* Whether assembly is used on them. */
#if THUMBNET_NARROW && defined(__thumb__) && defined(__GNUC__)
#define THUMBNET_THUMB_1 1
#else
#define THUMBNET_THUMB_1 0
#endif

/* Whether assembly for Armv7-M is. */
#if defined(__thumb2__) && defined(__GNUC__)
#define THUMBNET_THUMB_2 1
#else
#define THUMBNET_THUMB_2 0
#endif

/* Before a loop whose trip count is a literal: no loop remains. */
#if defined(__clang__)
#define THUMBNET_UNROLL _Pragma("unroll")
#elif defined(__GNUC__) && __GNUC__ >= 8
#define THUMBNET_UNROLL _Pragma("GCC unroll 16")
#else
#define THUMBNET_UNROLL
#endif

/* Multipliers of a quarter and more are rare: kept out of the kernels. */
static THUMBNET_NOINLINE int32_t thumbnet_requantize_any(int32_t sum, int32_t mantissa, int shift,
                                                         int ties_up)
{
    return ties_up ? thumbnet_requantize(sum, mantissa, shift)
                   : thumbnet_multiply_by_quantized_multiplier(sum, mantissa, shift);
}

/* (sum * mantissa + 2^30) >> 32, with 2^30 taken off instead where `down` is 1. */
THUMBNET_INLINE int32_t thumbnet_rounded_high_word(int32_t sum, int32_t mantissa, int down)
{
#if THUMBNET_NARROW
    /* From products of halves. The mantissa is below 2^31, so neither the sum that carries from
     * below nor the middle product, less 2^15, leaves 32 bits. */
    const uint32_t low = (uint32_t)sum & 0xffffu;
    const int32_t high = sum >> 16;
    const uint32_t fine = (uint32_t)mantissa & 0xffffu;
    const int32_t coarse = mantissa >> 16;
    const int32_t middle = high * (int32_t)fine - (down << 15);
    const uint32_t carry =
        (low * fine >> 16) + low * (uint32_t)coarse + (1u << 14) + ((uint32_t)middle & 0xffffu);
    return high * coarse + (middle >> 16) + (int32_t)(carry >> 16);
#else
    const int64_t half = (int64_t)1 << 30;
    return (int32_t)(((int64_t)sum * mantissa + (down ? -half : half)) >> 32);
#endif
}

/* The same as a function of its own. */
static THUMBNET_NOINLINE int32_t thumbnet_rounded_high_word_call(int32_t sum, int32_t mantissa,
                                                                 int down)
{
    return thumbnet_rounded_high_word(sum, mantissa, down);
}

/* thumbnet_convolution_output; `quick` is a literal: no calls even where a product takes many
 * instructions. */
THUMBNET_INLINE int8_t thumbnet_convolution_output_as(int quick, int32_t sum, int32_t mantissa,
                                                      int shift, int ties_up, int32_t zero_point,
                                                      int32_t low, int32_t high)
{
    int32_t value;
    if (THUMBNET_NEAREST_EVEN) {
        const int32_t upper = quick || !THUMBNET_NARROW
                                  ? thumbnet_rounded_high_word(sum, mantissa, 0)
                                  : thumbnet_rounded_high_word_call(sum, mantissa, 0);
        value = thumbnet_rounded_even(upper, sum, mantissa, shift, 0);
    } else if (THUMBNET_LIKELY(shift <= -2)) {
        const int down = !ties_up && sum < 0;
        const int32_t upper = quick || !THUMBNET_NARROW
                                  ? thumbnet_rounded_high_word(sum, mantissa, down)
                                  : thumbnet_rounded_high_word_call(sum, mantissa, down);
        value = ((upper >> (-2 - shift)) + 1) >> 1;
    } else {
        value = thumbnet_requantize_any(sum, mantissa, shift, ties_up);
    }
    return (int8_t)thumbnet_clamp(value + zero_point, low, high);
}

/* A channel's sum as its output byte: requantized, zero point added, clamped to the activation.
 *
 * For right shifts of two and more both roundings are exact on the high word of the product, which
 * saves joining its halves: with ties upwards floor((floor(P / 2^31) + 2^(r-1)) / 2^r), P having
 * the first rounding's half added; to round ties away from zero, negative sums take one less.
 * Where THUMBNET_NEAREST_EVEN is set, as onnxruntime does it. */
THUMBNET_INLINE int8_t thumbnet_convolution_output(int32_t sum, int32_t mantissa, int shift,
                                                   int ties_up, int32_t zero_point, int32_t low,
                                                   int32_t high)
{
    return thumbnet_convolution_output_as(0, sum, mantissa, shift, ties_up, zero_point, low, high);
}

/* The same without calls. */
THUMBNET_INLINE int8_t thumbnet_convolution_output_quick(int32_t sum, int32_t mantissa, int shift,
                                                         int ties_up, int32_t zero_point,
                                                         int32_t low, int32_t high)
{
    return thumbnet_convolution_output_as(1, sum, mantissa, shift, ties_up, zero_point, low, high);
}

#endif
