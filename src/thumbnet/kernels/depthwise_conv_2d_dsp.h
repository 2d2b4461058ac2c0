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
 * all channels, and proves the result for all sums that a channel can have. That is for speed.
 *
 * Or the record is smaller: the same weights as bytes, words w and v as one word of bytes w.low,
 * v.low, w.high, v.high (they are taken times 256 by a mask); 256 * bias + 64 * e + s; multiplier.
 * An output is (256 * sum * multiplier + rounding * 2^32) >> 33 + s, saturated, where the rounding
 * is (2 * zero point + 1) * 2^s + 64 * e. A channel's record is made words once a pass: 3x3 takes
 * 20 bytes a channel for 32, 5x5 36 for 68, 7x7 64 for 120.
 *
 * The assembly is beside portable twins, which run where there is no DSP extension. Instructions
 * per multiply-accumulate on a Cortex-M4, assembly for speed, of bytes, and twin (gcc 12.2, -O2):
 * 3x3 24x24x32 1.88, 2.24 and 20.5, stride 2 2.59, 3.16 and 26.7; 5x5 10x10x120 1.44, 1.61 and
 * 12.6; 7x7 24x24x16 1.10, 1.17 and 10.0.
 */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_H

#include "thumbnet/kernels/depthwise_conv_2d_dsp_large.h"
#include "thumbnet/kernels/depthwise_conv_2d_dsp_twins.h"
#include "thumbnet/kernels/depthwise_conv_2d_even_dsp.h"

/* -- passes ----------------------------------------------------------------------------------- */

/* Where the columns inside of a strip's rows begin, `offset` bytes behind what `rows` point at. */
static THUMBNET_NOINLINE void thumbnet_depthwise_strips(thumbnet_depthwise_state_t *state,
                                                        int32_t offset)
{
    const thumbnet_depthwise_conv_2d_dsp_t *const p = state->layer;
    const int32_t size = state->size;
    int32_t *const words = state->words + state->left / 2 * 4 * size;
    if (state->column > 0) {
        offset += (state->column - state->base) * p->channels;
    }
    for (int32_t row = 0; row < size; row++) {
        const int32_t second = row % 2;
        const int8_t *const inside = (const int8_t *)state->rows[row];
        thumbnet_depthwise_strip_t *const strip = state->strips + row / 2;
        strip->rows[second] =
            inside != NULL ? inside + offset : (const int8_t *)&strip->zero_points;
        strip->steps[second] = inside != NULL ? p->channels : 0;
        strip->advances[second] = inside != NULL ? 4 : 0;
        strip->zero_points = thumbnet_depthwise_bytes(p->in_zero_point);
        strip->out = words + row - second;
        strip->columns = 2 * state->inside + state->left % 2;
    }
}

/* Columns of zero points to groups [first, last). */
static THUMBNET_NOINLINE void thumbnet_depthwise_outside(thumbnet_depthwise_state_t *state,
                                                         int32_t first, int32_t last)
{
    const int32_t zero = state->layer->in_zero_point;
    const int32_t both = thumbnet_depthwise_halves(zero, zero);
    for (int32_t i = first * 4 * state->size; i < last * 4 * state->size; i++) {
        state->words[i] = both;
    }
}

/* Where the channel before the first has its columns, and where they end: a column is half a group.
 */
THUMBNET_INLINE void thumbnet_depthwise_ends(thumbnet_depthwise_state_t *state,
                                             const int32_t *columns)
{
    const int32_t pixel = state->stride * 2 * state->size;
    state->context.columns = columns;
    state->context.end = columns + state->made * pixel;
    state->context.last_four = columns + (state->made - 4) * pixel;
}

/* All whole blocks of a 3x3 pass at once, unless a row is outside; says whether that can be done.
 */
