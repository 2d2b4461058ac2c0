/* conv_2d for cores without SIMD instructions. SPDX-License-Identifier: Apache-2.0
 *
 * Two neighbouring pixels A and B share a word, so that one multiplication serves both. Their
 * windows are expanded into scratch as words X = A + 65536 * B, then all channels are made from
 * there. Two taps of a channel, a block, sum up to T = offset + X0 * w0 + X1 * w1 modulo 2^32. With
 * inputs and weights in [-128, 127] two products are in [-32512, 32768]. The offset, 32767 in the
 * lower half and -256 in the upper, moves A's to [255, 65535] and B's to [-32768, 32512]: neither
 * leaves its half. So T >> 16 is B's exactly, and the total of all T less 65536 times the total of
 * these is A's, both with the offsets of all blocks.
 *
 * Weights are stored plus 128 (an unsigned byte is cheaper to load); what that adds is taken off in
 * advance: a block in scratch is offset - 128 * (X0 + X1), X0, X1. */
#ifndef THUMBNET_KERNELS_CONV_2D_PAIRS_H
#define THUMBNET_KERNELS_CONV_2D_PAIRS_H

#include "thumbnet/kernels/convolution.h"

#define THUMBNET_PAIRS_LOWER 32767
#define THUMBNET_PAIRS_UPPER (-256)
#define THUMBNET_PAIRS_OFFSET                                                                      \
    ((uint32_t)THUMBNET_PAIRS_UPPER * 65536u + (uint32_t)THUMBNET_PAIRS_LOWER)

typedef struct {
    const uint8_t *weights;  /* plus 128; [pairs of channels, blocks, 2 channels, 2 taps] */
    const int32_t *bias;     /* [out_channels], zero point and upper offsets folded in */
    const int32_t *mantissa; /* [out_channels] */
    const int8_t *shift;     /* [out_channels] */
    int32_t start;           /* of a total, to take off A's offsets, less what is in the bias */
    uint16_t quads;          /* pairs of blocks of a window, the last filled up */
    uint16_t out_channels;
    uint16_t in_channels;
    uint16_t in_width;
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t stride_width;
    uint8_t pad_left;
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_conv_2d_pairs_t;

/* Two pixels' bytes, `step_a` and `step_b` bytes apart, as words; returns where the next go. */
THUMBNET_INLINE uint32_t *thumbnet_pairs_pack(uint32_t *to, const int8_t *a, const int8_t *b,
                                              int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        to[i] = ((uint32_t)b[i] << 16) + (uint32_t)a[i];
    }
    return to + count;
}

/* The same where a window may reach outside: NULL is a column there. */
static THUMBNET_NOINLINE uint32_t *thumbnet_pairs_pack_edge(uint32_t *to, const int8_t *a,
                                                            const int8_t *b, int32_t count,
                                                            int32_t zero_point)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t first = a == NULL ? zero_point : a[i];
        const int32_t second = b == NULL ? zero_point : b[i];
        *to++ = ((uint32_t)second << 16) + (uint32_t)first;
    }
    return to;
}

/* Writes the blocks of `quads` pairs of blocks, whose words lie `quads` * 2 words behind `to`. */
THUMBNET_INLINE void thumbnet_pairs_blocks(uint32_t *to, int32_t quads)
{
    const uint32_t *from = to + 2 * quads;
    for (int32_t i = 2 * quads; i > 0; i--, to += 3, from += 2) {
        const uint32_t x0 = from[0];
        const uint32_t x1 = from[1];
        to[0] = THUMBNET_PAIRS_OFFSET - ((x0 + x1) << 7);
        to[1] = x0;
        to[2] = x1;
    }
}

