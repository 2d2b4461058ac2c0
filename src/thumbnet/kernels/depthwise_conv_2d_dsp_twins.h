/* Portable twins of the assembly of depthwise_conv_2d_dsp.h, for where there is no DSP extension.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_TWINS_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_TWINS_H

#include "thumbnet/kernels/depthwise_conv_2d_dsp_types.h"

#define THUMBNET_DEPTHWISE_SHIFT 7

/* What records hold: words; words, and whole blocks are made at once; bytes. */
#define THUMBNET_DEPTHWISE_BLOCKS 1
#define THUMBNET_DEPTHWISE_BYTES 2
/* The bytes of a word of a record that are one word of weights; the others come 8 bits higher. */
#define THUMBNET_DEPTHWISE_MASK 0xff00ff00u
/* Words of a channel's weights, at most. */
#define THUMBNET_DEPTHWISE_WORDS 28

/* Two int16 in a word. */
THUMBNET_INLINE int32_t thumbnet_depthwise_halves(int32_t low, int32_t high)
{
    return (int32_t)(((uint32_t)low & 0xffffu) | (uint32_t)high << 16);
}

/* Four int8 in a word. */
THUMBNET_INLINE int32_t thumbnet_depthwise_bytes(int8_t value)
{
    return (int32_t)((uint32_t)(uint8_t)value * 0x01010101u);
}

#if !defined(THUMBNET_DEPTHWISE_ASM)

THUMBNET_INLINE int32_t thumbnet_depthwise_smlad(int32_t x, int32_t y, int32_t sum)
{
    /* Sums may pass int32 on their way. */
    const uint32_t low = (uint32_t)((int32_t)(int16_t)x * (int16_t)y);
    const uint32_t high = (uint32_t)((x >> 16) * (y >> 16));
    return (int32_t)((uint32_t)sum + low + high);
}

/* A strip of two rows, or of one; `size` words a channel of a group. */
static THUMBNET_NOINLINE void thumbnet_depthwise_expand(thumbnet_depthwise_strip_t *strip, int two,
                                                        int32_t size)
{
    const int32_t zero = (int8_t)strip->zero_points;
    const int8_t *a = strip->rows[0];
    const int8_t *b = strip->rows[two];
    int32_t *group = strip->out;
    int right = strip->columns & 1;
    int32_t left_a[4] = {zero, zero, zero, zero};
    int32_t left_b[4] = {zero, zero, zero, zero};
    for (int32_t i = strip->columns >> 1; i > 0; i--, right = !right) {
        const int last = i == 1 && !right;
        for (int c = 0; c < 4; c++) {
            int32_t *const word = group + c * size;
            const int32_t value_a = right ? a[c] : zero;
            const int32_t value_b = right ? b[c] : zero;
            if (right || last) {
                left_a[c] = right ? left_a[c] : a[c];
                left_b[c] = right ? left_b[c] : b[c];
                word[0] = thumbnet_depthwise_halves(left_a[c], two ? left_b[c] : value_a);
                if (two) {
                    word[1] = thumbnet_depthwise_halves(value_a, value_b);
                }
            } else {
                left_a[c] = a[c];
                left_b[c] = b[c];
            }
        }
        group += right ? 4 * size : 0;
        a += strip->steps[0];
        b += strip->steps[two];
    }
    for (int i = 0; i <= two; i++) {
        strip->rows[i] += strip->advances[i];
    }
}

/* The last row's part of an output; h are its words, `pitch` words from a group to the next; right
 * says that the output begins with a group's right column. */
THUMBNET_INLINE int32_t thumbnet_depthwise_last_row(const int32_t *h, int32_t pitch,
                                                    const int32_t *weights, int32_t size, int right,
                                                    int32_t sum)
{
    const int32_t *const odd = weights + size / 2;
    const int32_t single = right ? (h[0] >> 16) * (int16_t)weights[0]
                                 : (int16_t)h[size / 2 * pitch] * (odd[size / 2 - 1] >> 16);
    for (int32_t j = 0; j < size / 2; j++) {
        sum = right ? thumbnet_depthwise_smlad(h[(j + 1) * pitch], odd[j], sum)
                    : thumbnet_depthwise_smlad(h[j * pitch], weights[j], sum);
    }
    return (int32_t)((uint32_t)sum + (uint32_t)single);
}

/* The sum of an output whose window begins at `column` of the pass; words are those of its channel.
 */
THUMBNET_INLINE int32_t thumbnet_depthwise_sum(const int32_t *words, const int32_t *weights,
                                               int32_t size, int32_t column, int32_t sum)
{
    const int32_t pitch = 4 * size;
    for (int32_t row = 0; row + 1 < size; row += 2) {
        for (int32_t at = column; at < column + size; at++) {
            const int32_t word = words[(at >> 1) * pitch + row + (at & 1)];
            sum = thumbnet_depthwise_smlad(word, *weights++, sum);
        }
    }
    words += (column >> 1) * pitch + size - 1;
    return thumbnet_depthwise_last_row(words, pitch, weights, size, column & 1, sum);
}

/* A channel's words of its bytes; see the record. */
THUMBNET_INLINE void thumbnet_depthwise_unpack(const int32_t *bytes, int32_t count, int32_t *words)
{
    for (int32_t i = 0; i < count; i++) {
        const uint32_t word = (uint32_t)bytes[i];
        words[2 * i] = (int32_t)(word << 8 & THUMBNET_DEPTHWISE_MASK);
        words[2 * i + 1] = (int32_t)(word & THUMBNET_DEPTHWISE_MASK);
    }
}

/* One channel's outputs of its words. */
THUMBNET_INLINE void thumbnet_depthwise_channel(const thumbnet_depthwise_state_t *state,
                                                const int32_t *words, int32_t bias,
                                                int32_t multiplier, int32_t rounding, int32_t shift)
{
    const thumbnet_depthwise_context_t *const context = &state->context;
    int8_t *out = context->outputs;
    for (int32_t i = 0; i < state->made; i++, out += context->step[0]) {
        const int32_t sum =
            thumbnet_depthwise_sum(context->columns, words, state->size, i * state->stride, bias);
        const int64_t whole = (int64_t)sum * multiplier + rounding * ((int64_t)1 << 32);
        *out = (int8_t)thumbnet_clamp((int32_t)(whole >> 32) >> shift, -128, 127);
    }
}

/* The outputs of context->count channels. */
static THUMBNET_NOINLINE void thumbnet_depthwise_channels(thumbnet_depthwise_state_t *state,
                                                          int bytes)
{
    thumbnet_depthwise_context_t *const context = &state->context;
    const int32_t words = state->size / 2 * state->size + state->size - 1;
    for (; context->count > 0; context->count--) {
        const int32_t *const record = context->record;
        ++context->outputs;
        context->columns += state->size;
        if (bytes) {
            int32_t expanded[THUMBNET_DEPTHWISE_WORDS];
            const int32_t count = (words + 1) / 2;
            const int32_t bias = record[count];
            const int32_t shift = bias & 31;
            thumbnet_depthwise_unpack(record, count, expanded);
            thumbnet_depthwise_channel(state, expanded, bias - (bias & 255), record[count + 1],
                                       context->zero * ((int32_t)1 << shift) + (bias & 64),
                                       shift + 1);
            context->record += count + 2;
        } else {
            thumbnet_depthwise_channel(state, record, record[words], record[words + 1],
                                       record[words + 2], THUMBNET_DEPTHWISE_SHIFT);
            context->record += words + 3;
        }
    }
}

#endif

#endif
