/* Functions of single int16 elements: leaky_relu, logistic, tanh, and conversions from and to
 * float. SPDX-License-Identifier: Apache-2.0
 *
 * All see a row, or a whole tensor as one long row. */
#ifndef THUMBNET_KERNELS_FUNCTIONS_S16_H
#define THUMBNET_KERNELS_FUNCTIONS_S16_H

#include "thumbnet/kernels/quantize.h"
#include "thumbnet/requantize.h"

typedef struct {
    int32_t mantissa;
    int32_t negative_mantissa; /* of negative elements */
    int32_t channels;
    int8_t shift; /* to the left */
    int8_t negative_shift;
    int8_t negative_sign; /* 1 or -1: of the factor of negative elements */
} thumbnet_leaky_relu_s16_t;

/* Arithmetic: TFLite's reference/leaky_relu.h. */
THUMBNET_INLINE void thumbnet_leaky_relu_s16(const void *constants, const void *const *rows,
                                             void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_leaky_relu_s16_t *p = (const thumbnet_leaky_relu_s16_t *)constants;
    const int16_t *in = (const int16_t *)rows[0];
    int16_t *result = (int16_t *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        int32_t value;
        if (in[i] >= 0) {
            value = thumbnet_multiply_by_quantized_multiplier(in[i], p->mantissa, p->shift);
        } else {
            value = p->negative_sign * thumbnet_multiply_by_quantized_multiplier(
                                           in[i], p->negative_mantissa, p->negative_shift);
        }
        result[i] = (int16_t)thumbnet_clamp(value, INT16_MIN, INT16_MAX);
    }
    (void)x;
    (void)scratch;
}

typedef struct {
    const uint16_t *table; /* [256]: 2^16 / (1 + exp(-i / 24)) */
    int32_t channels;
    int32_t multiplier;
    int8_t shift; /* to the right */
} thumbnet_sigmoid_s16_t;

/* logistic, or tanh where is_tanh, which is a literal: linear between the table's entries.
 * Arithmetic: TFLite's integer_ops/logistic.h and integer_ops/tanh.h of int16. */
THUMBNET_INLINE void thumbnet_sigmoid_s16(const void *constants, int is_tanh,
                                          const void *const *rows, void *out, int32_t x, int32_t n,
                                          void *scratch)
{
    const thumbnet_sigmoid_s16_t *p = (const thumbnet_sigmoid_s16_t *)constants;
    const int fraction = is_tanh ? 8 : 9;
    const int32_t half = p->shift > 0 ? (int32_t)1 << (p->shift - 1) : 0;
    const int16_t *in = (const int16_t *)rows[0];
    int16_t *result = (int16_t *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = (in[i] * p->multiplier + half) >> p->shift;
        const uint32_t size = (uint32_t)(value < 0 ? -value : value);
        const uint32_t place = size >> fraction;
        int32_t found; /* the sigmoid of size: 16 bits and a fraction, less a bit for logistic */
        if (place >= 255u) {
            found = is_tanh ? 0xffff << 8 : 0x7fff << 10;
        } else {
            const uint32_t rest = size & (((uint32_t)1 << fraction) - 1u);
            const uint32_t low = p->table[place];
            const uint32_t high = p->table[place + 1u];
            found = (int32_t)((low << fraction) + rest * (high - low));
        }
        if (is_tanh) {
            const int32_t above = found - ((int32_t)1 << 23);
            result[i] = (int16_t)((value < 0 ? -above + 127 : above + 128) >> 8);
        } else {
            const int32_t whole = (int32_t)1 << 25;
            result[i] = (int16_t)((value < 0 ? whole - found + 511 : found + 512) >> 10);
        }
    }
    (void)x;
    (void)scratch;
}

/* float to int16_t. */
THUMBNET_INLINE void thumbnet_quantize_f32_s16(const void *constants, const void *const *rows,
                                               void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_quantize_t *p = (const thumbnet_quantize_t *)constants;
    const float scale = *p->scale;
    const float *in = (const float *)rows[0];
    int16_t *result = (int16_t *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        result[i] = (int16_t)thumbnet_quantized(p, scale, in[i]);
    }
    (void)x;
    (void)scratch;
}

/* int16_t to float. */
THUMBNET_INLINE void thumbnet_dequantize_s16_f32(const void *constants, const void *const *rows,
                                                 void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_quantize_t *p = (const thumbnet_quantize_t *)constants;
    const float scale = *p->scale;
    const int16_t *in = (const int16_t *)rows[0];
    float *result = (float *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        result[i] = scale * (float)(in[i] - p->zero_point);
    }
    (void)x;
    (void)scratch;
}

#endif
