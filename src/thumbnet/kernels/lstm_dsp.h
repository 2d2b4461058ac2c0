/* An LSTM of int8 with Arm's DSP extension. SPDX-License-Identifier: Apache-2.0
 *
 * Two gates A and B share an int16 lane as 256 * wB + wA, so that SMLAD of a word sums 256 B + A
 * and SXTB16 of it gives A alone. Four values take four words: those of input and forget gate for
 * the values 0 and 2, and for 1 and 3, then those of cell and output gate. The compiler has checked
 * that no sum leaves 32 bits (lstm_dsp.py). */
#ifndef THUMBNET_KERNELS_LSTM_DSP_H
#define THUMBNET_KERNELS_LSTM_DSP_H

#include "thumbnet/kernels/dsp.h"
#include "thumbnet/kernels/lstm.h"

#if THUMBNET_DSP
THUMBNET_INLINE int32_t thumbnet_lstm_mac(uint32_t a, uint32_t b, int32_t sum)
{
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
}
#else
THUMBNET_INLINE uint32_t thumbnet_dsp_even(uint32_t bytes)
{
    const uint32_t low = (uint32_t)(int8_t)(bytes & 0xffu);
    const uint32_t high = (uint32_t)(int8_t)(bytes >> 16 & 0xffu);
    return (high << 16) | (low & 0xffffu);
}

THUMBNET_INLINE uint32_t thumbnet_dsp_odd(uint32_t bytes)
{
    return thumbnet_dsp_even(bytes >> 8);
}

THUMBNET_INLINE int32_t thumbnet_lstm_mac(uint32_t a, uint32_t b, int32_t sum)
{
    const int32_t low = (int16_t)(a & 0xffffu) * (int16_t)(b & 0xffffu);
    const int32_t high = (int16_t)(a >> 16) * (int16_t)(b >> 16);
    return sum + low + high;
}
#endif

/* Up to four values as a word, those that are not there 0. */
THUMBNET_INLINE uint32_t thumbnet_lstm_word(const int8_t *values, int32_t count)
{
    uint32_t word = 0;
    for (int32_t i = 0; i < 4 && i < count; i++) {
        word |= (uint32_t)(uint8_t)values[i] << (8 * i);
    }
    return word;
}

/* Sums of lanes: 256 * forget + input, input, 256 * output + cell, cell. */
typedef struct {
    int32_t both;
    int32_t input;
    int32_t other;
    int32_t cell;
} thumbnet_lstm_lanes_t;

/* Four values, of which `word` is. */
THUMBNET_INLINE void thumbnet_lstm_quad(uint32_t word, const uint32_t *weights,
                                        thumbnet_lstm_lanes_t *sums)
{
    const uint32_t even = thumbnet_dsp_even(word);
    const uint32_t odd = thumbnet_dsp_odd(word);
    sums->both = thumbnet_lstm_mac(even, weights[0], sums->both);
    sums->input = thumbnet_lstm_mac(even, thumbnet_dsp_even(weights[0]), sums->input);
    sums->both = thumbnet_lstm_mac(odd, weights[1], sums->both);
    sums->input = thumbnet_lstm_mac(odd, thumbnet_dsp_even(weights[1]), sums->input);
    sums->other = thumbnet_lstm_mac(even, weights[2], sums->other);
    sums->cell = thumbnet_lstm_mac(even, thumbnet_dsp_even(weights[2]), sums->cell);
    sums->other = thumbnet_lstm_mac(odd, weights[3], sums->other);
    sums->cell = thumbnet_lstm_mac(odd, thumbnet_dsp_even(weights[3]), sums->cell);
}

static THUMBNET_NOINLINE const void *
thumbnet_lstm_dot_dsp(const int8_t *values, const void *weights, int32_t count, int32_t *sums)
{
    const uint32_t *next = (const uint32_t *)weights;
    const int8_t *const end = values + (count & ~3);
    thumbnet_lstm_lanes_t lanes = {0, 0, 0, 0};
    for (; values != end; values += 4, next += 4) {
#if THUMBNET_DSP
        thumbnet_lstm_quad(thumbnet_dsp_load(values), next, &lanes);
#else
        thumbnet_lstm_quad(thumbnet_lstm_word(values, 4), next, &lanes);
#endif
    }
    if ((count & 3) != 0) {
        thumbnet_lstm_quad(thumbnet_lstm_word(values, count & 3), next, &lanes);
        next += 4;
    }
    sums[0] += lanes.input;
    sums[1] += (lanes.both - lanes.input) >> 8;
    sums[2] += lanes.cell;
    sums[3] += (lanes.other - lanes.cell) >> 8;
    return next;
}

/* The row kernel; see lstm.h. */
THUMBNET_INLINE void thumbnet_lstm_dsp_s8(const void *constants, const void *const *rows, void *out,
                                          int32_t x, int32_t n, void *scratch)
{
    thumbnet_lstm_steps((const thumbnet_lstm_t *)constants, thumbnet_lstm_dot_dsp, rows, out, n);
    (void)x;
    (void)scratch;
}

#endif
