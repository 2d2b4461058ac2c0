/* Requantization between int8, int16 and int32, and what ends in another clamp, relu.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_KERNELS_REQUANTIZE_H
#define THUMBNET_KERNELS_REQUANTIZE_H

#include "thumbnet/requantize.h"

typedef struct {
    int32_t mantissa;
    int32_t channels;
    int32_t in_zero_point;
    int32_t zero_point;
    int32_t low; /* of the output's type or the activation */
    int32_t high;
    int8_t shift;
} thumbnet_requantize_t;

/* The row kernel; the sizes of an input and an output element are literals of the instantiation. */
THUMBNET_INLINE void thumbnet_requantize_wide(const void *constants, int in_size, int out_size,
                                              const void *const *rows, void *out, int32_t x,
                                              int32_t n, void *scratch)
{
    const thumbnet_requantize_t *p = (const thumbnet_requantize_t *)constants;
    const void *in = rows[0];
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        const int32_t from = in_size == 1   ? ((const int8_t *)in)[i]
                             : in_size == 2 ? ((const int16_t *)in)[i]
                                            : ((const int32_t *)in)[i];
        const int32_t distance = (int32_t)((uint32_t)from - (uint32_t)p->in_zero_point);
        const int32_t scaled =
            thumbnet_multiply_by_quantized_multiplier(distance, p->mantissa, p->shift);
        const int32_t moved = (int32_t)((uint32_t)scaled + (uint32_t)p->zero_point);
        const int32_t value = thumbnet_clamp(moved, p->low, p->high);
        if (out_size == 1) {
            ((int8_t *)out)[i] = (int8_t)value;
        } else if (out_size == 2) {
            ((int16_t *)out)[i] = (int16_t)value;
        } else {
            ((int32_t *)out)[i] = value;
        }
    }
    (void)x;
    (void)scratch;
}

#endif