static THUMBNET_NOINLINE int thumbnet_depthwise_whole(thumbnet_depthwise_state_t *state)
{
    const thumbnet_depthwise_conv_2d_dsp_t *const p = state->layer;
    thumbnet_depthwise_context_t *const context = &state->context;
    const int32_t offset = state->column > 0 ? (state->column - state->base) * p->channels : 0;
    if (state->inside <= 0) {
        return 0;
    }
    for (int i = 0; i < 3; i++) {
        if (state->rows[i] == NULL) {
            return 0;
        }
        context->rows[i] = (const int8_t *)state->rows[i] + offset;
    }
    context->words = state->words + state->left / 2 * 4 * state->size;
    context->offset = 0;
    context->columns_step = p->channels;
    context->columns_inside = 2 * state->inside + state->left % 2;
    context->zero_points = thumbnet_depthwise_bytes(p->in_zero_point);
    context->blocks = p->channels / 4;
    state->channel = p->channels / 4 * 4;
    thumbnet_depthwise_ends(state, state->words - state->size);
    return 1;
}

/* The next pass; 0: all outputs are made. */
static THUMBNET_NOINLINE int thumbnet_depthwise_pass(thumbnet_depthwise_state_t *state)
{
    const thumbnet_depthwise_conv_2d_dsp_t *const p = state->layer;
    state->out += state->made * p->channels;
    state->column += state->made * state->stride;
    state->rest -= state->made;
    if (state->rest <= 0) {
        return 0;
    }
    state->made = state->rest < p->most ? state->rest : p->most;
    const int32_t columns = (state->made - 1) * state->stride + state->size;
    int32_t left = state->column < 0 ? -state->column : 0;
    left = left < columns ? left : columns;
    int32_t inside = p->in_width - (state->column + left);
    inside = inside < columns - left ? inside : columns - left;
    if (inside <= 0) {
        left = (columns + 1) / 2 * 2;
        inside = 0;
    }
    state->left = left;
    state->inside = inside;
    state->channel = 0;
    thumbnet_depthwise_outside(state, 0, left / 2);
    thumbnet_depthwise_outside(state, (left + inside + 1) / 2, (columns + 1) / 2);
    state->context.record = p->records;
    state->context.outputs = state->out - 1;
    return 1;
}

/* The next four channels of a pass, or the last, of which some may be made; 0: there are none. */
static THUMBNET_NOINLINE int thumbnet_depthwise_four(thumbnet_depthwise_state_t *state)
{
    const int32_t channels = state->layer->channels;
    const int32_t channel = state->channel;
    const int32_t count = channels - channel < 4 ? channels - channel : 4;
    if (count <= 0) {
        return 0;
    }
    if (channel == 0 || count < 4) {
        thumbnet_depthwise_strips(state, channel + count - 4);
    }
    state->context.count = count;
    state->channel = channel + 4;
    thumbnet_depthwise_ends(state, state->words + (3 - count) * state->size);
    return 1;
}

/* Before the first pass. */
static THUMBNET_NOINLINE void thumbnet_depthwise_begin(thumbnet_depthwise_state_t *state, int32_t x)
{
    const thumbnet_depthwise_conv_2d_dsp_t *const p = state->layer;
    state->made = 0;
    state->column = x * state->stride - p->pad_left;
    state->base = state->column > 0 ? state->column : 0;
    state->context.step[0] = p->channels;
    state->context.step[1] = 2 * p->channels;
    state->context.step[2] = 3 * p->channels;
    state->context.zero = 2 * p->out_zero_point + 1;
    state->context.mask = (int32_t)THUMBNET_DEPTHWISE_MASK;
}

