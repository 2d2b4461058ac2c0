/* depthwise_conv_2d (depth multiplier 1) for cores with Arm's DSP extension.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Four channels at a time, and for each four
 * 1. the columns of the rows are expanded to int16: two rows to words that hold a column of both
 *    (PKHBT before SXTB16), an odd last row to words that hold two neighbouring columns. Columns
 *    come in groups of two; a group holds channel by channel first the words of the pairs of rows
 *    (left, right column), then that of the last row: kernel_height words a channel. What lies
 *    outside the tensor is the zero point here, and nothing below knows of edges.
 * 2. each channel's outputs are made of its words: SMLAD takes two taps at once.
 *
 * So all rows of the columns of a pass have been read for four channels before an output of them is
 * written. A pass makes at most `most` outputs.
 *
 * A channel's record: for each pair of rows kernel_width words of two weights; of the last row the
 * pairs of neighbours as an output begins with a group's left column, (0,1), (2,3).., and as it
 * begins with the right one, (1,2), (3,4)..; bias (the zero point folded in), multiplier, rounding.
 *
 * An output is (sum * multiplier + rounding * 2^32) >> 42, saturated: both of TFLite's roundings at
 * once. The compiler scales weights and bias so that a multiplier's shift is that of all channels,
 * and proves the result for all sums that a channel can have. Where it cannot, or where outputs are
 * clamped, the record holds the model's weights, the mantissa negated and the shift, and
 * outputs are requantized as elsewhere.
 */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_H

#include <string.h>

#include "thumbnet/kernels/depthwise_conv_2d_dsp_asm.h"
#include "thumbnet/kernels/depthwise_conv_2d_dsp_large.h"
#include "thumbnet/kernels/depthwise_conv_2d_dsp_types.h"

#define THUMBNET_DEPTHWISE_SHIFT 10

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

THUMBNET_INLINE int32_t thumbnet_depthwise_smlad(int32_t x, int32_t y, int32_t sum)
{
#if defined(THUMBNET_DEPTHWISE_ASM)
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
#else
    /* Sums may pass int32 on their way. */
    const uint32_t low = (uint32_t)((int32_t)(int16_t)x * (int16_t)y);
    const uint32_t high = (uint32_t)((x >> 16) * (y >> 16));
    return (int32_t)((uint32_t)sum + low + high);
#endif
}

/* -- 1: expansion ----------------------------------------------------------------------------- */

/* `channels` channels of a strip of two rows, or of one; `size` words a channel of a group. */
static THUMBNET_NOINLINE void thumbnet_depthwise_expand(thumbnet_depthwise_strip_t *strip, int two,
                                                        int size, int channels)
{
    const int8_t *const end = (const int8_t *)&strip->zero_points;
    int32_t right = strip->columns & 1;
    int32_t *out = strip->out;
    const int8_t *a = strip->a;
    const int8_t *b = two ? strip->b : a;
    const int32_t zero = *end;
    for (int32_t i = strip->columns >> 1; i > 0; i--) {
        for (int c = 0; c < channels; c++) {
            int32_t *word = out + c * size;
            if (two) {
                word[right] = thumbnet_depthwise_halves(a[c], b[c]);
                if (right == 0) {
                    word[1] = thumbnet_depthwise_halves(zero, zero);
                } else if (i == strip->columns >> 1) {
                    word[0] = thumbnet_depthwise_halves(zero, zero);
                }
            } else if (right == 0) {
                word[0] = thumbnet_depthwise_halves(a[c], zero);
            } else {
                const int32_t left = i == strip->columns >> 1 ? zero : (int16_t)word[0];
                word[0] = thumbnet_depthwise_halves(left, a[c]);
            }
        }
        out += right ? 4 * size : 0;
        right = !right;
        a += strip->a_step;
        b += two ? strip->b_step : 0;
    }
    strip->a += strip->a_advance;
    strip->b += strip->b_advance;
}

/* -- 2: sums ---------------------------------------------------------------------------------- */

