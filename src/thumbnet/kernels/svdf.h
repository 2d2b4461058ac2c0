/* A layer of features with a memory of each one's last values. SPDX-License-Identifier: Apache-2.0
 *
 * Bodies are one macro for the two types of states and of the weights that they take. */
#ifndef THUMBNET_KERNELS_SVDF_H
#define THUMBNET_KERNELS_SVDF_H

#include "thumbnet/requantize.h"

#define THUMBNET_SVDF_CONSTANTS(type)                                                              \
    const int8_t *weights;       /* [units, rank, in_channels] */                                  \
    const type *time;            /* [units, rank, memory], the newest last */                      \
    const int32_t *feature_bias; /* [units, rank], the input's zero point folded in */             \
    const int32_t *bias;         /* [units] */                                                     \
    int32_t feature_mantissa;                                                                      \
    int32_t mantissa;                                                                              \
    uint16_t in_channels;                                                                          \
    uint16_t units;                                                                                \
    uint16_t rank;                                                                                 \
    uint16_t memory;                                                                               \
    int8_t feature_shift;                                                                          \
    int8_t shift;                                                                                  \
    int8_t zero_point;

typedef struct {
    THUMBNET_SVDF_CONSTANTS(int16_t)
} thumbnet_svdf_s16_t;

typedef struct {
    THUMBNET_SVDF_CONSTANTS(int8_t)
} thumbnet_svdf_s8_t;

THUMBNET_INLINE int32_t thumbnet_svdf_dot(const int8_t *in, const int8_t *weights, int32_t count,
                                          int32_t sum)
{
    for (int32_t i = 0; i < count; i++) {
        sum += in[i] * weights[i];
    }
    return sum;
}

/* The row kernel, of one pixel: rows are the input and the state [units, rank, memory], which is
 * changed where the caller keeps it. Sums over time wrap, as TFLite's do. */
#define THUMBNET_SVDF(name, type, low, high)                                                       \
    THUMBNET_INLINE void name(const void *constants, const void *const *rows, void *out,           \
                              int32_t x, int32_t n, void *scratch)                                 \
    {                                                                                              \
        const name##_t *p = (const name##_t *)constants;                                           \
        const int8_t *in = (const int8_t *)rows[0];                                                \
        const int8_t *weights = p->weights;                                                        \
        const int32_t *feature_bias = p->feature_bias;                                             \
        const type *time = p->time;                                                                \
        const int32_t last = p->memory - 1;                                                        \
        type *state = (type *)rows[1];                                                             \
        int8_t *to = (int8_t *)out;                                                                \
        for (int32_t unit = 0; unit < p->units; unit++) {                                          \
            uint32_t sum = (uint32_t)p->bias[unit];                                                \
            for (int32_t r = 0; r < p->rank; r++) {                                                \
                const int32_t feature = thumbnet_multiply_by_quantized_multiplier(                 \
                    thumbnet_svdf_dot(in, weights, p->in_channels, *feature_bias++),               \
                    p->feature_mantissa, p->feature_shift);                                        \
                weights += p->in_channels;                                                         \
                for (int32_t t = 0; t < last; t++) {                                               \
                    const type value = state[t + 1];                                               \
                    state[t] = value;                                                              \
                    sum += (uint32_t)(value * time[t]);                                            \
                }                                                                                  \
                state[last] = (type)thumbnet_clamp(feature, low, high);                            \
                sum += (uint32_t)(state[last] * time[last]);                                       \
                state += p->memory;                                                                \
                time += p->memory;                                                                 \
            }                                                                                      \
            const int32_t value =                                                                  \
                thumbnet_multiply_by_quantized_multiplier((int32_t)sum, p->mantissa, p->shift);    \
            to[unit] = (int8_t)thumbnet_clamp(value + p->zero_point, -128, 127);                   \
        }                                                                                          \
        (void)x;                                                                                   \
        (void)n;                                                                                   \
        (void)scratch;                                                                             \
    }

THUMBNET_SVDF(thumbnet_svdf_s16, int16_t, -32768, 32767)
THUMBNET_SVDF(thumbnet_svdf_s8, int8_t, -128, 127)

#endif
