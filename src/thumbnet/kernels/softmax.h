/* softmax over the channels of a pixel. SPDX-License-Identifier: Apache-2.0
 *
 * TFLite computes it in single precision: a table of exp(), a sum in the order of the channels, one
 * reciprocal, one product an output. The same operations are done here on the numbers' bits, with
 * the same rounding (to nearest, ties to even), so that results are equal on every core and no
 * floating point is needed. */
#ifndef THUMBNET_KERNELS_SOFTMAX_H
#define THUMBNET_KERNELS_SOFTMAX_H

#include "thumbnet/requantize.h"

typedef struct {
    const uint32_t *table; /* [256], exp(-scale * beta * i) as the bits of a float */
    int32_t channels;
} thumbnet_softmax_t;

#define THUMBNET_FLOAT_ONE_512TH 0x3b000000u /* the bits of 2^-9 */

/* The 24-bit significand of a float that is not negative, from its bits. */
THUMBNET_INLINE uint32_t thumbnet_float_significand(uint32_t bits)
{
    return (bits & 0x7fffffu) | (bits >= 0x800000u ? 0x800000u : 0u);
}

/* The power of two of a significand's lowest bit, plus 149. */
THUMBNET_INLINE uint32_t thumbnet_float_exponent(uint32_t bits)
{
    return bits >= 0x800000u ? (bits >> 23) - 1u : 0u;
}

/* a + b of two floats that are not negative, on their bits. */
THUMBNET_INLINE uint32_t thumbnet_float_add(uint32_t a, uint32_t b)
{
    const uint32_t large = a > b ? a : b;
    const uint32_t small = a > b ? b : a;
    uint32_t exponent = thumbnet_float_exponent(large);
    const uint32_t distance = exponent - thumbnet_float_exponent(small);
    if (distance > 25) {
        return large; /* less than half of its lowest bit */
    }
    /* Three more bits: two that decide the rounding and one for all that is shifted out. */
    const uint32_t addend = thumbnet_float_significand(small) << 3;
    const uint32_t aligned = addend >> distance;
    const uint32_t lost = aligned << distance != addend ? 1u : 0u;
    uint32_t sum = (thumbnet_float_significand(large) << 3) + (aligned | lost);
    if (sum >= (uint32_t)1 << 27) {
        sum = (sum >> 1) | (sum & 1u);
        exponent++;
    }
    const uint32_t rest = sum & 7u;
    sum >>= 3;
    sum += rest > 4u || (rest == 4u && (sum & 1u)) ? 1u : 0u;
    /* A carry out of the significand moves into the exponent by itself. */
    return (exponent << 23) + sum;
}

/* round(2^47 / significand) for [2^23, 2^24); never a tie. A division of 64 bits would bring half a
 * kilobyte of library. */
THUMBNET_INLINE uint32_t thumbnet_float_reciprocal(uint32_t significand)
{
    uint32_t quotient = significand == 0x800000u ? 1u : 0u;
    uint32_t rest = quotient != 0 ? 0u : 0x800000u;
    for (int bit = 0; bit < 24; bit++) {
        rest <<= 1;
        quotient <<= 1;
        if (rest >= significand) {
            rest -= significand;
            quotient |= 1u;
        }
    }
    return quotient + (2u * rest > significand ? 1u : 0u);
}

/* round(256 * value / sum), ties away from zero: the product of value with the rounded reciprocal
 * of sum, itself rounded to 24 bits. 1 / sum is reciprocal * 2^(-24 - power). */
THUMBNET_INLINE int32_t thumbnet_softmax_probability(uint32_t value, uint32_t reciprocal, int power)
{
    const uint64_t product = (uint64_t)thumbnet_float_significand(value) * reciprocal;
    /* value >= 2^-9 is normal, so the product has 47 or 48 bits. */
    const int drop = product >> 47 ? 24 : 23;
    /* Ties upwards do as well as ties to even: they differ only from an even number to the odd one
     * above, and the next rounding changes its mind at an even number. */
    const uint32_t kept = (uint32_t)((product + ((uint32_t)1 << (drop - 1))) >> drop);
    /* kept * 2^-right is 256 * value / sum; 2^-9 <= value <= 1 <= sum. */
    const int right = 24 + power - 8 - drop + 149 - (int)thumbnet_float_exponent(value);
    return right > 25 ? 0 : (int32_t)((kept + ((uint32_t)1 << (right - 1))) >> right);
}

THUMBNET_INLINE void thumbnet_softmax_pixel_s8(const uint32_t *table, int32_t channels,
                                               const int8_t *in, int8_t *out)
{
    int32_t greatest = -128;
    for (int32_t c = 0; c < channels; c++) {
        greatest = in[c] > greatest ? in[c] : greatest;
    }
    uint32_t sum = 0;
    for (int32_t c = 0; c < channels; c++) {
        sum = thumbnet_float_add(sum, table[greatest - in[c]]);
    }
    /* sum = significand * 2^(power - 23) with power >= 0, since exp(0) is a part of it. */
    const uint32_t significand = thumbnet_float_significand(sum);
    const int power = (int)thumbnet_float_exponent(sum) + 23 - 149;
    const uint32_t reciprocal = thumbnet_float_reciprocal(significand);
    for (int32_t c = 0; c < channels; c++) {
        const uint32_t value = table[greatest - in[c]];
        /* Below 2^-9 the probability is below half of 1/256 whatever the sum. */
        const int32_t probability = value < THUMBNET_FLOAT_ONE_512TH
                                        ? 0
                                        : thumbnet_softmax_probability(value, reciprocal, power);
        out[c] = (int8_t)((probability > 255 ? 255 : probability) - 128);
    }
}

/* n pixels; a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_softmax_s8(const void *constants, const void *const *rows, void *out,
                                         int32_t x, int32_t n, void *scratch)
{
    const thumbnet_softmax_t *p = (const thumbnet_softmax_t *)constants;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *pixel = (int8_t *)out;
    for (int32_t i = 0; i < n; i++, in += p->channels, pixel += p->channels) {
        thumbnet_softmax_pixel_s8(p->table, p->channels, in, pixel);
    }
    (void)x;
    (void)scratch;
}

#endif
