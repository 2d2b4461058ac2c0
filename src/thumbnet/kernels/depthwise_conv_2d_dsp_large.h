/* depthwise_conv_2d for cores with Arm's DSP extension: the sums of 5x5 and 7x7 in assembly.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Four outputs of a channel at a time, then two: r8-r11 are their sums, lr the columns of the
 * first, r12 runs through the channel's record, r7 is the context. r0-r4 are weights, r5 and r6
 * what they are multiplied with. Macros take `four`, which keeps or drops what is of outputs 2
 * and 3. */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_LARGE_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_LARGE_H

#include "thumbnet/kernels/depthwise_conv_2d_dsp_asm.h"

#if defined(THUMBNET_DEPTHWISE_ASM)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* clang-format off */
#define THUMBNET_KEEP(text) text
#define THUMBNET_DROP(text)
/* Sum a takes both halves, x's upper with w's lower, x's lower with w's upper. */
#define DW_FIRST(a, x, w, sum) "smlad " #a ", " #x ", " #w ", " #sum "\n\t"
#define DW_BOTH(a, x, w) DW_FIRST(a, x, w, a)
#define DW_UPPER(a, x, w) "smlatb " #a ", " #x ", " #w ", " #a "\n\t"
#define DW_LOWER(a, x, w) "smlabt " #a ", " #x ", " #w ", " #a "\n\t"
#define DW_COLUMNS(at) "ldrd r5, r6, [lr, #" #at "]\n\t"
#define DW_COLUMN(x, at) "ldr " #x ", [lr, #" #at "]\n\t"
#define DW_WEIGHTS(list) "ldm r12!, {" list "}\n\t"

/* Taps 0 and 1, 2 and 3 of an output whose columns begin with a group. */
#define DW_01(a, sum) DW_FIRST(a, r5, r0, sum) DW_BOTH(a, r6, r1)
#define DW_23(a) DW_BOTH(a, r5, r2) DW_BOTH(a, r6, r3)

#define DW_5_S1_ROWS(at, i0, i1, i2, four) \
    DW_WEIGHTS("r0-r4") \
    DW_COLUMNS(at) DW_01(r8, i0) DW_FIRST(r9, r6, r0, i1) \
    DW_COLUMNS(80 + at) DW_23(r8) DW_BOTH(r9, r5, r1) DW_BOTH(r9, r6, r2) \
    four(DW_01(r10, i2) DW_BOTH(r11, r6, r0)) \
    DW_COLUMNS(160 + at) DW_BOTH(r8, r5, r4) DW_BOTH(r9, r5, r3) DW_BOTH(r9, r6, r4) \
    four(DW_23(r10) DW_BOTH(r11, r5, r1) DW_BOTH(r11, r6, r2)) \
    four(DW_COLUMNS(240 + at) DW_BOTH(r10, r5, r4) DW_BOTH(r11, r5, r3) DW_BOTH(r11, r6, r4))

#define DW_5_S1(four) \
    DW_5_S1_ROWS(0, r11, r11, r11, four) \
    DW_5_S1_ROWS(8, r8, r9, r10, four) \
    DW_WEIGHTS("r0-r3") \
    DW_COLUMN(r5, 16) DW_COLUMN(r6, 96) DW_COLUMN(r4, 176) \
    DW_BOTH(r8, r5, r0) DW_BOTH(r8, r6, r1) DW_LOWER(r8, r4, r3) \
    DW_UPPER(r9, r5, r0) DW_BOTH(r9, r6, r2) DW_BOTH(r9, r4, r3) \
    four(DW_BOTH(r10, r6, r0) DW_BOTH(r10, r4, r1) DW_UPPER(r11, r6, r0) DW_BOTH(r11, r4, r2)) \
    four(DW_COLUMN(r5, 256) DW_LOWER(r10, r5, r3) DW_BOTH(r11, r5, r3))

#define DW_5_S2_ROWS(at, i0, i1, i2, four) \
    DW_WEIGHTS("r0-r4") \
    DW_COLUMNS(at) DW_01(r8, i0) \
    DW_COLUMNS(80 + at) DW_23(r8) DW_01(r9, i1) \
    DW_COLUMNS(160 + at) DW_BOTH(r8, r5, r4) DW_23(r9) \
    four(DW_01(r10, i2)) \
    DW_COLUMNS(240 + at) DW_BOTH(r9, r5, r4) \
    four(DW_23(r10) DW_01(r11, r11)) \
    four(DW_COLUMNS(320 + at) DW_BOTH(r10, r5, r4) DW_23(r11)) \
    four(DW_COLUMN(r5, 400 + at) DW_BOTH(r11, r5, r4))

