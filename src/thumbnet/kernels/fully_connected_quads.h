/* fully_connected for cores without SIMD instructions. SPDX-License-Identifier: Apache-2.0
 *
 * Four channels are made together, their weights side by side. Weights are stored plus 128 (an
 * unsigned byte is cheaper to load); what that adds to a sum, 128 times that of all inputs, is
 * taken off in advance. */
#ifndef THUMBNET_KERNELS_FULLY_CONNECTED_QUADS_H
#define THUMBNET_KERNELS_FULLY_CONNECTED_QUADS_H

#include "thumbnet/kernels/convolution.h"

typedef struct {
    const uint8_t *weights;  /* plus 128; [fours of channels, in_channels, 4 channels] */
    const int32_t *bias;     /* [out_channels], the input's zero point folded in */
    const int32_t *mantissa; /* [out_channels] */
    const int8_t *shift;     /* [out_channels] */
    uint16_t in_channels;
    uint16_t out_channels;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_fully_connected_quads_t;

#if THUMBNET_THUMB_1
/* Adds the products of the input at `x` with four weights; the numbers are of the weights' bytes.
 */
#define THUMBNET_QUADS_TAP(x, w0, w1, w2, w3)                                                      \
    "ldrsb r5, [" x ", %0]\n"                                                                      \
    "ldrb r6, [%1, #" w0 "]\n"                                                                     \
    "muls r6, r5, r6\n"                                                                            \
    "add r8, r6\n"                                                                                 \
    "ldrb r6, [%1, #" w1 "]\n"                                                                     \
    "muls r6, r5, r6\n"                                                                            \
    "add r9, r6\n"                                                                                 \
    "ldrb r6, [%1, #" w2 "]\n"                                                                     \
    "muls r6, r5, r6\n"                                                                            \
    "add r10, r6\n"                                                                                \
    "ldrb r6, [%1, #" w3 "]\n"                                                                     \
    "muls r5, r6, r5\n"                                                                            \
    "add r11, r5\n"
#endif

/* Sums of four channels over `count` inputs, each begun with `start`. In assembly 14 instructions
 * an input, fours of these at a time. */
static THUMBNET_NOINLINE void thumbnet_quads_dot(const int8_t *x, const uint8_t *weights,
                                                 int32_t count, int32_t start, int32_t *sums)
{
    sums[0] = start;
    sums[1] = start;
    sums[2] = start;
    sums[3] = start;
#if THUMBNET_THUMB_1
    const int32_t most = count & ~3;
    if (most != 0) {
        int32_t index = -most;
        const int8_t *end = x + most;
        const int8_t *next = end + 1;
        __asm__ volatile(
            ".syntax unified\n"
            "ldmia %4!, {r5, r6}\n"
            "mov r8, r5\n"
            "mov r9, r5\n"
            "mov r10, r5\n"
            "mov r11, r5\n"
            "subs %4, #8\n"
            "1:\n" THUMBNET_QUADS_TAP("%2", "0", "1", "2", "3")
                THUMBNET_QUADS_TAP("%3", "4", "5", "6", "7") "adds %0, #2\n" THUMBNET_QUADS_TAP(
                    "%2", "8", "9", "10", "11")
                    THUMBNET_QUADS_TAP("%3", "12", "13", "14", "15") "adds %1, #16\n"
                                                                     "adds %0, #2\n"
                                                                     "bne 1b\n"
                                                                     "mov r5, r8\n"
                                                                     "mov r6, r9\n"
                                                                     "stmia %4!, {r5, r6}\n"
                                                                     "mov r5, r10\n"
                                                                     "mov r6, r11\n"
                                                                     "stmia %4!, {r5, r6}\n"
                                                                     "subs %4, #16\n"
            : "+l"(index), "+l"(weights), "+l"(end), "+l"(next), "+l"(sums)
            :
            : "r5", "r6", "r8", "r9", "r10", "r11", "cc", "memory");
    }
    x += most;
    count -= most;
#endif
    int32_t a = sums[0];
    int32_t b = sums[1];
    int32_t c = sums[2];
    int32_t d = sums[3];
#if !THUMBNET_THUMB_1
    for (; count >= 4; count -= 4, x += 4, weights += 16) {
        THUMBNET_UNROLL
        for (int i = 0; i < 4; i++) {
            a += x[i] * weights[4 * i];
            b += x[i] * weights[4 * i + 1];
            c += x[i] * weights[4 * i + 2];
            d += x[i] * weights[4 * i + 3];
        }
    }
#endif
    for (; count > 0; count--, x++, weights += 4) {
        a += *x * weights[0];
        b += *x * weights[1];
        c += *x * weights[2];
        d += *x * weights[3];
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

/* The row kernel, for tensors of a single pixel. */
THUMBNET_INLINE void thumbnet_fully_connected_quads_s8(const void *constants,
                                                       const void *const *rows, void *out,
                                                       int32_t x, int32_t n, void *scratch)
{
    const thumbnet_fully_connected_quads_t *p = (const thumbnet_fully_connected_quads_t *)constants;
    const int32_t depth = p->in_channels;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *to = (int8_t *)out;
    for (; n > 0; n--, in += depth, to += p->out_channels) {
        const uint8_t *weights = p->weights;
        int32_t start = 0;
        for (int32_t i = 0; i < depth; i++) {
            start -= in[i];
        }
        for (int32_t c = 0; c < p->out_channels; c += 4, weights += 4 * depth) {
            const int32_t left = p->out_channels - c;
            int32_t sums[4];
            thumbnet_quads_dot(in, weights, depth, start * 128, sums);
            for (int32_t i = 0; i < (left < 4 ? left : 4); i++) {
                to[c + i] = thumbnet_convolution_output_quick(
                    sums[i] + p->bias[c + i], p->mantissa[c + i], p->shift[c + i], 1,
                    p->out_zero_point, p->low, p->high);
            }
        }
    }
    (void)x;
    (void)scratch;
}

#endif