/* The sums of four channels; size, stride and records are literals. */
THUMBNET_INLINE void thumbnet_depthwise_sums(thumbnet_depthwise_state_t *state, int size,
                                             int stride, int records)
{
#if THUMBNET_NEAREST_EVEN
    thumbnet_depthwise_even_channels(state, size, stride);
    (void)records;
#elif defined(THUMBNET_DEPTHWISE_ASM)
    thumbnet_depthwise_context_t *const context = &state->context;
    const int bytes = records == THUMBNET_DEPTHWISE_BYTES;
    if (size == 3) {
        if (bytes) {
            stride == 1 ? thumbnet_depthwise_3x3_s1_bytes(context)
                        : thumbnet_depthwise_3x3_s2_bytes(context);
        } else {
            stride == 1 ? thumbnet_depthwise_3x3_s1(context) : thumbnet_depthwise_3x3_s2(context);
        }
    } else if (size == 5) {
        if (bytes) {
            stride == 1 ? thumbnet_depthwise_5x5_s1_bytes(context)
                        : thumbnet_depthwise_5x5_s2_bytes(context);
        } else {
            stride == 1 ? thumbnet_depthwise_5x5_s1(context) : thumbnet_depthwise_5x5_s2(context);
        }
    } else if (bytes) {
        stride == 1 ? thumbnet_depthwise_7x7_s1_bytes(context)
                    : thumbnet_depthwise_7x7_s2_bytes(context);
    } else {
        stride == 1 ? thumbnet_depthwise_7x7_s1(context) : thumbnet_depthwise_7x7_s2(context);
    }
#else
    (void)size;
    (void)stride;
    thumbnet_depthwise_channels(state, records == THUMBNET_DEPTHWISE_BYTES);
#endif
}

/* Expands the strips of four channels; size is a literal. */
THUMBNET_INLINE void thumbnet_depthwise_columns(thumbnet_depthwise_state_t *state, int size)
{
    thumbnet_depthwise_strip_t *strip = state->strips;
#if defined(THUMBNET_DEPTHWISE_ASM)
    if (size == 3) {
        thumbnet_depthwise_pack_two_3(strip);
        thumbnet_depthwise_pack_one_3(strip + 1);
    } else if (size == 5) {
        thumbnet_depthwise_pack_two_5(strip);
        thumbnet_depthwise_pack_two_5(strip + 1);
        thumbnet_depthwise_pack_one_5(strip + 2);
    } else {
        thumbnet_depthwise_pack_two_7(strip);
        thumbnet_depthwise_pack_two_7(strip + 1);
        thumbnet_depthwise_pack_two_7(strip + 2);
        thumbnet_depthwise_pack_one_7(strip + 3);
    }
#else
    for (int left = size; left > 0; left -= 2, strip++) {
        thumbnet_depthwise_expand(strip, left > 1, size);
    }
#endif
}

/* Tries to make the whole blocks of a pass; stride and records are literals. */
THUMBNET_INLINE void thumbnet_depthwise_blocks(thumbnet_depthwise_state_t *state, int stride,
                                               int records)
{
#if defined(THUMBNET_DEPTHWISE_ASM)
    if (records == THUMBNET_DEPTHWISE_BLOCKS && thumbnet_depthwise_whole(state)) {
        stride == 1 ? thumbnet_depthwise_3x3_s1_blocks(&state->context)
                    : thumbnet_depthwise_3x3_s2_blocks(&state->context);
    }
#else
    (void)state;
    (void)stride;
    (void)records;
#endif
}

/* The row kernel; size, stride and records (what they hold, and whether flash is spent on speed)
 * are literals. */
THUMBNET_INLINE void thumbnet_depthwise_conv_2d_dsp_s8(const void *constants, int size, int stride,
                                                       int records, const void *const *rows,
                                                       void *out, int32_t x, int32_t n,
                                                       void *scratch)
{
    thumbnet_depthwise_state_t state;
    int32_t expanded[THUMBNET_DEPTHWISE_WORDS];
    state.layer = (const thumbnet_depthwise_conv_2d_dsp_t *)constants;
    state.rows = rows;
    state.words = (int32_t *)scratch;
    state.out = (int8_t *)out;
    state.size = size;
    state.stride = stride;
    state.rest = n;
    if (size > 3 && records == THUMBNET_DEPTHWISE_BYTES) {
        state.context.expanded = expanded;
    }
    thumbnet_depthwise_begin(&state, x);
    while (thumbnet_depthwise_pass(&state)) {
        thumbnet_depthwise_blocks(&state, stride, records);
        while (thumbnet_depthwise_four(&state)) {
            thumbnet_depthwise_columns(&state, size);
            thumbnet_depthwise_sums(&state, size, stride, records);
        }
    }
}

#endif
