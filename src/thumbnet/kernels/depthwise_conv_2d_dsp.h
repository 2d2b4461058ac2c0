/* depthwise_conv_2d (3x3, 5x5 and 7x7, strides 1 and 2, depth multiplier 1) for cores with Arm's
 * DSP extension. SPDX-License-Identifier: Apache-2.0
 *
 * Four channels at a time, and for each four
 * 1. the columns of the rows are expanded to int16: two rows to words that hold a column of both
 *    (PKHBT before SXTB16), the last row to words that hold two neighbouring columns. Columns come
 *    in groups of two; a group holds channel by channel first the words of the pairs of rows (left,
 *    right column), then that of the last row: `size` words a channel. What lies outside the tensor
 *    is the zero point here, and nothing below knows of edges.
 * 2. each channel's outputs are made of its words: SMLAD takes two taps at once.
 *
 * So all rows of the columns of a pass have been read for four channels before an output of them is
 * written. A pass makes at most `most` outputs. Behind the last whole four channels the last four
 * are expanded, of which the first are not made again.
 *
 * A channel's record: for each pair of rows `size` words of two weights; of the last row the pairs
 * of neighbours (0,1), (2,3).., for outputs that begin with a group's left column, and (1,2),
 * (3,4).. for those that begin with the right one; bias (the zero point folded in), multiplier,
 * rounding. An output is (sum * multiplier + rounding * 2^32) >> 39, saturated: both of TFLite's
 * roundings at once. The compiler scales weights and bias so that a multiplier's shift is that of
 * all channels, and proves the result for all sums that a channel can have.
 *
 * The assembly is beside portable twins, which run where there is no DSP extension. Instructions
 * per multiply-accumulate on a Cortex-M4, assembly and twin (gcc 12.2, -O2): 3x3 24x24x32 1.90
 * and 20.5, stride 2 2.61 and 26.7; 5x5 10x10x120 1.46 and 12.6; 7x7 24x24x16 1.10 and 10.0.
 */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_H

#include "thumbnet/kernels/depthwise_conv_2d_dsp_large.h"
#include "thumbnet/kernels/depthwise_conv_2d_dsp_types.h"

#define THUMBNET_DEPTHWISE_SHIFT 7

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

/* -- twins of the assembly -------------------------------------------------------------------- */

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
    const int8_t *a = strip->a;
    const int8_t *b = strip->b;
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
        a += strip->a_step;
        b += strip->b_step;
    }
    strip->a += strip->a_advance;
    strip->b += strip->b_advance;
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

/* The outputs of context->count channels. */
static THUMBNET_NOINLINE void thumbnet_depthwise_channels(const thumbnet_depthwise_how_t *how,
                                                          thumbnet_depthwise_context_t *context,
                                                          int32_t made)
{
    const int32_t words = how->size / 2 * how->size + how->size - 1;
    for (; context->count > 0; context->count--) {
        const int32_t *const last = context->record + words;
        int8_t *out = ++context->outputs;
        context->columns += how->size;
        for (int32_t i = 0; i < made; i++, out += context->step[0]) {
            const int32_t sum = thumbnet_depthwise_sum(context->columns, context->record, how->size,
                                                       i * how->stride, last[0]);
            const int64_t whole = (int64_t)sum * last[1] + last[2] * ((int64_t)1 << 32);
            const int32_t value = (int32_t)(whole >> 32) >> THUMBNET_DEPTHWISE_SHIFT;
            *out = (int8_t)thumbnet_clamp(value, -128, 127);
        }
        context->record += words + 3;
    }
}

#endif

/* -- passes ----------------------------------------------------------------------------------- */

