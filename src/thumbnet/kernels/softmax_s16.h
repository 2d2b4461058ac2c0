/* softmax of int16 over the channels of each pixel. SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic: TFLite's SoftmaxInt16, reference/softmax.h: exponentials and one reciprocal come from
 * tables of 513 entries, linear between them. */
#ifndef THUMBNET_KERNELS_SOFTMAX_S16_H
#define THUMBNET_KERNELS_SOFTMAX_S16_H

#include "thumbnet/requantize.h"

typedef struct {
    const int16_t *exponentials; /* [513]: of -10 to 0 */
    const int16_t *reciprocals;  /* [513]: 1 / (1 + x) for x in 0 to 1 */
    int32_t mantissa;            /* differences to steps of 10 / 65535 */
    int32_t channels;
    int8_t shift; /* to the left */
} thumbnet_softmax_s16_t;

/* The table between its entries; value is clamped to int16. */
THUMBNET_INLINE int32_t thumbnet_interpolated_s16(const int16_t *table, int32_t value)
{
    const int32_t inside = thumbnet_clamp(value, INT16_MIN, INT16_MAX);
    const int16_t *at = table + 256 + (inside >> 7);
    const int32_t slope = (int16_t)(at[1] - at[0]);
    return (int16_t)(at[0] + ((slope * (inside & 0x7f) + 64) >> 7));
}

/* How many zero bits are above the highest one of a positive number. */
THUMBNET_INLINE int thumbnet_leading_zeros(int32_t value)
{
#if defined(__GNUC__) && !defined(__ARM_ARCH_6M__) && !defined(__riscv)
    return __builtin_clz((unsigned int)value);
#else
    int zeros = 0;
    while (((uint32_t)value << zeros & 0x80000000u) == 0) {
        zeros++;
    }
    return zeros;
#endif
}

/* One pixel after the other; exponentials are kept in the output until their sum is known. */
THUMBNET_INLINE void thumbnet_softmax_s16(const void *constants, const void *const *rows, void *out,
                                          int32_t x, int32_t n, void *scratch)
{
    const thumbnet_softmax_s16_t *p = (const thumbnet_softmax_s16_t *)constants;
    const int32_t channels = p->channels;
    const int16_t *in = (const int16_t *)rows[0];
    int16_t *result = (int16_t *)out;
    for (; n > 0; n--, in += channels, result += channels) {
        int32_t greatest = INT16_MIN;
        for (int32_t c = 0; c < channels; c++) {
            greatest = in[c] > greatest ? in[c] : greatest;
        }
        int32_t sum = 0;
        for (int32_t c = 0; c < channels; c++) {
            const int32_t scaled =
                thumbnet_multiply_by_quantized_multiplier(in[c] - greatest, p->mantissa, p->shift);
            const int32_t one = thumbnet_interpolated_s16(p->exponentials, scaled + INT16_MAX);
            result[c] = (int16_t)one;
            sum += one;
        }
        const int zeros = thumbnet_leading_zeros(sum);
        const int32_t shifted = (int32_t)((((uint32_t)sum << (zeros - 1)) + (1u << 13)) >> 14);
        const int32_t reciprocal =
            thumbnet_interpolated_s16(p->reciprocals, shifted - ((1 << 15) + (1 << 16)));
        const int right = 31 - zeros;
        for (int32_t c = 0; c < channels; c++) {
            const int32_t value = (result[c] * reciprocal + ((int32_t)1 << (right - 1))) >> right;
            result[c] = (int16_t)thumbnet_clamp(value, 0, INT16_MAX);
        }
    }
    (void)x;
    (void)scratch;
}

#endif