/* The last row's part of an output; h are its words, `pitch` words from a group to the next; right
 * says that the output begins with a group's right column. */
THUMBNET_INLINE int32_t thumbnet_depthwise_last_row(const int32_t *h, int32_t pitch,
                                                    const int32_t *weights, int width, int right,
                                                    int32_t sum)
{
    const int32_t *const even = weights;
    const int32_t *const odd = weights + (width > 1 ? width / 2 : 1);
    if (width == 1) {
        return sum + (int16_t)even[0] * (right ? h[0] >> 16 : (int16_t)h[0]);
    }
    if (right) {
        sum += (h[0] >> 16) * (int16_t)even[0];
        for (int j = 0; j < (width - 1) / 2; j++) {
            h += pitch;
            sum = thumbnet_depthwise_smlad(*h, odd[j], sum);
        }
        return width % 2 ? sum : sum + (int16_t)h[pitch] * (even[width / 2 - 1] >> 16);
    }
    for (int j = 0; j < width / 2; j++, h += pitch) {
        sum = thumbnet_depthwise_smlad(*h, even[j], sum);
    }
    return width % 2 ? sum + (int16_t)*h * (odd[width / 2 - 1] >> 16) : sum;
}

/* The sum of an output whose window begins at `column` of the pass; words are those of its channel.
 */
THUMBNET_INLINE int32_t thumbnet_depthwise_sum(const int32_t *words, const int32_t *weights,
                                               int height, int width, int32_t column, int32_t sum)
{
    const int32_t pitch = 4 * height;
    for (int row = 0; row + 1 < height; row += 2) {
        for (int k = 0; k < width; k++) {
            const int32_t at = column + k;
            sum = thumbnet_depthwise_smlad(words[(at >> 1) * pitch + row + (at & 1)], *weights++,
                                           sum);
        }
    }
    if (height % 2) {
        words += (column >> 1) * pitch + height - 1;
        sum = thumbnet_depthwise_last_row(words, pitch, weights, width, column & 1, sum);
    }
    return sum;
}

/* int32 words of a record but for bias, multiplier, and rounding or shift. */
THUMBNET_INLINE int thumbnet_depthwise_weight_words(int height, int width)
{
    const int last = width > 1 ? width / 2 + (width - 1) / 2 : 1;
    return height / 2 * width + (height % 2 ? last : 0);
}

/* Channels of `made` outputs from the words at context->columns: the twin of the assembly, and
 * what is not quick. */
static THUMBNET_NOINLINE void thumbnet_depthwise_channels(const thumbnet_depthwise_conv_2d_dsp_t *p,
                                                          const thumbnet_depthwise_how_t *how,
                                                          thumbnet_depthwise_context_t *context,
                                                          int32_t made)
{
    const int words = thumbnet_depthwise_weight_words(how->height, how->width);
    for (; context->count > 0; context->count--) {
        const int32_t *const end = context->record + words;
        const int ties_up = context->record - p->records < (words + 3) * (int32_t)p->ties_up;
        int8_t *out = ++context->outputs;
        context->columns += how->height;
        for (int32_t i = 0; i < made; i++, out += p->channels) {
            const int32_t sum =
                thumbnet_depthwise_sum(context->columns, context->record, how->height, how->width,
                                       i * how->stride, end[0]);
#if !defined(THUMBNET_DEPTHWISE_ASM)
            if (end[1] >= 0) {
                const int64_t whole = (int64_t)sum * end[1] + end[2] * ((int64_t)1 << 32);
                const int32_t value = (int32_t)(whole >> 32) >> THUMBNET_DEPTHWISE_SHIFT;
                *out = (int8_t)thumbnet_clamp(value, -128, 127);
                continue;
            }
#endif
            *out = thumbnet_convolution_output(sum, -end[1], end[2], ties_up, p->out_zero_point,
                                               p->low, p->high);
        }
        context->record += words + 3;
    }
}