#define DW_5_S2(four) \
    DW_5_S2_ROWS(0, r11, r11, r11, four) \
    DW_5_S2_ROWS(8, r8, r9, r10, four) \
    DW_WEIGHTS("r0-r3") \
    DW_COLUMN(r5, 16) DW_BOTH(r8, r5, r0) \
    DW_COLUMN(r5, 96) DW_BOTH(r8, r5, r1) DW_BOTH(r9, r5, r0) \
    DW_COLUMN(r5, 176) DW_LOWER(r8, r5, r3) DW_BOTH(r9, r5, r1) \
    four(DW_BOTH(r10, r5, r0)) \
    DW_COLUMN(r5, 256) DW_LOWER(r9, r5, r3) \
    four(DW_BOTH(r10, r5, r1) DW_BOTH(r11, r5, r0)) \
    four(DW_COLUMN(r5, 336) DW_LOWER(r10, r5, r3) DW_BOTH(r11, r5, r1)) \
    four(DW_COLUMN(r5, 416) DW_LOWER(r11, r5, r3))

/* Of seven weights only those of two groups are at hand: 4 and 5 take the place of 0, 6 of 1. */
#define DW_7_S1_ROWS(at, i0, i1, i2, four) \
    DW_WEIGHTS("r0-r3") \
    DW_COLUMNS(at) DW_01(r8, i0) DW_FIRST(r9, r6, r0, i1) \
    DW_COLUMNS(112 + at) DW_23(r8) DW_BOTH(r9, r5, r1) DW_BOTH(r9, r6, r2) \
    four(DW_01(r10, i2) DW_BOTH(r11, r6, r0)) \
    "ldrd r0, r4, [r12], #8\n\t" \
    DW_COLUMNS(224 + at) DW_BOTH(r8, r5, r0) DW_BOTH(r8, r6, r4) \
    DW_BOTH(r9, r5, r3) DW_BOTH(r9, r6, r0) \
    four(DW_23(r10) DW_BOTH(r11, r5, r1) DW_BOTH(r11, r6, r2)) \
    "ldr r1, [r12], #4\n\t" \
    DW_COLUMNS(336 + at) DW_BOTH(r8, r5, r1) DW_BOTH(r9, r5, r4) DW_BOTH(r9, r6, r1) \
    four(DW_BOTH(r10, r5, r0) DW_BOTH(r10, r6, r4) DW_BOTH(r11, r5, r3) DW_BOTH(r11, r6, r0)) \
    four(DW_COLUMNS(448 + at) DW_BOTH(r10, r5, r1) DW_BOTH(r11, r5, r4) DW_BOTH(r11, r6, r1))

#define DW_7_S1(four) \
    DW_7_S1_ROWS(0, r11, r11, r11, four) \
    DW_7_S1_ROWS(8, r8, r9, r10, four) \
    DW_7_S1_ROWS(16, r8, r9, r10, four) \
    DW_WEIGHTS("r0-r5") \
    DW_COLUMN(r6, 24) DW_BOTH(r8, r6, r0) DW_UPPER(r9, r6, r0) \
    DW_COLUMN(r6, 136) DW_BOTH(r8, r6, r1) DW_BOTH(r9, r6, r3) \
    four(DW_BOTH(r10, r6, r0) DW_UPPER(r11, r6, r0)) \
    DW_COLUMN(r6, 248) DW_BOTH(r8, r6, r2) DW_BOTH(r9, r6, r4) \
    four(DW_BOTH(r10, r6, r1) DW_BOTH(r11, r6, r3)) \
    DW_COLUMN(r6, 360) DW_LOWER(r8, r6, r5) DW_BOTH(r9, r6, r5) \
    four(DW_BOTH(r10, r6, r2) DW_BOTH(r11, r6, r4)) \
    four(DW_COLUMN(r6, 472) DW_LOWER(r10, r6, r5) DW_BOTH(r11, r6, r5))

/* Taps 4 and 5 of an output. */
#define DW_45(a) \
    DW_BOTH(a, r5, r0) DW_BOTH(a, r6, r1)

#define DW_7_S2_ROWS(at, i0, i1, i2, four) \
    DW_WEIGHTS("r0-r3") \
    DW_COLUMNS(at) DW_01(r8, i0) \
    DW_COLUMNS(112 + at) DW_23(r8) DW_01(r9, i1) \
    DW_COLUMNS(224 + at) DW_23(r9) \
    four(DW_01(r10, i2)) \
    four(DW_COLUMNS(336 + at) DW_23(r10) DW_01(r11, r11)) \
    four(DW_COLUMNS(448 + at) DW_23(r11)) \
    DW_WEIGHTS("r0-r2") \
    DW_COLUMNS(224 + at) DW_45(r8) \
    DW_COLUMNS(336 + at) DW_BOTH(r8, r5, r2) DW_45(r9) \
    DW_COLUMNS(448 + at) DW_BOTH(r9, r5, r2) \
    four(DW_45(r10)) \
    four(DW_COLUMNS(560 + at) DW_BOTH(r10, r5, r2) DW_45(r11)) \
    four(DW_COLUMN(r5, 672 + at) DW_BOTH(r11, r5, r2))

