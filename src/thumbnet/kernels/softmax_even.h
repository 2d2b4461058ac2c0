/* softmax over the channels of a pixel as onnxruntime's QLinearSoftmax computes it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In single precision: a table of exp(), a sum in the order of the channels, and of each output a
 * product and a quotient. The same operations are done here on the numbers' bits. */
#ifndef THUMBNET_KERNELS_SOFTMAX_EVEN_H
#define THUMBNET_KERNELS_SOFTMAX_EVEN_H

#include "thumbnet/kernels/softmax.h"

typedef struct {
    const uint32_t *table; /* [256], for what lies 0, 1 .. below the greatest, as bits of a float */
    int32_t channels;
    int32_t factor; /* 1 / the output's scale without its fraction, below 2^24 */
    int16_t out_zero_point;
} thumbnet_softmax_even_t;

/* round(value * factor / sum) of floats that are not negative, value at most sum: the product and
 * the quotient have 24 bits each, ties go to even. */
THUMBNET_INLINE int32_t thumbnet_softmax_quotient(uint32_t value, uint32_t sum, int32_t factor)
{
    const uint64_t product =
        thumbnet_rounded_to_float((uint64_t)thumbnet_float_significand(value) * (uint32_t)factor);
    const uint32_t divisor = thumbnet_float_significand(sum);
    /* quotient = product * 2^-drop / divisor. */
    const uint32_t drop = thumbnet_float_exponent(sum) - thumbnet_float_exponent(value);
    if (product == 0) {
        return 0;
    }
    /* The product with its highest bit at 2^47, and so a quotient of 24 or 25 bits. */
    int power = (int)drop;
    uint64_t rest = product;
    while (rest >> 47 == 0) {
        rest <<= 1;
        power++;
    }
    if (power > 27) {
        return 0; /* below 2^26 * 2^-28 */
    }
    uint32_t quotient = 0;
    /* Digit by digit: a division of 64 bits would bring half a kilobyte of library. */
    for (int bit = 25; bit >= 0; bit--) {
        const uint64_t part = (uint64_t)divisor << bit;
        if (rest >= part) {
            rest -= part;
            quotient |= (uint32_t)1 << bit;
        }
    }
    /* One more bit says that the division leaves a rest. */
    const uint64_t found =
        thumbnet_rounded_to_float((uint64_t)quotient << 2 | (rest != 0 ? 1u : 0u));
    return (int32_t)thumbnet_shift_right_even(found, power + 2);
}

/* n pixels; a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_softmax_even_s8(const void *constants, const void *const *rows,
                                              void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_softmax_even_t *p = (const thumbnet_softmax_even_t *)constants;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *pixel = (int8_t *)out;
    for (int32_t i = 0; i < n; i++, in += p->channels, pixel += p->channels) {
        int32_t greatest = -128;
        for (int32_t c = 0; c < p->channels; c++) {
            greatest = in[c] > greatest ? in[c] : greatest;
        }
        uint32_t sum = 0;
        for (int32_t c = 0; c < p->channels; c++) {
            sum = thumbnet_float_add(sum, p->table[greatest - in[c]]);
        }
        for (int32_t c = 0; c < p->channels; c++) {
            const uint32_t value = p->table[greatest - in[c]];
            const int32_t share = thumbnet_softmax_quotient(value, sum, p->factor);
            pixel[c] = (int8_t)thumbnet_clamp(share + p->out_zero_point, -128, 127);
        }
    }
    (void)x;
    (void)scratch;
}

#endif
