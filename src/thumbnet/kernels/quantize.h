/* quantize and dequantize between float and bytes. SPDX-License-Identifier: Apache-2.0
 *
 * With cast.h the only kernels with floating point; a model has them only where its inputs or
 * outputs are float. Arithmetic: TFLite's reference/quantize.h and reference/dequantize.h. */
#ifndef THUMBNET_KERNELS_QUANTIZE_H
#define THUMBNET_KERNELS_QUANTIZE_H

#include "thumbnet.h"

typedef struct {
    const float *scale; /* [1] */
    int32_t channels;
    int16_t zero_point;
    int16_t low; /* of the byte type */
    int16_t high;
} thumbnet_quantize_t;

/* value / scale rounded half away from zero, plus the zero point, saturated; NaN gives the lowest
 * byte. A division, since the product with a reciprocal rounds otherwise. */
THUMBNET_INLINE int32_t thumbnet_quantized(const thumbnet_quantize_t *p, float scale, float value)
{
    const float low = (float)(p->low - p->zero_point);
    const float high = (float)(p->high - p->zero_point);
    const float ratio = value / scale;
    const float above = ratio > low ? ratio : low;
    const float inside = above < high ? above : high;
    const int32_t whole = (int32_t)inside;
    const float rest = inside - (float)whole;
    return whole + (rest >= 0.5f ? 1 : rest <= -0.5f ? -1 : 0) + p->zero_point;
}

/* float to int8_t or uint8_t; both are the low byte of the result. */
THUMBNET_INLINE void thumbnet_quantize_f32(const void *constants, const void *const *rows,
                                           void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_quantize_t *p = (const thumbnet_quantize_t *)constants;
    const float scale = *p->scale;
    const float *in = (const float *)rows[0];
    uint8_t *result = (uint8_t *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        result[i] = (uint8_t)thumbnet_quantized(p, scale, in[i]);
    }
    (void)x;
    (void)scratch;
}

/* int8_t or, where is_unsigned, uint8_t to float; is_unsigned is a literal of the instantiation. */
THUMBNET_INLINE void thumbnet_dequantize_f32(const void *constants, int is_unsigned,
                                             const void *const *rows, void *out, int32_t x,
                                             int32_t n, void *scratch)
{
    const thumbnet_quantize_t *p = (const thumbnet_quantize_t *)constants;
    const float scale = *p->scale;
    const int8_t *in = (const int8_t *)rows[0];
    float *result = (float *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = is_unsigned ? (uint8_t)in[i] : in[i];
        result[i] = scale * (float)(value - p->zero_point);
    }
    (void)x;
    (void)scratch;
}

#endif
