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

/* A channel's sum as its output byte: requantized, zero point added, clamped to the activation.
 *
 * For right shifts of two and more both roundings are exact on the high word of the product, which
 * saves joining its halves: with ties upwards floor((floor(P / 2^31) + 2^(r-1)) / 2^r), P having
 * the first rounding's half added; to round ties away from zero, negative sums take one less. */
THUMBNET_INLINE int8_t thumbnet_convolution_output(int32_t sum, int32_t mantissa, int shift,
                                                   int ties_up, int32_t zero_point, int32_t low,
                                                   int32_t high)
{
    int32_t value;
    if (THUMBNET_LIKELY(shift <= -2)) {
        const int64_t half = (int64_t)1 << 30;
        const int64_t product = (int64_t)sum * mantissa + (ties_up || sum >= 0 ? half : -half);
        value = ((int32_t)(product >> 32) + ((int32_t)1 << (-2 - shift))) >> (-1 - shift);
    } else {
        value = thumbnet_requantize_any(sum, mantissa, shift, ties_up);
    }
    return (int8_t)thumbnet_clamp(value + zero_point, low, high);
}

#endif