#if THUMBNET_THUMB_2
/* A block of two channels; the numbers are of the weights' bytes. */
#define THUMBNET_PAIRS_BLOCK(a0, a1, b0, b1)                                                       \
    "ldmia r0!, {r3, r4, r5}\n"                                                                    \
    "ldrb r6, [r1, #" a0 "]\n"                                                                     \
    "mla r12, r6, r4, r3\n"                                                                        \
    "ldrb r6, [r1, #" a1 "]\n"                                                                     \
    "mla r12, r6, r5, r12\n"                                                                       \
    "add r8, r8, r12\n"                                                                            \
    "add r9, r9, r12, asr #16\n"                                                                   \
    "ldrb r6, [r1, #" b0 "]\n"                                                                     \
    "mla r3, r6, r4, r3\n"                                                                         \
    "ldrb r6, [r1, #" b1 "]\n"                                                                     \
    "mla r3, r6, r5, r3\n"                                                                         \
    "add r10, r10, r3\n"                                                                           \
    "add r11, r11, r3, asr #16\n"
#elif THUMBNET_THUMB_1
/* A block of two channels; the numbers are of the weights' bytes. */
#define THUMBNET_PAIRS_BLOCK(a0, a1, b0, b1)                                                       \
    "ldmia %4!, {r3, r4, r5}\n"                                                                    \
    "ldrb r6, [%5, #" a0 "]\n"                                                                     \
    "muls r6, r4, r6\n"                                                                            \
    "adds %6, r3, r6\n"                                                                            \
    "ldrb r6, [%5, #" a1 "]\n"                                                                     \
    "muls r6, r5, r6\n"                                                                            \
    "adds %6, %6, r6\n"                                                                            \
    "add r8, %6\n"                                                                                 \
    "asrs %6, %6, #16\n"                                                                           \
    "add r9, %6\n"                                                                                 \
    "ldrb r6, [%5, #" b0 "]\n"                                                                     \
    "muls r4, r6, r4\n"                                                                            \
    "adds r3, r3, r4\n"                                                                            \
    "ldrb r6, [%5, #" b1 "]\n"                                                                     \
    "muls r5, r6, r5\n"                                                                            \
    "adds r3, r3, r5\n"                                                                            \
    "add r10, r3\n"                                                                                \
    "asrs r3, r3, #16\n"                                                                           \
    "add r11, r3\n"
#else
/* Adds a block to the total of all T and to that of their upper halves. */
THUMBNET_INLINE void thumbnet_pairs_block(const uint32_t *x, const uint8_t *weights,
                                          uint32_t *total, int32_t *upper)
{
    const uint32_t sum = x[0] + x[1] * weights[0] + x[2] * weights[1];
    *total += sum;
    *upper += (int32_t)sum >> 16;
}
#endif

/* Of two channels the totals of all T and of their upper halves. In assembly 19 instructions a
 * block of two channels: one load for three words, totals in the upper registers. */
