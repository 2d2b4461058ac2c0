/* A layer of features with a memory of each one's last values. SPDX-License-Identifier: Apache-2.0
 */
#ifndef THUMBNET_KERNELS_SVDF_H
#define THUMBNET_KERNELS_SVDF_H

#include "thumbnet/kernels/dsp.h"
#include "thumbnet/requantize.h"

#if THUMBNET_DSP
/* sum + the products of both halves of `a` and `b`. */
THUMBNET_INLINE int32_t thumbnet_svdf_mac(uint32_t a, uint32_t b, int32_t sum)
{
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
}
#endif

typedef struct {
    const int8_t *weights;       /* [units, rank, in_channels] */
    const void *time;            /* [units, rank, memory] of the state's type, the newest last */
    const int32_t *feature_bias; /* [units, rank], the input's zero point folded in */
    const int32_t *bias;         /* [units] */
    int32_t feature_mantissa;
    int32_t mantissa;
    uint16_t in_channels;
    uint16_t units;
    uint16_t rank;
    uint16_t memory;
    int8_t feature_shift;
    int8_t shift;
    int8_t zero_point;
} thumbnet_svdf_t;

THUMBNET_INLINE int32_t thumbnet_svdf_dot(const int8_t *in, const int8_t *weights, int32_t count,
                                          int32_t sum)
{
#if THUMBNET_DSP
    for (; count >= 4; count -= 4, in += 4, weights += 4) {
        const uint32_t a = thumbnet_dsp_load(in);
        const uint32_t b = thumbnet_dsp_load(weights);
        sum = thumbnet_svdf_mac(thumbnet_dsp_even(a), thumbnet_dsp_even(b), sum);
        sum = thumbnet_svdf_mac(thumbnet_dsp_odd(a), thumbnet_dsp_odd(b), sum);
    }
#endif
    for (; count > 0; count--) {
        sum += *in++ * *weights++;
    }
    return sum;
}

/* Moves a filter's memory on by one, appends `newest` and adds the product with its weights. Sums
 * wrap, as TFLite's do. */
THUMBNET_INLINE uint32_t thumbnet_svdf_memory_s16(int16_t *state, const int16_t *time,
                                                  int32_t count, int32_t newest, uint32_t sum)
{
    int32_t t = 0;
#if THUMBNET_DSP
    for (; t + 2 < count; t += 2) {
        const uint32_t pair = thumbnet_dsp_load(state + t + 1);
        memcpy(state + t, &pair, sizeof pair);
        sum = (uint32_t)thumbnet_svdf_mac(pair, thumbnet_dsp_load(time + t), (int32_t)sum);
    }
#endif
    for (; t < count - 1; t++) {
        const int16_t value = state[t + 1];
        state[t] = value;
        sum += (uint32_t)(value * time[t]);
    }
    state[count - 1] = (int16_t)thumbnet_clamp(newest, -32768, 32767);
    return sum + (uint32_t)(state[count - 1] * time[count - 1]);
}

THUMBNET_INLINE uint32_t thumbnet_svdf_memory_s8(int8_t *state, const int8_t *time, int32_t count,
                                                 int32_t newest, uint32_t sum)
{
    for (int32_t t = 0; t < count - 1; t++) {
        const int8_t value = state[t + 1];
        state[t] = value;
        sum += (uint32_t)(value * time[t]);
    }
    state[count - 1] = (int8_t)thumbnet_clamp(newest, -128, 127);
    return sum + (uint32_t)(state[count - 1] * time[count - 1]);
}

/* The row kernel, of one pixel: rows are the input and the state [units, rank, memory], which is
 * changed where the caller keeps it; wide, whether states are int16, is a literal of the
 * instantiation. */
THUMBNET_INLINE void thumbnet_svdf_s8(const void *constants, int wide, const void *const *rows,
                                      void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_svdf_t *p = (const thumbnet_svdf_t *)constants;
    const int8_t *in = (const int8_t *)rows[0];
    const int8_t *weights = p->weights;
    int8_t *to = (int8_t *)out;
    int32_t filter = 0;
    for (int32_t unit = 0; unit < p->units; unit++) {
        uint32_t sum = (uint32_t)p->bias[unit];
        for (int32_t r = 0; r < p->rank; r++, filter++, weights += p->in_channels) {
            const int32_t newest = thumbnet_multiply_by_quantized_multiplier(
                thumbnet_svdf_dot(in, weights, p->in_channels, p->feature_bias[filter]),
                p->feature_mantissa, p->feature_shift);
            const int32_t first = filter * p->memory;
            sum = wide ? thumbnet_svdf_memory_s16((int16_t *)rows[1] + first,
                                                  (const int16_t *)p->time + first, p->memory,
                                                  newest, sum)
                       : thumbnet_svdf_memory_s8((int8_t *)rows[1] + first,
                                                 (const int8_t *)p->time + first, p->memory, newest,
                                                 sum);
        }
        const int32_t value =
            thumbnet_multiply_by_quantized_multiplier((int32_t)sum, p->mantissa, p->shift);
        to[unit] = (int8_t)thumbnet_clamp(value + p->zero_point, -128, 127);
    }
    (void)x;
    (void)n;
    (void)scratch;
}

#endif
