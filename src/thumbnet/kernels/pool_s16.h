/* average_pool_2d and max_pool_2d of int16. SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic: TFLite's integer_ops/pooling.h. What lies outside is left out; averages round half
 * away from zero. */
#ifndef THUMBNET_KERNELS_POOL_S16_H
#define THUMBNET_KERNELS_POOL_S16_H

#include "thumbnet/requantize.h"

typedef struct {
    uint16_t channels;
    uint16_t in_width;
    uint16_t kernel_height;
    uint16_t kernel_width;
    uint16_t stride_width;
    uint16_t pad_left;
    int16_t low; /* the fused activation */
    int16_t high;
} thumbnet_pool_2d_s16_t;

/* The row kernel; average (else the greatest element) is a literal of the instantiation. */
THUMBNET_INLINE void thumbnet_pool_2d_s16(const void *constants, int average,
                                          const void *const *rows, void *out, int32_t x, int32_t n,
                                          void *scratch)
{
    const thumbnet_pool_2d_s16_t *p = (const thumbnet_pool_2d_s16_t *)constants;
    const int32_t depth = p->channels;
    int16_t *result = (int16_t *)out;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    for (; n > 0; n--, column += p->stride_width) {
        const int32_t space = p->in_width - column;
        const int32_t first = column < 0 ? -column : 0;
        const int32_t last = space < p->kernel_width ? space : p->kernel_width;
        for (int32_t c = 0; c < depth; c++) {
            int32_t sum = 0;
            int32_t count = 0;
            int32_t greatest = INT16_MIN;
            for (int32_t k = 0; k < p->kernel_height; k++) {
                if (rows[k] == NULL) {
                    continue;
                }
                const int16_t *in = (const int16_t *)rows[k] + (column + first - base) * depth + c;
                for (int32_t j = first; j < last; j++, in += depth) {
                    sum += *in;
                    greatest = *in > greatest ? *in : greatest;
                }
                count += last - first;
            }
            int32_t value = greatest;
            if (average) {
                const int32_t half = count >> 1;
                value = (sum > 0 ? sum + half : sum - half) / count;
            }
            *result++ = (int16_t)thumbnet_clamp(value, p->low, p->high);
        }
    }
    (void)scratch;
}

#endif
