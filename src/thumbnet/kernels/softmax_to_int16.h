/* softmax of int8 over the channels of a pixel, to int16. SPDX-License-Identifier: Apache-2.0
 *
 * As softmax.h, but the sum is multiplied with the output's scale, in single precision too. */
#ifndef THUMBNET_KERNELS_SOFTMAX_TO_INT16_H
#define THUMBNET_KERNELS_SOFTMAX_TO_INT16_H

#include "thumbnet/kernels/softmax.h"

typedef struct {
    const uint32_t *table; /* [256], exp(-scale * beta * i) as the bits of a float */
    uint32_t scale;        /* of the output, as the bits of a float */
    int32_t channels;
    int16_t zero_point;
} thumbnet_softmax_s8_s16_t;

/* a * b of two positive floats, on their bits; neither they nor the product are subnormal. */
THUMBNET_INLINE uint32_t thumbnet_float_mul(uint32_t a, uint32_t b)
{
    const uint64_t product =
        (uint64_t)thumbnet_float_significand(a) * thumbnet_float_significand(b);
    const uint32_t drop = product >> 47 ? 24u : 23u;
    const uint32_t rest = (uint32_t)product & (((uint32_t)1 << drop) - 1u);
    const uint32_t half = (uint32_t)1 << (drop - 1u);
    uint32_t kept = (uint32_t)(product >> drop);
    kept += rest > half || (rest == half && (kept & 1u)) ? 1u : 0u;
    const uint32_t exponent = drop + thumbnet_float_exponent(a) + thumbnet_float_exponent(b) - 149u;
    return (exponent << 23) + kept;
}

/* n pixels; a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_softmax_s8_s16(const void *constants, const void *const *rows,
                                             void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_softmax_s8_s16_t *p = (const thumbnet_softmax_s8_s16_t *)constants;
    const int8_t *in = (const int8_t *)rows[0];
    int16_t *pixel = (int16_t *)out;
    for (; n > 0; n--, in += p->channels, pixel += p->channels) {
        int32_t greatest = -128;
        for (int32_t c = 0; c < p->channels; c++) {
            greatest = in[c] > greatest ? in[c] : greatest;
        }
        uint32_t sum = 0;
        for (int32_t c = 0; c < p->channels; c++) {
            sum = thumbnet_float_add(sum, p->table[greatest - in[c]]);
        }
        const uint32_t scaled = thumbnet_float_mul(sum, p->scale);
        const uint32_t reciprocal = thumbnet_float_reciprocal(thumbnet_float_significand(scaled));
        /* The 8 is what thumbnet_softmax_probability takes off for its 256. */
        const int power = (int)thumbnet_float_exponent(scaled) + 23 - 149 + 8;
        for (int32_t c = 0; c < p->channels; c++) {
            const int32_t probability =
                thumbnet_softmax_probability(p->table[greatest - in[c]], reciprocal, power);
            pixel[c] = (int16_t)thumbnet_clamp(probability + p->zero_point, -32768, 32767);
        }
    }
    (void)x;
    (void)scratch;
}

#endif
