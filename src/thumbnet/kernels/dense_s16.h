/* Dot products of int16 with int8, and what makes outputs of their sums. SPDX-License-Identifier:
 * Apache-2.0
 *
 * Weights of a channel are contiguous in the order of the taps, but that the middle two of each
 * whole four taps are exchanged: 0, 2, 1, 3. So SXTB16 makes pairs of neighbours of them, and one
 * SMLAD adds two products. The plain C reads the same order. */
#ifndef THUMBNET_KERNELS_DENSE_S16_H
#define THUMBNET_KERNELS_DENSE_S16_H

#include "thumbnet/kernels/dsp.h"
#include "thumbnet/requantize.h"

/* How sums become outputs: literals of the instantiations. */
enum {
    THUMBNET_ROUND_ONCE,    /* (sum * m + half) >> shift, m of 15 bits */
    THUMBNET_ROUND_TWICE,   /* TFLite's two roundings on 32 bits, m a mantissa of 31 bits */
    THUMBNET_ROUND_PRODUCT, /* of a product with 53 bits, half away from zero */
    THUMBNET_ROUND_TO_BYTES /* as twice, or as onnxruntime, to int8_t with a zero point */
};

/* Taps whose products, of at most 2^22 each, cannot leave 32 bits; whole fours. */
#define THUMBNET_S16_BLOCK 508

typedef struct {
    const int8_t *weights;     /* [out_channels, taps] in the order above */
    const void *bias;          /* [out_channels] int32_t, or int64_t where sums are wide */
    const int32_t *multiplier; /* [out_channels]: once: m << 16; twice: the mantissa;
                                * product: the upper 27 bits */
    const int32_t *fine;       /* [out_channels], product: the lower 26 bits */
    const int8_t *shift;       /* [out_channels]: to the right, twice: to the left */
    int32_t taps;
    uint16_t out_channels;
    uint16_t ties_up; /* channels before this one round ties up, the others away from zero */
    int16_t out_zero_point;
    int16_t low; /* the fused activation */
    int16_t high;
} thumbnet_dense_s16_t;

#if THUMBNET_DSP
/* sum + the products of two pairs. */
THUMBNET_INLINE int32_t thumbnet_s16_pair(uint32_t weights, uint32_t values, int32_t sum)
{
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(weights), "r"(values));
    return sum;
}
#endif

/* Adds products of whole fours to sums[0], [1] (channels of the first pixel, whose weights are
 * `pitch` apart) and, where there is a second pixel, [2], [3]. */