#define DW_7_S2(four) \
    DW_7_S2_ROWS(0, r11, r11, r11, four) \
    DW_7_S2_ROWS(8, r8, r9, r10, four) \
    DW_7_S2_ROWS(16, r8, r9, r10, four) \
    DW_WEIGHTS("r0-r5") \
    DW_COLUMN(r6, 24) DW_BOTH(r8, r6, r0) \
    DW_COLUMN(r6, 136) DW_BOTH(r8, r6, r1) DW_BOTH(r9, r6, r0) \
    DW_COLUMN(r6, 248) DW_BOTH(r8, r6, r2) DW_BOTH(r9, r6, r1) \
    four(DW_BOTH(r10, r6, r0)) \
    DW_COLUMN(r6, 360) DW_LOWER(r8, r6, r5) DW_BOTH(r9, r6, r2) \
    four(DW_BOTH(r10, r6, r1) DW_BOTH(r11, r6, r0)) \
    DW_COLUMN(r6, 472) DW_LOWER(r9, r6, r5) \
    four(DW_BOTH(r10, r6, r2) DW_BOTH(r11, r6, r1)) \
    four(DW_COLUMN(r6, 584) DW_LOWER(r10, r6, r5) DW_BOTH(r11, r6, r2)) \
    four(DW_COLUMN(r6, 696) DW_LOWER(r11, r6, r5))

/* Channel by channel. group: bytes of a channel in a group of columns; bias: where it lies behind
 * the weights' words; begin, twice: bytes from four, and two, outputs' columns to the next. `next`
 * moves to the channel: r12 to its words, lr to its columns, r0 to the last four's; `scale` and
 * `back` make outputs of sums and bring r12 back. */
#define DW_EACH(next, scale, back, sums, bias, four_on, two_on) \
    "str r7, [r12, #48]\n\t" \
    "mov r7, r12\n\t" \
    "6:\n\t" next \
    "cmp lr, r0\n\t" \
    "bhi 7f\n\t" \
    "4: ldr r11, [r12, #" #bias "]\n\t" \
    sums(THUMBNET_KEEP) \
    "ldm r7, {r0-r6}\n\t" \
    scale(THUMBNET_KEEP) \
    "strb r8, [r2]\n\t" \
    "strb r9, [r2, r3]\n\t" \
    "strb r10, [r2, r4]\n\t" \
    "strb r11, [r2, r5]\n\t" \
    "add r2, r2, r4, lsl #1\n\t" \
    "str r2, [r7, #8]\n\t" \
    back \
    "add lr, lr, #" #four_on "\n\t" \
    "cmp lr, r6\n\t" \
    "bls 4b\n\t" \
    "7: ldr r6, [r7, #28]\n\t" \
    "cmp lr, r6\n\t" \
    "bhs 8f\n\t" \
    "5: ldr r11, [r12, #" #bias "]\n\t" \
    sums(THUMBNET_DROP) \
    "ldm r7, {r0-r4}\n\t" \
    scale(THUMBNET_DROP) \
    "ldr r6, [r7, #28]\n\t" \
    back \
    "add lr, lr, #" #two_on "\n\t" \
    "cmp lr, r6\n\t" \
    "it ls\n\t" \
    "strbls r9, [r2, r3]\n\t" \
    "strb r8, [r2]\n\t" \
    "add r2, r2, r4\n\t" \
    "str r2, [r7, #8]\n\t" \
    "blo 5b\n\t" \
    "8: ldr r0, [r7, #44]\n\t" \
    "subs r0, r0, #1\n\t" \
    "str r0, [r7, #44]\n\t" \
    "bne 6b\n\t" \
    "mov r12, r7\n\t" \
    "ldr r7, [r7, #48]\n\t"

#define DW_MOVE(group) \
    "add r0, r0, #" #group "\n\t" \
    "add r1, r1, #" #group "\n\t" \
    "add r2, r2, #" #group "\n\t" \
    "add r3, r3, #1\n\t"

/* Records of words. */
#define DW_NEXT_WORDS(group, bias) \
    "add r12, r7, #24\n\t" \
    "ldm r12, {r0-r4}\n\t" \
    DW_MOVE(group) \
    "add r5, r4, #12 + " #bias "\n\t" \
    "stm r12, {r0-r3, r5}\n\t" \
    "str r3, [r7, #8]\n\t" \
    "mov lr, r2\n\t" \
    "mov r12, r4\n\t" \
    "ldrd r2, r3, [r12, #4 + " #bias "]\n\t" \
    "strd r2, r3, [r7]\n\t"
