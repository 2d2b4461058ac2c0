/* add and sub of two operands of the output's shape, with Arm's DSP extension.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One sum of two products of 32 by 16 bits and one saturating shift stand for TFLite's three
 * roundings: the compiler has found factors with which all 65,536 pairs of operands come out the
 * same (elementwise_dsp.py). 6 instructions an element for 43 of the portable kernel.
 *
 * Elements are read before the output elements of the same positions are written. */
#ifndef THUMBNET_KERNELS_ELEMENTWISE_DSP_H
#define THUMBNET_KERNELS_ELEMENTWISE_DSP_H

#include <string.h>

#include "thumbnet/kernels/elementwise.h"

#define THUMBNET_ADD_DSP_SHIFT 20

typedef struct {
    thumbnet_operand_t first;
    thumbnet_operand_t second;
    int32_t first_factor;
    int32_t second_factor;
    int32_t offset; /* zero points and the half that rounds */
    uint16_t channels;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_add_dsp_t;

/* sum + ((factor * h) >> 16), where h is the lower or the upper half of `halves`. */
THUMBNET_INLINE int32_t thumbnet_add_dsp_low(int32_t sum, int32_t factor, uint32_t halves)
{
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    int32_t result;
    __asm__("smlawb %0, %1, %2, %3" : "=r"(result) : "r"(factor), "r"(halves), "r"(sum));
    return result;
#else
    return sum + (int32_t)(((int64_t)factor * (int16_t)(halves & 0xffffu)) >> 16);
#endif
}

THUMBNET_INLINE int32_t thumbnet_add_dsp_high(int32_t sum, int32_t factor, uint32_t halves)
{
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    int32_t result;
    __asm__("smlawt %0, %1, %2, %3" : "=r"(result) : "r"(factor), "r"(halves), "r"(sum));
    return result;
#else
    return sum + (int32_t)(((int64_t)factor * (int16_t)(halves >> 16)) >> 16);
#endif
}

/* Writes the sum without its fraction, within the activation's bounds where these are not int8's.
 */
THUMBNET_INLINE void thumbnet_add_dsp_write(const thumbnet_add_dsp_t *p, int clamps, int32_t sum,
                                            int8_t *result)
{
    int32_t value;
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    __asm__("ssat %0, #8, %1, asr #20" : "=r"(value) : "r"(sum));
    value = clamps ? thumbnet_clamp(value, p->low, p->high) : value;
    /* gcc would make one word of four bytes, which takes six instructions. */
    __asm__("strb %1, %0" : "=m"(*result) : "r"(value));
#else
    value = thumbnet_clamp(sum >> THUMBNET_ADD_DSP_SHIFT, -128, 127);
    *result = (int8_t)(clamps ? thumbnet_clamp(value, p->low, p->high) : value);
#endif
}

/* A row, or a whole tensor as one long row. clamps: the activation's bounds are not int8's. */
THUMBNET_INLINE void thumbnet_add_dsp_s8(const void *constants, int clamps, const void *const *rows,
                                         void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_add_dsp_t *p = (const thumbnet_add_dsp_t *)constants;
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    const int32_t a = p->first_factor;
    const int32_t b = p->second_factor;
    const int32_t offset = p->offset;
    uint32_t upper = 0xff00ff00u; /* an int8 in the upper byte of a half is 256 times as much */
    int8_t *result = (int8_t *)out;
#ifdef __GNUC__
    __asm__("" : "+r"(upper)); /* in a register, shifts are part of the masking */
#endif
    int32_t count = n * p->channels;
    for (; count >= 4; count -= 4, first += 4, second += 4, result += 4) {
        uint32_t u;
        uint32_t v;
        memcpy(&u, first, 4);
        memcpy(&v, second, 4);
        const uint32_t even_u = (u << 8) & upper;
        const uint32_t even_v = (v << 8) & upper;
        u &= upper;
        v &= upper;
        const int32_t s0 = thumbnet_add_dsp_low(thumbnet_add_dsp_low(offset, a, even_u), b, even_v);
        const int32_t s1 = thumbnet_add_dsp_low(thumbnet_add_dsp_low(offset, a, u), b, v);
        const int32_t s2 =
            thumbnet_add_dsp_high(thumbnet_add_dsp_high(offset, a, even_u), b, even_v);
        const int32_t s3 = thumbnet_add_dsp_high(thumbnet_add_dsp_high(offset, a, u), b, v);
        thumbnet_add_dsp_write(p, clamps, s0, result);
        thumbnet_add_dsp_write(p, clamps, s1, result + 1);
        thumbnet_add_dsp_write(p, clamps, s2, result + 2);
        thumbnet_add_dsp_write(p, clamps, s3, result + 3);
    }
    for (; count > 0; count--) {
        const uint32_t u = (uint32_t)*first++ << 8;
        const uint32_t v = (uint32_t)*second++ << 8;
        const int32_t sum = thumbnet_add_dsp_low(thumbnet_add_dsp_low(offset, a, u), b, v);
        thumbnet_add_dsp_write(p, clamps, sum, result++);
    }
    (void)scratch;
}

#endif