THUMBNET_INLINE void thumbnet_s16_quads(int pixels, const int16_t *a, const int16_t *b,
                                        const int8_t *weights, int32_t pitch, int32_t taps,
                                        int32_t sums[4])
{
    const int8_t *const end = weights + (taps & ~3);
    int32_t a0 = sums[0];
    int32_t a1 = sums[1];
    int32_t b0 = sums[2];
    int32_t b1 = sums[3];
    for (; weights != end; weights += 4, a += 4, b += 4) {
#if THUMBNET_DSP
        const uint32_t first = thumbnet_dsp_load(weights);
        const uint32_t second = thumbnet_dsp_load(weights + pitch);
        const uint32_t first_low = thumbnet_dsp_even(first);
        const uint32_t second_low = thumbnet_dsp_even(second);
        uint32_t values = thumbnet_dsp_load(a);
        a0 = thumbnet_s16_pair(first_low, values, a0);
        a1 = thumbnet_s16_pair(second_low, values, a1);
        if (pixels == 2) {
            values = thumbnet_dsp_load(b);
            b0 = thumbnet_s16_pair(first_low, values, b0);
            b1 = thumbnet_s16_pair(second_low, values, b1);
        }
        const uint32_t first_high = thumbnet_dsp_odd(first);
        const uint32_t second_high = thumbnet_dsp_odd(second);
        values = thumbnet_dsp_load(a + 2);
        a0 = thumbnet_s16_pair(first_high, values, a0);
        a1 = thumbnet_s16_pair(second_high, values, a1);
        if (pixels == 2) {
            values = thumbnet_dsp_load(b + 2);
            b0 = thumbnet_s16_pair(first_high, values, b0);
            b1 = thumbnet_s16_pair(second_high, values, b1);
        }
#else
        const int8_t *next = weights + pitch;
        a0 += a[0] * weights[0] + a[1] * weights[2] + a[2] * weights[1] + a[3] * weights[3];
        a1 += a[0] * next[0] + a[1] * next[2] + a[2] * next[1] + a[3] * next[3];
        if (pixels == 2) {
            b0 += b[0] * weights[0] + b[1] * weights[2] + b[2] * weights[1] + b[3] * weights[3];
            b1 += b[0] * next[0] + b[1] * next[2] + b[2] * next[1] + b[3] * next[3];
        }
#endif
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = b0;
    sums[3] = b1;
}

/* The same of any number of taps. */
THUMBNET_INLINE void thumbnet_s16_dots(int pixels, const int16_t *a, const int16_t *b,
                                       const int8_t *weights, int32_t pitch, int32_t taps,
                                       int32_t sums[4])
{
    thumbnet_s16_quads(pixels, a, b, weights, pitch, taps, sums);
    for (int32_t i = taps & ~3; i < taps; i++) {
        sums[0] += a[i] * weights[i];
        sums[1] += a[i] * weights[pitch + i];
        if (pixels == 2) {
            sums[2] += b[i] * weights[i];
            sums[3] += b[i] * weights[pitch + i];
        }
    }
}

/* One pixel's products with four channels, whose weights are `pitch` apart. */
THUMBNET_INLINE void thumbnet_s16_four_dots(const int16_t *a, const int8_t *weights, int32_t pitch,
                                            int32_t taps, int32_t sums[4])
{
    const int8_t *w0 = weights;
    const int8_t *w1 = w0 + pitch;
    const int8_t *w2 = w1 + pitch;
    const int8_t *w3 = w2 + pitch;
    int32_t s0 = sums[0];
    int32_t s1 = sums[1];
    int32_t s2 = sums[2];
    int32_t s3 = sums[3];
    int32_t i = 0;
    for (; i + 4 <= taps; i += 4) {
#if THUMBNET_DSP
        const uint32_t low = thumbnet_dsp_load(a + i);
        const uint32_t high = thumbnet_dsp_load(a + i + 2);
        uint32_t w = thumbnet_dsp_load(w0 + i);
        s0 = thumbnet_s16_pair(thumbnet_dsp_even(w), low, s0);
        s0 = thumbnet_s16_pair(thumbnet_dsp_odd(w), high, s0);
        w = thumbnet_dsp_load(w1 + i);
        s1 = thumbnet_s16_pair(thumbnet_dsp_even(w), low, s1);
        s1 = thumbnet_s16_pair(thumbnet_dsp_odd(w), high, s1);
        w = thumbnet_dsp_load(w2 + i);
        s2 = thumbnet_s16_pair(thumbnet_dsp_even(w), low, s2);
        s2 = thumbnet_s16_pair(thumbnet_dsp_odd(w), high, s2);
        w = thumbnet_dsp_load(w3 + i);
        s3 = thumbnet_s16_pair(thumbnet_dsp_even(w), low, s3);
        s3 = thumbnet_s16_pair(thumbnet_dsp_odd(w), high, s3);
#else
        s0 += a[i] * w0[i] + a[i + 1] * w0[i + 2] + a[i + 2] * w0[i + 1] + a[i + 3] * w0[i + 3];
        s1 += a[i] * w1[i] + a[i + 1] * w1[i + 2] + a[i + 2] * w1[i + 1] + a[i + 3] * w1[i + 3];
        s2 += a[i] * w2[i] + a[i + 1] * w2[i + 2] + a[i + 2] * w2[i + 1] + a[i + 3] * w2[i + 3];
        s3 += a[i] * w3[i] + a[i + 1] * w3[i + 2] + a[i + 2] * w3[i + 1] + a[i + 3] * w3[i + 3];
#endif
    }
    for (; i < taps; i++) {
        s0 += a[i] * w0[i];
        s1 += a[i] * w1[i];
        s2 += a[i] * w2[i];
        s3 += a[i] * w3[i];
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

/* (sum * m + half) >> shift of TFLite's int64 sums, m << 16 being stored. */
THUMBNET_INLINE int32_t thumbnet_round_once(int wide, int64_t sum, int32_t multiplier, int shift)
{
    if (!wide && shift >= 17) {
        /* Of 32-bit sums the upper word of the product has all bits that count. */
        const int32_t upper = (int32_t)(((int64_t)(int32_t)sum * multiplier) >> 32);
        return (upper + ((int32_t)1 << (shift - 17))) >> (shift - 16);
    }
    return (int32_t)((sum * (multiplier >> 16) + ((int64_t)1 << (shift - 1))) >> shift);
}

/* round(sum * m / 2^shift), ties away from zero, m = multiplier * 2^26 + fine; |sum| < 2^36. */
THUMBNET_INLINE int32_t thumbnet_round_product(int64_t sum, int32_t multiplier, int32_t fine,
                                               int shift)
{
    const uint64_t size = (uint64_t)(sum < 0 ? -sum : sum);
    const uint64_t product = size * (uint32_t)multiplier + ((size * (uint32_t)fine) >> 26);
    const uint64_t value = (product + ((uint64_t)1 << (shift - 1))) >> shift;
    const int32_t limited = value < 65536u ? (int32_t)value : 65536;
    return sum < 0 ? -limited : limited;
}

/* A channel's sum, to which its bias is added, as output. */
THUMBNET_INLINE void thumbnet_s16_output(const thumbnet_dense_s16_t *p, int wide, int rounding,
                                         int32_t channel, int64_t products, void *out)
{
    const int32_t multiplier = p->multiplier[channel];
    const int shift = p->shift[channel];
    const int64_t sum = wide ? products + ((const int64_t *)p->bias)[channel]
                             : (int32_t)products + ((const int32_t *)p->bias)[channel];
    int32_t value;
    if (rounding == THUMBNET_ROUND_ONCE) {
        value = thumbnet_round_once(wide, sum, multiplier, shift);
    } else if (rounding == THUMBNET_ROUND_PRODUCT) {
        value = thumbnet_round_product(sum, multiplier, p->fine[channel], shift);
    } else {
        const int32_t narrow = (int32_t)sum; /* as TFLite's 32 bits hold it */
        value = THUMBNET_NEAREST_EVEN ? thumbnet_requantize_even(narrow, multiplier, shift, 0)
                : channel < p->ties_up
                    ? thumbnet_requantize(narrow, multiplier, shift)
                    : thumbnet_multiply_by_quantized_multiplier(narrow, multiplier, shift);
    }
    if (rounding == THUMBNET_ROUND_TO_BYTES) {
        *(int8_t *)out = (int8_t)thumbnet_clamp(value + p->out_zero_point, p->low, p->high);
    } else {
        *(int16_t *)out = (int16_t)thumbnet_clamp(value, p->low, p->high);
    }
}

/* Products of four channels with one pixel, which is a literal, or of two, `next` apart, with one
 * pixel or two: the sums of the pixel's channels, then those of the second one. */
THUMBNET_INLINE void thumbnet_s16_sums(int wide, int pixels, int four, const int8_t *weights,
                                       int32_t next, int32_t taps, const int16_t *a,
                                       const int16_t *b, int64_t sums[4])
{
    int32_t part[4] = {0, 0, 0, 0};
    sums[0] = sums[1] = sums[2] = sums[3] = 0;
    for (; wide && taps > THUMBNET_S16_BLOCK; taps -= THUMBNET_S16_BLOCK) {
        if (four) {
            thumbnet_s16_four_dots(a, weights, next, THUMBNET_S16_BLOCK, part);
        } else {
            thumbnet_s16_dots(pixels, a, b, weights, next, THUMBNET_S16_BLOCK, part);
        }
        for (int k = 0; k < 4; k++) {
            sums[k] += part[k];
            part[k] = 0;
        }
        a += THUMBNET_S16_BLOCK;
        b += THUMBNET_S16_BLOCK;
        weights += THUMBNET_S16_BLOCK;
    }
    if (four) {
        thumbnet_s16_four_dots(a, weights, next, taps, part);
    } else {
        thumbnet_s16_dots(pixels, a, b, weights, next, taps, part);
    }
    sums[0] += part[0];
    sums[1] += part[1];
    sums[2] += part[2];
    sums[3] += part[3];
}

/* Outputs of `count` channels: of four, which is a literal, of one pixel, else of one or two of one
 * pixel or of two. */
THUMBNET_INLINE void thumbnet_s16_tile(const thumbnet_dense_s16_t *p, int wide, int rounding,
                                       int pixels, int four, int32_t count, const int8_t *weights,
                                       int32_t pitch, int32_t taps, int32_t channel,
                                       const int16_t *a, const int16_t *b, int8_t *out)
{
    const int32_t element = rounding == THUMBNET_ROUND_TO_BYTES ? 1 : 2;
    int8_t *first = out + element * channel;
    int64_t sums[4];
    thumbnet_s16_sums(wide, pixels, four, weights, count == 1 ? 0 : pitch, taps, a, b, sums);
    thumbnet_s16_output(p, wide, rounding, channel, sums[0], first);
    if (count != 1) {
        thumbnet_s16_output(p, wide, rounding, channel + 1, sums[1], first + element);
    }
    if (four) {
        thumbnet_s16_output(p, wide, rounding, channel + 2, sums[2], first + 2 * element);
        thumbnet_s16_output(p, wide, rounding, channel + 3, sums[3], first + 3 * element);
    } else if (pixels == 2) {
        first += element * p->out_channels;
        thumbnet_s16_output(p, wide, rounding, channel, sums[2], first);
        if (count != 1) {
            thumbnet_s16_output(p, wide, rounding, channel + 1, sums[3], first + element);
        }
    }
}

/* All channels of one pixel with taps at `a`, or of two, the second at `b`, from `taps` weights of
 * each channel, `pitch` apart. */
THUMBNET_INLINE void thumbnet_dense_s16(const thumbnet_dense_s16_t *p, int wide, int rounding,
                                        int pixels, const int8_t *weights, int32_t pitch,
                                        int32_t taps, const int16_t *a, const int16_t *b, void *out)
{
    const int32_t channels = p->out_channels;
    int8_t *result = (int8_t *)out;
    int32_t c = 0;
    for (; pixels == 1 && c + 4 <= channels; c += 4, weights += 4 * pitch) {
        thumbnet_s16_tile(p, wide, rounding, 1, 1, 4, weights, pitch, taps, c, a, a, result);
    }
    for (; c < channels; c += 2, weights += 2 * pitch) {
        const int32_t count = channels - c < 2 ? 1 : 2;
        thumbnet_s16_tile(p, wide, rounding, pixels, 0, count, weights, pitch, taps, c, a, b,
                          result);
    }
}

#endif