static THUMBNET_NOINLINE void thumbnet_pairs_dot(const uint32_t *x, const uint8_t *weights,
                                                 const uint8_t *end, int32_t start,
                                                 uint32_t *totals)
{
#if THUMBNET_THUMB_2
    register const uint32_t *words __asm__("r0") = x;
    register const uint8_t *next __asm__("r1") = weights;
    register const uint8_t *last __asm__("r2") = end;
    register uint32_t first __asm__("r8") = (uint32_t)start;
    register uint32_t first_upper __asm__("r9") = 0;
    register uint32_t second __asm__("r10") = (uint32_t)start;
    register uint32_t second_upper __asm__("r11") = 0;
    __asm__ volatile(".syntax unified\n"
                     "subs r3, r2, r1\n" /* An odd number of pairs begins in the middle. */
                     "lsls r3, r3, #28\n"
                     "bpl 1f\n"
                     "subs r1, r1, #8\n"
                     "b 2f\n"
                     "1:\n" THUMBNET_PAIRS_BLOCK("0", "1", "2", "3") THUMBNET_PAIRS_BLOCK(
                         "4", "5", "6", "7") "2:\n" THUMBNET_PAIRS_BLOCK("8", "9", "10", "11")
                         THUMBNET_PAIRS_BLOCK("12", "13", "14", "15") "adds r1, r1, #16\n"
                                                                      "cmp r1, r2\n"
                                                                      "bne 1b\n"
                     : "+r"(words), "+r"(next), "+r"(last), "+r"(first), "+r"(first_upper),
                       "+r"(second), "+r"(second_upper)
                     :
                     : "r3", "r4", "r5", "r6", "r12", "cc", "memory");
#elif THUMBNET_THUMB_1
    register uint32_t first __asm__("r3") = (uint32_t)start;
    register uint32_t first_upper __asm__("r4");
    register uint32_t second __asm__("r5");
    register uint32_t second_upper __asm__("r6");
    __asm__(".syntax unified\n"
            "mov r8, r3\n"
            "mov r10, r3\n"
            "mov r12, %6\n"
            "movs r3, #0\n"
            "mov r9, r3\n"
            "mov r11, r3\n"
            "subs r3, %6, %5\n" /* An odd number of pairs of blocks begins in the middle. */
            "lsls r3, r3, #28\n"
            "bpl 1f\n"
            "subs %5, #8\n"
            "b 2f\n"
            "1:\n" THUMBNET_PAIRS_BLOCK("0", "1", "2", "3") THUMBNET_PAIRS_BLOCK(
                "4", "5", "6", "7") "2:\n" THUMBNET_PAIRS_BLOCK("8", "9", "10", "11")
                THUMBNET_PAIRS_BLOCK("12", "13", "14", "15") "adds %5, #16\n"
                                                             "cmp %5, r12\n"
                                                             "bne 1b\n"
                                                             "mov r3, r8\n"
                                                             "mov r4, r9\n"
                                                             "mov r5, r10\n"
                                                             "mov r6, r11\n"
            : "+l"(first), "=&l"(first_upper), "=&l"(second), "=&l"(second_upper), "+l"(x),
              "+l"(weights), "+l"(end)
            :
            : "r8", "r9", "r10", "r11", "r12", "cc", "memory");
#else
    uint32_t first = (uint32_t)start;
    uint32_t second = (uint32_t)start;
    int32_t first_upper = 0;
    int32_t second_upper = 0;
    for (; weights != end; weights += 8, x += 6) {
        thumbnet_pairs_block(x, weights, &first, &first_upper);
        thumbnet_pairs_block(x, weights + 2, &second, &second_upper);
        thumbnet_pairs_block(x + 3, weights + 4, &first, &first_upper);
        thumbnet_pairs_block(x + 3, weights + 6, &second, &second_upper);
    }
#endif
    totals[0] = first;
    totals[1] = (uint32_t)first_upper;
    totals[2] = second;
    totals[3] = (uint32_t)second_upper;
}

/* A channel of both pixels. */
THUMBNET_INLINE void thumbnet_pairs_output(const thumbnet_conv_2d_pairs_t *p, int32_t channel,
                                           const uint32_t *totals, int8_t *first, int8_t *second)
{
    const int32_t bias = p->bias[channel];
    const int32_t mantissa = p->mantissa[channel];
    const int32_t shift = p->shift[channel];
    const int32_t a = (int32_t)(totals[0] - (totals[1] << 16));
    const int32_t b = (int32_t)totals[1];
    *first = thumbnet_convolution_output_quick(a + bias, mantissa, shift, 1, p->out_zero_point,
                                               p->low, p->high);
    *second = thumbnet_convolution_output_quick(b + bias, mantissa, shift, 1, p->out_zero_point,
                                                p->low, p->high);
}