/* Where the columns inside of a strip's rows begin; groups begin at `words`. */
static THUMBNET_NOINLINE void thumbnet_depthwise_strips(const thumbnet_depthwise_conv_2d_dsp_t *p,
                                                        int32_t size, const void *const *rows,
                                                        int32_t offset, int32_t *words,
                                                        int32_t left, int32_t inside,
                                                        thumbnet_depthwise_strip_t *strips)
{
    words += left / 2 * 4 * size;
    for (int32_t row = 0; row < size; row += 2, strips++, words += 2) {
        const int8_t *const a = (const int8_t *)rows[row];
        const int8_t *const b = row + 1 < size ? (const int8_t *)rows[row + 1] : NULL;
        const int8_t *const outside = (const int8_t *)&strips->zero_points;
        strips->zero_points = thumbnet_depthwise_bytes(p->in_zero_point);
        strips->a = a != NULL ? a + offset : outside;
        strips->b = b != NULL ? b + offset : outside;
        strips->a_step = a != NULL ? p->channels : 0;
        strips->b_step = b != NULL ? p->channels : 0;
        strips->a_advance = a != NULL ? 4 : 0;
        strips->b_advance = b != NULL ? 4 : 0;
        strips->out = words;
        strips->columns = 2 * inside + left % 2;
    }
}

/* Columns of zero points to groups [first, last). */
static THUMBNET_NOINLINE void thumbnet_depthwise_outside(const thumbnet_depthwise_conv_2d_dsp_t *p,
                                                         int32_t size, int32_t *words,
                                                         int32_t first, int32_t last)
{
    const int32_t both = thumbnet_depthwise_halves(p->in_zero_point, p->in_zero_point);
    for (int32_t i = first * 4 * size; i < last * 4 * size; i++) {
        words[i] = both;
    }
}

/* Expands the strips of four channels and makes `context->count` channels of `made` outputs. */
THUMBNET_INLINE void thumbnet_depthwise_block(const thumbnet_depthwise_how_t *how,
                                              thumbnet_depthwise_strip_t *strips, int32_t inside,
                                              thumbnet_depthwise_context_t *context, int32_t made)
{
    for (int32_t left = inside > 0 ? how->size : 0; left > 0; left -= 2, strips++) {
#if defined(THUMBNET_DEPTHWISE_ASM)
        (left > 1 ? how->pack_two : how->pack_one)(strips);
#else
        thumbnet_depthwise_expand(strips, left > 1, how->size);
#endif
    }
#if defined(THUMBNET_DEPTHWISE_ASM)
    how->sums(context);
    (void)made;
#else
    thumbnet_depthwise_channels(how, context, made);
#endif
}

/* Where the channel before the first has its columns, and where they end: a column is half a group.
 */
THUMBNET_INLINE void thumbnet_depthwise_ends(const thumbnet_depthwise_how_t *how,
                                             const int32_t *columns, int32_t made,
                                             thumbnet_depthwise_context_t *context)
{
    const int32_t pixel = how->stride * 2 * how->size;
    context->columns = columns;
    context->end = columns + made * pixel;
    context->last_four = columns + (made - 4) * pixel;
}

/* All whole blocks at once, unless a row is outside; returns how many channels were made. */
THUMBNET_INLINE int32_t thumbnet_depthwise_whole(const thumbnet_depthwise_conv_2d_dsp_t *p,
                                                 const thumbnet_depthwise_how_t *how,
                                                 const void *const *rows, int32_t offset,
                                                 int32_t *words, int32_t left, int32_t inside,
                                                 int32_t made,
                                                 thumbnet_depthwise_context_t *context)
{
    for (int i = 0; i < 3; i++) {
        if (rows[i] == NULL) {
            return 0;
        }
        context->rows[i] = (const int8_t *)rows[i] + offset;
    }
    context->words = words + left / 2 * 4 * how->size;
    context->offset = 0;
    context->columns_step = p->channels;
    context->columns_inside = 2 * inside + left % 2;
    context->zero_points = thumbnet_depthwise_bytes(p->in_zero_point);
    context->blocks = p->channels / 4;
    thumbnet_depthwise_ends(how, words - how->size, made, context);
    how->blocks(context);
    return p->channels / 4 * 4;
}

/* A pass: `made` outputs from the one whose window begins at input column `column`; rows point
 * `offset` bytes before the first column inside. */
