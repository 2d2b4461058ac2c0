/* depthwise_conv_2d for cores without SIMD instructions. SPDX-License-Identifier: Apache-2.0
 *
 * Channel by channel: what the windows of up to THUMBNET_COLUMNS_PASS neighbouring pixels read is
 * expanded into scratch, column by column as 32-bit words, where each window is one run of words
 * and what lies outside is filled with the zero point. A channel of these pixels is written once
 * it has been read: a run may write over input bytes that neither the channels behind nor later
 * pixels read. */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_COLUMNS_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_COLUMNS_H

#include "thumbnet/kernels/convolution.h"

#define THUMBNET_COLUMNS_PASS 12

typedef struct {
    const int8_t *weights;   /* [channels, kernel_width, kernel_height] */
    const int32_t *bias;     /* [channels], the input's zero point folded in */
    const int32_t *mantissa; /* [channels] */
    const int8_t *shift;     /* [channels] */
    uint16_t channels;
    uint16_t in_width;
    uint16_t ties_up; /* channels before this one round ties up, the others away from 0 */
    uint8_t stride_width;
    uint8_t pad_left;
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_depthwise_columns_t;

/* Columns of a tensor, of which [first, last) exist: those before and behind are zero points. */
typedef struct {
    const void *const *rows;
    int32_t offset; /* bytes from the row pointers to column `first` */
    int32_t first;
    int32_t last;
    int32_t count;
} thumbnet_columns_t;

/* Writes `count` zero points, `pitch` words apart; returns where the next go. */
THUMBNET_INLINE int32_t *thumbnet_columns_fill(int32_t *to, int32_t count, int32_t pitch,
                                               int32_t zero_point)
{
    for (; count > 0; count--, to += pitch) {
        *to = zero_point;
    }
    return to;
}

/* One row of the columns of a channel. */
static THUMBNET_NOINLINE void thumbnet_columns_row(const thumbnet_columns_t *columns,
                                                   const int8_t *row, int32_t channels,
                                                   int32_t pitch, int32_t zero_point, int32_t *to)
{
    if (row == NULL) {
        thumbnet_columns_fill(to, columns->count, pitch, zero_point);
        return;
    }
    to = thumbnet_columns_fill(to, columns->first, pitch, zero_point);
    for (int32_t i = columns->last - columns->first; i > 0; i--, row += channels, to += pitch) {
        *to = *row;
    }
    thumbnet_columns_fill(to, columns->count - columns->last, pitch, zero_point);
}

/* All rows of the columns of a channel, where the window has three and all exist. */
static THUMBNET_NOINLINE void thumbnet_columns_three(const thumbnet_columns_t *columns,
                                                     int32_t offset, int32_t channels,
                                                     int32_t zero_point, int32_t *to)
{
    const int8_t *a = (const int8_t *)columns->rows[0] + offset;
    const int8_t *b = (const int8_t *)columns->rows[1] + offset;
    const int8_t *c = (const int8_t *)columns->rows[2] + offset;
    const int32_t last = (columns->last - columns->first) * channels;
    to = thumbnet_columns_fill(to, 3 * columns->first, 1, zero_point);
    for (int32_t i = 0; i < last; i += channels, to += 3) {
        to[0] = a[i];
        to[1] = b[i];
        to[2] = c[i];
    }
    thumbnet_columns_fill(to, 3 * (columns->count - columns->last), 1, zero_point);
}

/* Sums of `count` windows, which begin `step` words apart. They may be written over the windows,
 * from the first word on: a window has been read when its sum is written. */
THUMBNET_INLINE void thumbnet_columns_sums(const int32_t *x, int32_t step, const int32_t *weights,
                                           int taps, int32_t bias, int32_t count, int32_t *sums)
{
    for (; count > 0; count--, x += step) {
        int32_t sum = bias;
        THUMBNET_UNROLL
        for (int i = 0; i < taps; i++) {
            sum += x[i] * weights[i];
        }
        *sums++ = sum;
    }
}

/* Outputs of a channel from the sums of `count` pixels. */
static THUMBNET_NOINLINE void thumbnet_columns_outputs(const thumbnet_depthwise_columns_t *p,
                                                       int32_t channel, const int32_t *sums,
                                                       int32_t count, int8_t *out)
{
    const int32_t channels = p->channels;
    const int32_t mantissa = p->mantissa[channel];
    const int32_t shift = p->shift[channel];
    const int32_t zero_point = p->out_zero_point;
    const int32_t low = p->low;
    const int32_t high = p->high;
    if (channel < p->ties_up) {
        for (; count > 0; count--, out += channels) {
            *out = thumbnet_convolution_output_quick(*sums++, mantissa, shift, 1, zero_point, low,
                                                     high);
        }
    } else {
        for (; count > 0; count--, out += channels) {
            *out = thumbnet_convolution_output_quick(*sums++, mantissa, shift, 0, zero_point, low,
                                                     high);
        }
    }
}

#if THUMBNET_THUMB_1 || THUMBNET_THUMB_2
/* What assembly reads a channel of 3x3 from, in this order. */
typedef struct {
    int32_t weights[9];
#if THUMBNET_THUMB_1
    int32_t fraction; /* the mantissa's lower half, */
#endif
    int32_t mantissa; /* and its upper one; on Armv7-M all of it */
    int32_t shift;    /* to the right, less 2 */
    int32_t bias;
    int32_t rounding; /* 2 * out_zero_point + 1 */
    int32_t low;
    int32_t high;
    int32_t channels;
} thumbnet_columns_nine_t;

#if THUMBNET_THUMB_2
/* Outputs of a channel whose windows of nine words begin `step` bytes apart, up to `end`: 35
 * instructions each. */
static THUMBNET_NOINLINE void thumbnet_columns_nine(const int32_t *x,
                                                    const thumbnet_columns_nine_t *p,
                                                    const int32_t *end, int32_t step, int8_t *out)
{
    register const int32_t *words __asm__("r0") = x;
    register const thumbnet_columns_nine_t *record __asm__("r1") = p;
    register const int32_t *last __asm__("r2") = end;
    register int32_t next __asm__("r3") = step - 36;
    register int8_t *to __asm__("r4") = out;
    __asm__ volatile(".syntax unified\n"
                     "mov lr, r2\n"
                     "mov r12, r3\n"
                     "mov r10, r4\n"
                     "ldr r11, [r1, #60]\n"
                     "1:\n"
                     "ldmia r0!, {r2, r3, r4}\n"
                     "ldmia r1!, {r5, r6, r8}\n"
                     "mul r9, r2, r5\n"
                     "mla r9, r3, r6, r9\n"
                     "mla r9, r4, r8, r9\n"
                     "ldmia r0!, {r2, r3, r4}\n"
                     "ldmia r1!, {r5, r6, r8}\n"
                     "mla r9, r2, r5, r9\n"
                     "mla r9, r3, r6, r9\n"
                     "mla r9, r4, r8, r9\n"
                     "ldmia r0!, {r2, r3, r4}\n"
                     "ldmia r1!, {r5, r6, r8}\n"
                     "mla r9, r2, r5, r9\n"
                     "mla r9, r3, r6, r9\n"
                     "mla r9, r4, r8, r9\n"
                     "ldmia r1!, {r2, r3, r4, r5, r6, r8}\n"
                     "add r9, r9, r4\n"
                     "smull r4, r9, r9, r2\n"
                     "adds r4, r4, #0x40000000\n"
                     "adc r9, r9, #0\n"
                     "asr r9, r9, r3\n"
                     "add r9, r9, r5\n"
                     "asr r9, r9, #1\n"
                     "cmp r9, r6\n"
                     "it lt\n"
                     "movlt r9, r6\n"
                     "cmp r9, r8\n"
                     "it gt\n"
                     "movgt r9, r8\n"
                     "strb r9, [r10]\n"
                     "add r10, r10, r11\n"
                     "subs r1, r1, #60\n"
                     "add r0, r0, r12\n"
                     "cmp r0, lr\n"
                     "bne 1b\n"
                     : "+r"(words), "+r"(record), "+r"(last), "+r"(next), "+r"(to)
                     :
                     : "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}
#else
/* Outputs of a channel whose windows of nine words begin `step` bytes apart, up to `end`: 55
 * instructions each. The sum is split into a signed lower half and the rest, so that with sums
 * within 2^28 nothing leaves 32 bits; see thumbnet_convolution_output for the roundings. r7, which
 * may be the frame pointer, is given back as it was. */
static THUMBNET_NOINLINE void thumbnet_columns_nine(const int32_t *x,
                                                    const thumbnet_columns_nine_t *p,
                                                    const int32_t *end, int32_t step, int8_t *out)
{
    register const int32_t *words __asm__("r0") = x;
    register const thumbnet_columns_nine_t *record __asm__("r1") = p;
    register const int32_t *last __asm__("r2") = end;
    register int32_t next __asm__("r3") = step - 36;
    register int8_t *to __asm__("r4") = out;
    __asm__ volatile(".syntax unified\n"
                     "mov r12, r7\n"
                     "mov lr, r2\n"
                     "mov r11, r3\n"
                     "mov r10, r4\n"
                     "movs r2, #128\n"
                     "lsls r2, r2, #7\n"
                     "mov r9, r2\n"
                     "1:\n"
                     "ldmia r0!, {r2, r3, r4}\n"
                     "ldmia r1!, {r5, r6, r7}\n"
                     "muls r5, r2, r5\n"
                     "muls r6, r3, r6\n"
                     "muls r7, r4, r7\n"
                     "adds r5, r5, r6\n"
                     "adds r5, r5, r7\n"
                     "mov r8, r5\n"
                     "ldmia r0!, {r2, r3, r4}\n"
                     "ldmia r1!, {r5, r6, r7}\n"
                     "muls r5, r2, r5\n"
                     "muls r6, r3, r6\n"
                     "muls r7, r4, r7\n"
                     "adds r5, r5, r6\n"
                     "adds r5, r5, r7\n"
                     "add r8, r5\n"
                     "ldmia r0!, {r2, r3, r4}\n"
                     "ldmia r1!, {r5, r6, r7}\n"
                     "muls r5, r2, r5\n"
                     "muls r6, r3, r6\n"
                     "muls r7, r4, r7\n"
                     "adds r5, r5, r6\n"
                     "adds r5, r5, r7\n"
                     "ldmia r1!, {r2, r3, r4, r6}\n"
                     "add r5, r8\n"
                     "adds r5, r5, r6\n"
                     "sxth r6, r5\n"
                     "subs r5, r5, r6\n"
                     "asrs r5, r5, #16\n"
                     "movs r7, r6\n"
                     "muls r7, r2, r7\n"
                     "asrs r7, r7, #16\n"
                     "muls r6, r3, r6\n"
                     "adds r7, r7, r6\n"
                     "muls r2, r5, r2\n"
                     "adds r7, r7, r2\n"
                     "add r7, r9\n"
                     "asrs r7, r7, #16\n"
                     "muls r5, r3, r5\n"
                     "adds r5, r5, r7\n"
                     "asrs r5, r4\n"
                     "ldmia r1!, {r2, r3, r6, r7}\n"
                     "adds r5, r5, r2\n"
                     "asrs r5, r5, #1\n"
                     "cmp r5, r3\n"
                     "blt 2f\n"
                     "cmp r5, r6\n"
                     "bgt 3f\n"
                     "4:\n"
                     "mov r2, r10\n"
                     "strb r5, [r2, #0]\n"
                     "add r10, r7\n"
                     "subs r1, r1, #68\n"
                     "add r0, r11\n"
                     "cmp r0, lr\n"
                     "bne 1b\n"
                     "b 5f\n"
                     "2:\n"
                     "movs r5, r3\n"
                     "b 4b\n"
                     "3:\n"
                     "movs r5, r6\n"
                     "b 4b\n"
                     "5:\n"
                     "mov r7, r12\n"
                     : "+r"(words), "+r"(record), "+r"(last), "+r"(next), "+r"(to)
                     :
                     : "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

#endif

/* Fills it in for a channel. */
THUMBNET_INLINE void thumbnet_columns_record(const thumbnet_depthwise_columns_t *p, int32_t channel,
                                             const int8_t *weights, thumbnet_columns_nine_t *record)
{
    THUMBNET_UNROLL
    for (int i = 0; i < 9; i++) {
        record->weights[i] = weights[i];
    }
#if THUMBNET_THUMB_1
    record->fraction = p->mantissa[channel] & 0xffff;
    record->mantissa = p->mantissa[channel] >> 16;
#else
    record->mantissa = p->mantissa[channel];
#endif
    record->shift = -2 - p->shift[channel];
    record->bias = p->bias[channel];
    record->rounding = 2 * p->out_zero_point + 1;
    record->low = p->low;
    record->high = p->high;
    record->channels = p->channels;
}
#endif

/* Words of a channel's weights, or what else is kept of it. */
THUMBNET_INLINE int32_t thumbnet_columns_head(int kernel_height, int kernel_width)
{
#if THUMBNET_THUMB_1 || THUMBNET_THUMB_2
    if (kernel_height == 3 && kernel_width == 3) {
        return (int32_t)(sizeof(thumbnet_columns_nine_t) / sizeof(int32_t));
    }
#endif
    return kernel_height * kernel_width;
}

/* The row kernel of a multiplier of 1; kernel_height and kernel_width are literals. Scratch: a
 * channel's weights, a pass's columns. */
THUMBNET_INLINE void thumbnet_depthwise_conv_2d_columns_s8(const void *constants, int kernel_height,
                                                           int kernel_width,
                                                           const void *const *rows, void *out,
                                                           int32_t x, int32_t n, void *scratch)
{
    const thumbnet_depthwise_columns_t *p = (const thumbnet_depthwise_columns_t *)constants;
    const int32_t channels = p->channels;
    const int32_t stride = p->stride_width;
    const int32_t taps = kernel_height * kernel_width;
    int32_t *const weights = (int32_t *)scratch;
    int32_t *const words = weights + thumbnet_columns_head(kernel_height, kernel_width);
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    int whole = kernel_height == 3;
    for (int k = 0; k < kernel_height; k++) {
        whole = whole && rows[k] != NULL;
    }
    while (n > 0) {
        const int32_t made = n < THUMBNET_COLUMNS_PASS ? n : THUMBNET_COLUMNS_PASS;
        thumbnet_columns_t columns;
        columns.rows = rows;
        columns.count = (made - 1) * stride + kernel_width;
        columns.first = column < 0 ? -column : 0;
        columns.last = p->in_width - column;
        columns.last = columns.last < columns.count ? columns.last : columns.count;
        columns.first = columns.first < columns.count ? columns.first : columns.count;
        columns.last = columns.last > columns.first ? columns.last : columns.first;
        columns.offset = (column + columns.first - base) * channels;
        const int8_t *taken = p->weights;
        for (int32_t c = 0; c < channels; c++) {
            if (whole) {
                thumbnet_columns_three(&columns, columns.offset + c, channels, p->in_zero_point,
                                       words);
            } else {
                for (int k = 0; k < kernel_height; k++) {
                    const int8_t *row = (const int8_t *)rows[k];
                    row = row == NULL ? NULL : row + columns.offset + c;
                    thumbnet_columns_row(&columns, row, channels, kernel_height, p->in_zero_point,
                                         words + k);
                }
            }
#if THUMBNET_THUMB_1 || THUMBNET_THUMB_2
            thumbnet_columns_nine_t *const record = (thumbnet_columns_nine_t *)scratch;
            if (!THUMBNET_NEAREST_EVEN && kernel_height == 3 && kernel_width == 3 &&
                c < p->ties_up && p->shift[c] <= -2) {
                thumbnet_columns_record(p, c, taken, record);
                thumbnet_columns_nine(words, record, words + made * stride * 3, stride * 12,
                                      pixel + c);
                taken += 9;
                continue;
            }
#endif
            for (int32_t i = 0; i < taps; i++) {
                weights[i] = *taken++;
            }
            thumbnet_columns_sums(words, stride * kernel_height, weights,
                                  kernel_height * kernel_width, p->bias[c], made, words);
            thumbnet_columns_outputs(p, c, words, made, pixel + c);
        }
        n -= made;
        pixel += made * channels;
        column += made * stride;
    }
}

#endif