/* All channels of two pixels from the blocks in scratch; of the first alone where `made` is 1. */
static THUMBNET_NOINLINE void thumbnet_pairs_pixels(const thumbnet_conv_2d_pairs_t *p,
                                                    const uint32_t *blocks, int32_t made,
                                                    int8_t *out)
{
    const int32_t channels = p->out_channels;
    const int32_t size = p->quads * 8;
    const int32_t second = made == 2 ? channels : 0;
    const uint8_t *weights = p->weights;
    for (int32_t c = 0; c < channels; c++, weights += size) {
        uint32_t totals[4];
        int8_t a;
        int8_t b;
        thumbnet_pairs_dot(blocks, weights, weights + size, p->start, totals);
        thumbnet_pairs_output(p, c, totals, &a, &b);
        out[c + second] = b;
        out[c] = a;
        c++;
        if (c < channels) {
            thumbnet_pairs_output(p, c, totals + 2, &a, &b);
            out[c + second] = b;
            out[c] = a;
        }
    }
}

/* One row of the windows at `column` and `step` columns further, of which some reach outside. */
static THUMBNET_NOINLINE uint32_t *thumbnet_pairs_edge(const thumbnet_conv_2d_pairs_t *p,
                                                       const int8_t *row, int32_t base,
                                                       int32_t column, int32_t step, uint32_t *to)
{
    const int32_t depth = p->in_channels;
    for (int32_t j = column; j < column + p->kernel_width; j++) {
        const int32_t k = j + step;
        const int8_t *a =
            row == NULL || j < 0 || j >= p->in_width ? NULL : row + (j - base) * depth;
        const int8_t *b =
            row == NULL || k < 0 || k >= p->in_width ? NULL : row + (k - base) * depth;
        to = thumbnet_pairs_pack_edge(to, a, b, depth, p->in_zero_point);
    }
    return to;
}

/* The row kernel of any window. */
THUMBNET_INLINE void thumbnet_conv_2d_pairs_s8(const void *constants, const void *const *rows,
                                               void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_conv_2d_pairs_t *p = (const thumbnet_conv_2d_pairs_t *)constants;
    const int32_t depth = p->in_channels;
    const int32_t stride = p->stride_width;
    const int32_t words = 4 * p->quads;
    uint32_t *const blocks = (uint32_t *)scratch;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t made = n == 1 ? 1 : 2;
        const int32_t step = made == 1 ? 0 : stride;
        const int inside = column >= 0 && column + step + p->kernel_width <= p->in_width;
        uint32_t *to = blocks + words / 2;
        for (int32_t k = 0; k < p->kernel_height; k++) {
            const int8_t *row = (const int8_t *)rows[k];
            if (row == NULL || !inside) {
                to = thumbnet_pairs_edge(p, row, base, column, step, to);
            } else {
                const int8_t *from = row + (column - base) * depth;
                to = thumbnet_pairs_pack(to, from, from + step * depth, p->kernel_width * depth);
            }
        }
        while (to < blocks + words / 2 + words) {
            *to++ = 0;
        }
        thumbnet_pairs_blocks(blocks, p->quads);
        thumbnet_pairs_pixels(p, blocks, made, pixel);
        n -= made;
        pixel += made * p->out_channels;
        column += made * stride;
    }
}

/* 1x1 with stride 1 and no padding: a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_conv_2d_1x1_pairs_s8(const void *constants, const void *const *rows,
                                                   void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_conv_2d_pairs_t *p = (const thumbnet_conv_2d_pairs_t *)constants;
    const int32_t depth = p->in_channels;
    const int32_t words = 4 * p->quads;
    uint32_t *const blocks = (uint32_t *)scratch;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *pixel = (int8_t *)out;
    while (n > 0) {
        const int32_t made = n == 1 ? 1 : 2;
        uint32_t *to = blocks + words / 2;
        to = thumbnet_pairs_pack(to, in, in + (made - 1) * depth, depth);
        while (to < blocks + words / 2 + words) {
            *to++ = 0;
        }
        thumbnet_pairs_blocks(blocks, p->quads);
        thumbnet_pairs_pixels(p, blocks, made, pixel);
        n -= made;
        pixel += made * p->out_channels;
        in += made * depth;
    }
    (void)x;
}

#endif