THUMBNET_INLINE void thumbnet_depthwise_pass(const thumbnet_depthwise_conv_2d_dsp_t *p,
                                             const thumbnet_depthwise_how_t *how,
                                             const void *const *rows, int32_t offset, int8_t *out,
                                             int32_t column, int32_t made, int32_t *words)
{
    thumbnet_depthwise_strip_t strips[4];
    thumbnet_depthwise_context_t context;
    const int32_t size = how->size;
    const int32_t channels = p->channels;
    const int32_t columns = (made - 1) * how->stride + how->size;
    int32_t left = column < 0 ? -column : 0;
    left = left < columns ? left : columns;
    int32_t inside = p->in_width - (column + left);
    inside = inside < columns - left ? inside : columns - left;
    if (inside <= 0) {
        left = columns + 1;
        inside = 0;
    }
    thumbnet_depthwise_outside(p, size, words, 0, left / 2);
    thumbnet_depthwise_outside(p, size, words, (left + inside + 1) / 2, (columns + 1) / 2);
    context.step[0] = channels;
    context.step[1] = 2 * channels;
    context.step[2] = 3 * channels;
    context.record = p->records;
    context.outputs = out - 1;
    int32_t c = 0;
    if (how->blocks != NULL && inside > 0) {
        c = thumbnet_depthwise_whole(p, how, rows, offset, words, left, inside, made, &context);
    }
    if (c < channels) {
        thumbnet_depthwise_strips(p, size, rows, offset + c, words, left, inside, strips);
    }
    for (; c < channels; c += 4) {
        const int32_t *columns = words - size;
        context.count = 4;
        if (c + 4 > channels) {
            context.count = channels - c;
            columns += (4 - context.count) * size;
            thumbnet_depthwise_strips(p, size, rows, offset + channels - 4, words, left, inside,
                                      strips);
        }
        thumbnet_depthwise_ends(how, columns, made, &context);
        thumbnet_depthwise_block(how, strips, inside, &context, made);
    }
}

/* What all instantiations share. */
static THUMBNET_NOINLINE void thumbnet_depthwise_run(const thumbnet_depthwise_conv_2d_dsp_t *p,
                                                     const thumbnet_depthwise_how_t *how,
                                                     const void *const *rows, int8_t *out,
                                                     int32_t x, int32_t n, int32_t *scratch)
{
    int32_t column = x * how->stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t made = n < p->most ? n : p->most;
        const int32_t offset = column > 0 ? (column - base) * p->channels : 0;
        thumbnet_depthwise_pass(p, how, rows, offset, out, column, made, scratch);
        n -= made;
        out += made * p->channels;
        column += made * how->stride;
    }
}

/* The row kernel; size, stride and blocks, which says to spend flash on speed, are literals. */
THUMBNET_INLINE void thumbnet_depthwise_conv_2d_dsp_s8(const void *constants, int size, int stride,
                                                       int blocks, const void *const *rows,
                                                       void *out, int32_t x, int32_t n,
                                                       void *scratch)
{
    thumbnet_depthwise_how_t how = {.size = size, .stride = stride};
#if defined(THUMBNET_DEPTHWISE_ASM)
    if (size == 3) {
        how.pack_two = thumbnet_depthwise_pack_two_3;
        how.pack_one = thumbnet_depthwise_pack_one_3;
        how.sums = stride == 1 ? thumbnet_depthwise_3x3_s1 : thumbnet_depthwise_3x3_s2;
        if (blocks) {
            how.blocks =
                stride == 1 ? thumbnet_depthwise_3x3_s1_blocks : thumbnet_depthwise_3x3_s2_blocks;
        }
    } else if (size == 5) {
        how.pack_two = thumbnet_depthwise_pack_two_5;
        how.pack_one = thumbnet_depthwise_pack_one_5;
        how.sums = stride == 1 ? thumbnet_depthwise_5x5_s1 : thumbnet_depthwise_5x5_s2;
    } else {
        how.pack_two = thumbnet_depthwise_pack_two_7;
        how.pack_one = thumbnet_depthwise_pack_one_7;
        how.sums = stride == 1 ? thumbnet_depthwise_7x7_s1 : thumbnet_depthwise_7x7_s2;
    }
#endif
    thumbnet_depthwise_run((const thumbnet_depthwise_conv_2d_dsp_t *)constants, &how, rows,
                           (int8_t *)out, x, n, (int32_t *)scratch);
    (void)blocks;
}

#endif
