/* Pixels of length one, and logarithms of probabilities. SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_KERNELS_NORMALIZE_H
#define THUMBNET_KERNELS_NORMALIZE_H

#include "thumbnet/requantize.h"

typedef struct {
    uint16_t channels;
    int8_t zero_point; /* of the input */
} thumbnet_l2_normalization_t;

typedef struct {
    const uint32_t *exponentials; /* [256], exp(-scale * i) * 2^24 */
    uint32_t step;                /* of the input, in 2^-24 of the output's */
    uint16_t channels;
} thumbnet_log_softmax_t;

/* 1 / sqrt(x) = mantissa * 2^(shift - 31) of an integer that is not negative, 0 taken as 1.
 * TFLite's GetInvSqrtQuantizedMultiplierExp: Newton's method in fixed point. */
THUMBNET_INLINE int32_t thumbnet_inverse_square_root(int32_t x, int *shift)
{
    *shift = 0;
    if (x <= 1) {
        return INT32_MAX;
    }
    int right = 11;
    for (; x >= (int32_t)1 << 29; x /= 4) {
        right++;
    }
    for (; x < (int32_t)1 << 27; x *= 4) {
        right--;
    }
    const int32_t half_three = ((int32_t)1 << 28) + ((int32_t)1 << 27);
    const int32_t half = ((x >> 1) + 1) >> 1;
    int32_t root = (int32_t)1 << 28;
    for (int i = 0; i < 5; i++) {
        const int32_t square = thumbnet_doubling_high_mul(root, root);
        const int32_t cube = thumbnet_doubling_high_mul(square, root) * 64;
        root = (thumbnet_doubling_high_mul(half_three, root) -
                thumbnet_doubling_high_mul(half, cube)) *
               8;
    }
    const int32_t mantissa = thumbnet_doubling_high_mul(root, 1518500250); /* sqrt(1/2) */
    if (right < 0) {
        return thumbnet_shift_left(mantissa, -right);
    }
    *shift = -right;
    return mantissa;
}

/* n pixels; a row, or a whole tensor as one long row. Elements are read before the output element
 * of the same position is written. */
THUMBNET_INLINE void thumbnet_l2_normalization_s8(const void *constants, const void *const *rows,
                                                  void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_l2_normalization_t *p = (const thumbnet_l2_normalization_t *)constants;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *result = (int8_t *)out;
    for (int32_t i = 0; i < n; i++, in += p->channels, result += p->channels) {
        int32_t sum = 0;
        for (int32_t c = 0; c < p->channels; c++) {
            const int32_t value = in[c] - p->zero_point;
            sum += value * value;
        }
        int shift;
        const int32_t mantissa = thumbnet_inverse_square_root(sum, &shift);
        for (int32_t c = 0; c < p->channels; c++) {
            const int32_t value = thumbnet_multiply_by_quantized_multiplier(in[c] - p->zero_point,
                                                                            mantissa, shift + 7);
            result[c] = (int8_t)thumbnet_clamp(value, -128, 127);
        }
    }
    (void)x;
    (void)scratch;
}

/* 16 * ln(x / 2^24) * 2^24 of an x of at least 2^24, by squaring. */
THUMBNET_INLINE uint64_t thumbnet_sixteen_logarithms(uint64_t x)
{
    uint32_t logarithm = 0; /* to base 2, in 2^-24 */
    for (; x >> 25 != 0; x = (x >> 1) | (x & 1u)) {
        logarithm += (uint32_t)1 << 24;
    }
    uint32_t fraction = (uint32_t)(x << 6); /* [2^30, 2^31) */
    for (uint32_t bit = (uint32_t)1 << 23; bit != 0; bit >>= 1) {
        fraction = (uint32_t)(((uint64_t)fraction * fraction) >> 30);
        if (fraction >> 31 != 0) {
            fraction >>= 1;
            logarithm += bit;
        }
    }
    return ((uint64_t)logarithm * 186065279u) >> 24; /* 16 ln(2) in 2^-24 */
}

/* n pixels; a row, or a whole tensor as one long row. Elements are read before the output element
 * of the same position is written. */
THUMBNET_INLINE void thumbnet_log_softmax_s8(const void *constants, const void *const *rows,
                                             void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_log_softmax_t *p = (const thumbnet_log_softmax_t *)constants;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *result = (int8_t *)out;
    for (int32_t i = 0; i < n; i++, in += p->channels, result += p->channels) {
        int32_t greatest = -128;
        for (int32_t c = 0; c < p->channels; c++) {
            greatest = in[c] > greatest ? in[c] : greatest;
        }
        uint64_t sum = 0;
        for (int32_t c = 0; c < p->channels; c++) {
            sum += p->exponentials[greatest - in[c]];
        }
        const uint64_t below = thumbnet_sixteen_logarithms(sum) + ((uint32_t)1 << 23);
        for (int32_t c = 0; c < p->channels; c++) {
            const uint64_t distance = below + (uint64_t)(uint32_t)(greatest - in[c]) * p->step;
            const uint64_t whole = distance >> 24;
            result[c] = (int8_t)(127 - (int32_t)(whole > 255u ? 255u : whole));
        }
    }
    (void)x;
    (void)scratch;
}

#endif
