/* The rounding of thumbnet_requantize_even for Arm's DSP extension: twelve instructions an output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_KERNELS_EVEN_DSP_H
#define THUMBNET_KERNELS_EVEN_DSP_H

#include "thumbnet/kernels/dsp.h"
#include "thumbnet/requantize.h"

/* What a channel's outputs are made with. */
typedef struct {
    int32_t bias;
    int32_t mantissa;
    int32_t shift;
    uint32_t unit;
    int32_t right;
    int32_t zero; /* 2 * zero point + 1 */
} thumbnet_even_channel_t;

THUMBNET_INLINE thumbnet_even_channel_t thumbnet_even_channel(int32_t bias, int32_t mantissa,
                                                              int32_t shift, int32_t zero_point)
{
    const thumbnet_even_channel_t channel = {.bias = bias,
                                             .mantissa = mantissa,
                                             .shift = shift,
                                             .unit = thumbnet_even_unit(shift),
                                             .right = -2 - shift,
                                             .zero = 2 * zero_point + 1};
    return channel;
}

/* A sum without its bias as an output, saturated. */
THUMBNET_INLINE int8_t thumbnet_even_dsp_output(const thumbnet_even_channel_t *p, int32_t sum)
{
    int32_t twice;
    int32_t upper;
    sum += p->bias;
#if THUMBNET_DSP
    __asm__("smmul %0, %1, %2" : "=r"(upper) : "r"(sum), "r"(p->mantissa));
#else
    upper = (int32_t)(((int64_t)sum * p->mantissa) >> 32);
#endif
    if (((uint32_t)upper + 1u) * p->unit - 0x80000000u > p->unit) {
        twice = (upper >> p->right) + p->zero;
    } else {
        twice = 2 * thumbnet_clamp(thumbnet_requantize_near(sum, p->mantissa, p->shift, 0), -1024,
                                   1024) +
                p->zero;
    }
#if THUMBNET_DSP
    __asm__("ssat %0, #8, %1, asr #1" : "=r"(twice) : "r"(twice));
    return (int8_t)twice;
#else
    return (int8_t)thumbnet_clamp(twice >> 1, -128, 127);
#endif
}

#endif
