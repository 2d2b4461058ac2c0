/* Elements of one type as those of another, whatever their scales. SPDX-License-Identifier:
 * Apache-2.0
 *
 * Integers keep their low bits, floats lose their fraction and saturate (NaN to the greatest
 * value), and bool is whether something is not zero. */
#ifndef THUMBNET_KERNELS_CAST_H
#define THUMBNET_KERNELS_CAST_H

#include "thumbnet.h"

/* Types, literals of instantiations. */
#define THUMBNET_INT8 0
#define THUMBNET_UINT8 1
#define THUMBNET_INT16 2
#define THUMBNET_INT32 3
#define THUMBNET_BOOL 4
#define THUMBNET_FLOAT32 5

typedef struct {
    int32_t channels;
} thumbnet_cast_t;

/* A float without its fraction, in [low, high]. */
THUMBNET_INLINE int32_t thumbnet_truncated(float value, int32_t low, int32_t high)
{
    if (!(value < (float)high)) {
        return high; /* 2^31 - 1 as a float is 2^31 */
    }
    return value <= (float)low ? low : (int32_t)value;
}

THUMBNET_INLINE int32_t thumbnet_cast_integer(int from, const void *in, int32_t i)
{
    return from == THUMBNET_INT8    ? ((const int8_t *)in)[i]
           : from == THUMBNET_INT16 ? ((const int16_t *)in)[i]
           : from == THUMBNET_INT32 ? ((const int32_t *)in)[i]
                                    : ((const uint8_t *)in)[i];
}

/* Of a float, before its low bits are taken. */
THUMBNET_INLINE int32_t thumbnet_cast_float(int to, float value)
{
    return to == THUMBNET_BOOL    ? value != 0.0f
           : to == THUMBNET_INT8  ? thumbnet_truncated(value, -128, 127)
           : to == THUMBNET_UINT8 ? thumbnet_truncated(value, 0, 255)
           : to == THUMBNET_INT16 ? thumbnet_truncated(value, -32768, 32767)
                                  : thumbnet_truncated(value, INT32_MIN, INT32_MAX);
}

/* from and to are literals of the instantiation; they differ. */
THUMBNET_INLINE void thumbnet_cast(const void *constants, int from, int to, const void *const *rows,
                                   void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_cast_t *p = (const thumbnet_cast_t *)constants;
    const void *in = rows[0];
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        if (to == THUMBNET_FLOAT32) {
            ((float *)out)[i] = (float)thumbnet_cast_integer(from, in, i);
            continue;
        }
        const int32_t value = from == THUMBNET_FLOAT32
                                  ? thumbnet_cast_float(to, ((const float *)in)[i])
                                  : thumbnet_cast_integer(from, in, i);
        if (to == THUMBNET_INT32) {
            ((int32_t *)out)[i] = value;
        } else if (to == THUMBNET_INT16) {
            ((int16_t *)out)[i] = (int16_t)value;
        } else if (to == THUMBNET_BOOL) {
            ((uint8_t *)out)[i] = value != 0 ? 1u : 0u;
        } else {
            ((uint8_t *)out)[i] = (uint8_t)value;
        }
    }
    (void)x;
    (void)scratch;
}

#endif