/* Four channels, of which some are not quick. */
static THUMBNET_NOINLINE void thumbnet_depthwise_mixed(const thumbnet_depthwise_conv_2d_dsp_t *p,
                                                       const thumbnet_depthwise_how_t *how,
                                                       thumbnet_depthwise_context_t *context,
                                                       int32_t made)
{
    const int words = thumbnet_depthwise_weight_words(how->height, how->width);
    const int32_t *const columns = context->columns;
    const int32_t *const last_four = context->last_four;
    const int32_t *const end = context->end;
    for (int32_t left = context->count; left > 0; left--) {
        context->count = 1;
        /* What has passed by in C did not move these. */
        context->last_four = context->columns + (last_four - columns);
        context->end = context->columns + (end - columns);
        if (how->sums != NULL && context->record[words + 1] >= 0) {
            how->sums(context);
        } else {
            thumbnet_depthwise_channels(p, how, context, made);
        }
    }
}

/* -- passes ----------------------------------------------------------------------------------- */

/* Rows of a kernel, at most. */
#define THUMBNET_DEPTHWISE_ROWS 8

/* Where the columns inside of a strip's rows begin; groups begin at `words`. */
THUMBNET_INLINE void thumbnet_depthwise_strips(const thumbnet_depthwise_conv_2d_dsp_t *p,
                                               int height, const void *const *rows, int32_t offset,
                                               int32_t *words, int32_t left, int32_t inside,
                                               thumbnet_depthwise_strip_t *strips)
{
    words += left / 2 * 4 * height;
    for (int row = 0; row < height; row += 2, strips++, words += 2) {
        const int8_t *const a = (const int8_t *)rows[row];
        const int8_t *const b = row + 1 < height ? (const int8_t *)rows[row + 1] : NULL;
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
                                                         int height, int32_t *words, int32_t first,
                                                         int32_t last)
{
    const int32_t both = thumbnet_depthwise_halves(p->in_zero_point, p->in_zero_point);
    for (int32_t i = first * 4 * height; i < last * 4 * height; i++) {
        words[i] = both;
    }
}

/* Expands four channels, or all where there are fewer. */
THUMBNET_INLINE void thumbnet_depthwise_rows(const thumbnet_depthwise_how_t *how, int32_t channels,
                                             thumbnet_depthwise_strip_t *strips)
{
    for (int left = how->height; left > 0; left -= 2, strips++) {
        thumbnet_depthwise_pack_t *const pack = left > 1 ? how->pack_two : how->pack_one;
        if (pack != NULL && channels >= 4) {
            pack(strips);
        } else {
            thumbnet_depthwise_expand(strips, left > 1, how->height, channels < 4 ? channels : 4);
        }
    }
}

/* Where the channel before the first has its columns, and where they end: a column is half a group.
 */
THUMBNET_INLINE void thumbnet_depthwise_ends(const thumbnet_depthwise_how_t *how,
                                             const int32_t *columns, int32_t made,
                                             thumbnet_depthwise_context_t *context)
{
    const int32_t pixel = how->stride * 2 * how->height;
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
    context->words = words + left / 2 * 4 * how->height;
    context->offset = 0;
    context->columns_step = p->channels;
    context->columns_inside = 2 * inside + left % 2;
    context->zero_points = thumbnet_depthwise_bytes(p->in_zero_point);
    context->blocks = p->channels / 4;
    thumbnet_depthwise_ends(how, words - how->height, made, context);
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
    thumbnet_depthwise_strip_t strips[THUMBNET_DEPTHWISE_ROWS / 2];
    thumbnet_depthwise_context_t context;
    const int height = how->height;
    const int32_t channels = p->channels;
    const int32_t columns = (made - 1) * how->stride + how->width;
    int32_t left = column < 0 ? -column : 0;
    left = left < columns ? left : columns;
    int32_t inside = p->in_width - (column + left);
    inside = inside < columns - left ? inside : columns - left;
    if (inside <= 0) {
        left = columns + 1;
        inside = 0;
    }
    thumbnet_depthwise_outside(p, height, words, 0, left / 2);
    thumbnet_depthwise_outside(p, height, words, (left + inside + 1) / 2, (columns + 1) / 2);
    context.step[0] = channels;
    context.step[1] = 2 * channels;
    context.step[2] = 3 * channels;
    context.record = p->records;
    context.outputs = out - 1;
    int32_t c = 0;
    if (how->blocks != NULL && inside > 0 && channels >= 4) {
        c = thumbnet_depthwise_whole(p, how, rows, offset, words, left, inside, made, &context);
    }
    if (c < channels) {
        thumbnet_depthwise_strips(p, height, rows, offset + c, words, left, inside, strips);
    }
    for (; c < channels; c += 4) {
        const int32_t *columns = words - height;
        context.count = 4;
        if (c + 4 > channels) {
            context.count = channels - c;
            if (channels >= 4) {
                /* The last four, of which the first are made already. */
                const int32_t back = 4 - context.count;
                columns += back * height;
                for (int i = 0; 2 * i < height; i++) {
                    strips[i].a -= strips[i].a_advance != 0 ? back : 0;
                    strips[i].b -= strips[i].b_advance != 0 ? back : 0;
                }
            }
        }
        if (inside > 0) {
            thumbnet_depthwise_rows(how, channels, strips);
        }
        thumbnet_depthwise_ends(how, columns, made, &context);
        if (how->mixed != NULL) {
            how->mixed(p, how, &context, made);
        } else {
            how->sums(&context);
        }
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

#if defined(THUMBNET_DEPTHWISE_ASM)
#define THUMBNET_DEPTHWISE_PACKS(height, rows)                                                     \
    ((height) == 3   ? thumbnet_depthwise_pack_##rows##_3                                          \
     : (height) == 5 ? thumbnet_depthwise_pack_##rows##_5                                          \
     : (height) == 7 ? thumbnet_depthwise_pack_##rows##_7                                          \
                     : NULL)
#define THUMBNET_DEPTHWISE_STRIDES(size, stride)                                                   \
    ((stride) == 1   ? thumbnet_depthwise_##size##_s1                                              \
     : (stride) == 2 ? thumbnet_depthwise_##size##_s2                                              \
                     : NULL)
#endif

/* The row kernel; kernel_height (at most THUMBNET_DEPTHWISE_ROWS), kernel_width, stride and quick
 * are literals. quick: all channels are; 2: unrolled further at the cost of flash. */
THUMBNET_INLINE void thumbnet_depthwise_conv_2d_dsp_s8(const void *constants, int kernel_height,
                                                       int kernel_width, int stride, int quick,
                                                       const void *const *rows, void *out,
                                                       int32_t x, int32_t n, void *scratch)
{
    thumbnet_depthwise_how_t how = {.height = kernel_height,
                                    .width = kernel_width,
                                    .stride = stride,
                                    .mixed = thumbnet_depthwise_mixed};
#if defined(THUMBNET_DEPTHWISE_ASM)
    how.pack_two = THUMBNET_DEPTHWISE_PACKS(kernel_height, two);
    how.pack_one = THUMBNET_DEPTHWISE_PACKS(kernel_height, one);
    if (kernel_height == kernel_width) {
        how.sums = kernel_height == 3   ? THUMBNET_DEPTHWISE_STRIDES(3x3, stride)
                   : kernel_height == 5 ? THUMBNET_DEPTHWISE_STRIDES(5x5, stride)
                   : kernel_height == 7 ? THUMBNET_DEPTHWISE_STRIDES(7x7, stride)
                                        : NULL;
    }
    if (quick && how.sums != NULL) {
        how.mixed = NULL;
        if (quick > 1 && kernel_height == 3) {
            how.blocks =
                stride == 1 ? thumbnet_depthwise_3x3_s1_blocks : thumbnet_depthwise_3x3_s2_blocks;
        }
    }
#endif
    thumbnet_depthwise_run((const thumbnet_depthwise_conv_2d_dsp_t *)constants, &how, rows,
                           (int8_t *)out, x, n, (int32_t *)scratch);
    (void)quick;
}

#endif
