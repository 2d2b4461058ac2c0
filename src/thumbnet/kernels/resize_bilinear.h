/* resize_bilinear: between the four nearest pixels. SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic of TFLite's reference (ResizeBilinearInteger): positions in 1/1024 of a pixel, one
 * rounding, halves away from zero. */
#ifndef THUMBNET_KERNELS_RESIZE_BILINEAR_H
#define THUMBNET_KERNELS_RESIZE_BILINEAR_H

#include "thumbnet.h"

#define THUMBNET_BILINEAR_ONE 1024

typedef struct {
    const uint16_t *rows;      /* [out_height], how far each row is below its upper input row */
    const uint16_t *columns;   /* [out_width], the left input column of each output column */
    const uint16_t *fractions; /* [out_width], how far it is to the right of that; 0: it is that */
    uint16_t channels;
} thumbnet_resize_bilinear_t;

/* Rows are the upper and the lower one, from their first column whatever x is, and the number of
 * the output row. */
THUMBNET_INLINE void thumbnet_resize_bilinear_s8(const void *constants, const void *const *rows,
                                                 void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_resize_bilinear_t *p = (const thumbnet_resize_bilinear_t *)constants;
    const int32_t down = p->rows[(uintptr_t)rows[2]];
    const int32_t channels = p->channels;
    int8_t *result = (int8_t *)out;
    for (int32_t i = x; i < x + n; i++) {
        const int32_t right = p->fractions[i];
        const int32_t next = right != 0 ? channels : 0;
        const int8_t *upper = (const int8_t *)rows[0] + p->columns[i] * channels;
        const int8_t *lower = (const int8_t *)rows[1] + p->columns[i] * channels;
        for (int32_t c = 0; c < channels; c++, upper++, lower++) {
            const int32_t above = upper[0] * (THUMBNET_BILINEAR_ONE - right) + upper[next] * right;
            const int32_t below = lower[0] * (THUMBNET_BILINEAR_ONE - right) + lower[next] * right;
            const int32_t sum = above * (THUMBNET_BILINEAR_ONE - down) + below * down;
            const int32_t half = sum > 0 ? 1 << 19 : -(1 << 19);
            *result++ = (int8_t)((sum + half) / (1 << 20));
        }
    }
    (void)scratch;
}

#endif
