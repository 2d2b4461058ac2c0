/* All channels of one to three pixels from expanded windows. SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_KERNELS_CONV_2D_TILE_DSP_H
#define THUMBNET_KERNELS_CONV_2D_TILE_DSP_H

#include "thumbnet/kernels/conv_2d_asm_dsp.h"
#include "thumbnet/kernels/conv_2d_even_dsp.h"

#if THUMBNET_NEAREST_EVEN

THUMBNET_INLINE void thumbnet_conv_2d_channels(const thumbnet_conv_2d_dsp_t *p, int effort,
                                               int32_t columns, const int16_t *x, int8_t *out)
{
    thumbnet_conv_2d_even_channels(p, columns, x, out);
    (void)effort;
}

#elif THUMBNET_DSP

/* All channels of `columns` pixels. */
THUMBNET_INLINE void thumbnet_conv_2d_channels(const thumbnet_conv_2d_dsp_t *p, int effort,
                                               int32_t columns, const int16_t *x, int8_t *out)
{
    /* What the tile reads is in memory before, and what it writes is read from there again. */
    __asm__ volatile("" ::: "memory");
    if (effort == 0) {
        thumbnet_conv_2d_tile_1_size(p, x, out);
    } else if (columns == 3) {
        (effort == 1 ? thumbnet_conv_2d_tile_3_balanced : thumbnet_conv_2d_tile_3_speed)(p, x, out);
    } else if (columns == 2) {
        (effort == 1 ? thumbnet_conv_2d_tile_2_balanced : thumbnet_conv_2d_tile_2_speed)(p, x, out);
    } else {
        (effort == 1 ? thumbnet_conv_2d_tile_1_balanced : thumbnet_conv_2d_tile_1_speed)(p, x, out);
    }
    __asm__ volatile("" ::: "memory");
}

#else

/* From twice a sum without its bias. */
static THUMBNET_NOINLINE int8_t thumbnet_conv_2d_requantized(const thumbnet_conv_2d_dsp_t *p,
                                                             int effort, const int32_t *constants,
                                                             uint32_t doubled)
{
    const int32_t shift = constants[0] & 31;
    const int32_t zero = 2 * p->out_zero_point + 1;
    const int32_t rounding = effort == 2 ? constants[2] : (zero * (1 << shift)) >> 1;
    const int32_t bias = effort == 2 ? constants[3] : constants[0] >> 9;
    const int64_t sum = (int32_t)(doubled + (uint32_t)bias);
    const int64_t high = (sum * constants[1] + ((int64_t)1 << 31)) >> 32;
    const int32_t value = (int32_t)(high + rounding) >> shift;
    return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

/* All channels of `columns` pixels. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_channels(const thumbnet_conv_2d_dsp_t *p, int effort,
                                                        int32_t columns, const int16_t *x,
                                                        int8_t *out)
{
    const int32_t *weights = p->weights;
    const int32_t words = 2 * p->quads;
    const int32_t constants = effort == 2 ? 4 : 2;
    const int32_t *of_b = weights;
    for (int32_t last = 0, c = 0; !last; weights = of_b + constants) {
        const int32_t *of_a = weights + words;
        of_b = of_a + constants;
        const uint32_t flags = (uint32_t)of_b[0] >> (effort == 2 ? 30 : 7) & 3;
        const int32_t single = (int32_t)(flags & 1);
        for (int32_t j = 0; j < columns; j++) {
            uint32_t a = 0; /* sums wrap as registers do */
            uint32_t ab = 0;
            const int16_t *in = x + 2 * j;
            for (int32_t i = 0; i < words; i++, in += 2 * columns) {
                const uint32_t word = (uint32_t)weights[i];
                const int32_t lanes[2] = {(int16_t)(word & 0xffffu), (int16_t)(word >> 16)};
                ab += (uint32_t)(lanes[0] * in[0]) + (uint32_t)(lanes[1] * in[1]);
                a += (uint32_t)((int8_t)lanes[0] * in[0]) + (uint32_t)((int8_t)lanes[1] * in[1]);
            }
            const uint32_t twice_b = (uint32_t)((int32_t)(ab - a) >> 7);
            int8_t *pixel = out + j * p->out_channels + c;
            pixel[0] = thumbnet_conv_2d_requantized(p, effort, of_a, 2 * a);
            if (!single) {
                pixel[1] = thumbnet_conv_2d_requantized(p, effort, of_b, twice_b);
            }
        }
        c += single ? 1 : 2;
        last = flags >= 2;
    }
}

#endif

/* Clamps `size` bytes to the activation. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_clamp(const thumbnet_conv_2d_dsp_t *p, int8_t *out,
                                                     int32_t size)
{
    int32_t i = 0;
#if THUMBNET_DSP
    /* Four at a time, from 0 to 255: up to where it saturates and back, and the same downwards. */
    const uint32_t sign = 0x80808080u;
    const uint32_t above = (uint32_t)(127 - p->high) * 0x01010101u;
    const uint32_t below = (uint32_t)(p->low + 128) * 0x01010101u;
    for (; i + 4 <= size; i += 4) {
        uint32_t bytes = thumbnet_dsp_load(out + i) ^ sign;
        __asm__("uqadd8 %0, %0, %1\n"
                "uqsub8 %0, %0, %1\n"
                "uqsub8 %0, %0, %2\n"
                "uqadd8 %0, %0, %2\n"
                : "+&r"(bytes)
                : "r"(above), "r"(below));
        bytes ^= sign;
        memcpy(out + i, &bytes, sizeof bytes);
    }
#endif
    for (; i < size; i++) {
        out[i] = out[i] < p->low ? p->low : out[i] > p->high ? p->high : out[i];
    }
}

/* All channels of `columns` pixels from their windows in x, clamped; returns the next pixel. */
THUMBNET_INLINE int8_t *thumbnet_conv_2d_tile(const thumbnet_conv_2d_dsp_t *p, int effort,
                                              int clamp, int32_t columns, const int16_t *x,
                                              int8_t *out)
{
    const int32_t size = columns * p->out_channels;
    thumbnet_conv_2d_channels(p, effort, columns, x, out);
    if (clamp) {
        thumbnet_conv_2d_clamp(p, out, size);
    }
    return out + size;
}

#endif