#define DW_SCALE_WORDS(four) \
    THUMBNET_DEPTHWISE_SCALE(r8) THUMBNET_DEPTHWISE_SCALE(r9) \
    four(THUMBNET_DEPTHWISE_SCALE(r10) THUMBNET_DEPTHWISE_SCALE(r11))
#define DW_CHANNELS(sums, group, bias, four_on, two_on) \
    DW_EACH(DW_NEXT_WORDS(group, bias), DW_SCALE_WORDS, "sub r12, r12, #" #bias "\n\t", \
            sums, bias, four_on, two_on)

/* Records of bytes: seven words of them, r11 on, to 14 words at r10 on; r9 is the mask. */
#define DW_UNPACK(in, low) "and " #low ", r9, " #in ", lsl #8\n\t" "and " #in ", r9, " #in "\n\t"
#define DW_SEVEN \
    "ldm r11!, {r1, r3, r5, r8}\n\t" \
    DW_UNPACK(r1, r0) DW_UNPACK(r3, r2) DW_UNPACK(r5, r4) DW_UNPACK(r8, r6) \
    "stm r10!, {r0-r6, r8}\n\t" \
    "ldm r11!, {r1, r3, r5}\n\t" \
    DW_UNPACK(r1, r0) DW_UNPACK(r3, r2) DW_UNPACK(r5, r4) \
    "stm r10!, {r0-r5}\n\t"
#define DW_FOURTEEN \
    "add lr, r12, #112\n\t" \
    "9:\n\t" DW_SEVEN \
    "cmp r10, lr\n\t" \
    "blo 9b\n\t"
#define DW_NEXT_BYTES(group, bias, seven) \
    "add r12, r7, #24\n\t" \
    "ldm r12, {r0-r3, r11}\n\t" \
    DW_MOVE(group) \
    "stm r12, {r0-r3}\n\t" \
    "str r3, [r7, #8]\n\t" \
    "ldrd r9, r10, [r7, #96]\n\t" \
    "mov r12, r10\n\t" \
    seven \
    "ldm r11!, {r0, r1}\n\t" \
    "str r11, [r7, #40]\n\t" \
    "bic r2, r0, #255\n\t" \
    "str r2, [r12, #" #bias "]\n\t" \
    "and r3, r0, #31\n\t" \
    "ldr r2, [r7, #92]\n\t" \
    "lsl r2, r2, r3\n\t" \
    "and r0, r0, #64\n\t" \
    "add r2, r2, r0\n\t" \
    "strd r1, r2, [r7]\n\t" \
    "str r3, [r7, #88]\n\t" \
    "ldr lr, [r7, #32]\n\t" \
    "ldr r0, [r7, #24]\n\t"
#define DW_SCALE_BYTES(four) \
    "ldr r12, [r7, #88]\n\t" \
    THUMBNET_DEPTHWISE_SCALE_BY(r8, r12) THUMBNET_DEPTHWISE_SCALE_BY(r9, r12) \
    four(THUMBNET_DEPTHWISE_SCALE_BY(r10, r12) THUMBNET_DEPTHWISE_SCALE_BY(r11, r12))
#define DW_BYTES(sums, group, bias, seven, four_on, two_on) \
    DW_EACH(DW_NEXT_BYTES(group, bias, seven), DW_SCALE_BYTES, "ldr r12, [r7, #100]\n\t", \
            sums, bias, four_on, two_on)

/* clang-format on */
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_5x5_s1, DW_CHANNELS(DW_5_S1, 20, 56, 160, 80))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_5x5_s2, DW_CHANNELS(DW_5_S2, 20, 56, 320, 160))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_7x7_s1, DW_CHANNELS(DW_7_S1, 28, 108, 224, 112))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_7x7_s2, DW_CHANNELS(DW_7_S2, 28, 108, 448, 224))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_5x5_s1_bytes,
                        DW_BYTES(DW_5_S1, 20, 56, DW_SEVEN, 160, 80))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_5x5_s2_bytes,
                        DW_BYTES(DW_5_S2, 20, 56, DW_SEVEN, 320, 160))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_7x7_s1_bytes,
                        DW_BYTES(DW_7_S1, 28, 108, DW_FOURTEEN, 224, 112))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_7x7_s2_bytes,
                        DW_BYTES(DW_7_S2, 28, 108, DW_FOURTEEN, 448, 224))

#pragma GCC diagnostic pop

#endif
#endif
