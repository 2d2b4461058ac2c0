/* Convolutions of one to three pixels in assembly. SPDX-License-Identifier: Apache-2.0
 *
 * Two channels, A and B, share the int16 lanes of a weight word: 256 * wB + wA. SMLAD with the word
 * itself sums 256 * B + A, with SXTB16 of it A; B is their difference, shifted. Exact where the
 * lowering has proven that B stays below 2^23 and each lane within int16.
 *
 * A pair's constants follow its weights in the order in which they are read; one pointer runs
 * through all. Requantization is TFLite's, ties upwards, in three instructions: SMMLAR of the
 * doubled accumulator adds the rounding constant (zero point << shift) + (1 << (shift - 1)) to the
 * high word, then ASR and SSAT. That constant, ((2 * zero point + 1) << shift) >> 1, and the bias
 * are in the wide record; from the compact one six instructions more make them for a pair.
 *
 * Executed instructions per multiply-accumulate on a Cortex-M4 (gcc 12.2, -O2), all included, with
 * the wide record, and of the same layers with the plain C of conv_2d_tile_dsp.h: 1x1 64->64 0.85
 * and 4.3, 16->96 1.2 and 6.2, 8->16 1.8 and 8.0; 3x3 32->32 0.81 and 4.0; fully connected 640->128
 * 0.92 and 3.8. The loops alone take 17 for 24 of them (three columns), 12 for 16 (two), 14 for 16
 * (one). */
#ifndef THUMBNET_KERNELS_CONV_2D_ASM_DSP_H
#define THUMBNET_KERNELS_CONV_2D_ASM_DSP_H

#include "thumbnet/kernels/dsp.h"

typedef struct {
    /* For each pair of channels: 2 * quads words of weights, for each quad of inputs those of 0 and
     * 2, then of 1 and 3; then constants of A, then of B, in one of two records, `bias` being twice
     * the bias with the input's zero point folded in:
     * wide (effort 2)  right shift, mantissa, rounding constant, bias; of B's shift bit 31 says
     *                  that this is the last pair, bit 30 that A is single;
     * compact          bias << 9 | right shift, mantissa; of B's first word bit 8 says last,
     *                  bit 7 single (shifts by registers take the lowest eight bits).
     * All else of B is zero where A is single. */
    const int32_t *weights;
    uint16_t quads; /* input bytes of a window / 4, rounded up; at least 2 */
    uint16_t out_channels;
    uint16_t in_channels;
    uint16_t in_width;
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t stride_width;
    uint8_t pad_left;
    int8_t in_zero_point;
    int8_t low; /* the activation where it is narrower than int8 */
    int8_t high;
    int8_t out_zero_point; /* at 19 where pointers have four bytes */
} thumbnet_conv_2d_dsp_t;

#if THUMBNET_DSP

/* What differs between the two records of a pair's constants. ZERO puts 2 * zero point + 1 into a
 * register while r0 holds the constants, FLAGS shifts "last pair" into the carry and "single" into
 * the sign. The others load a channel's constants, or both channels'. A compact rounding constant
 * takes the register of the bias where there is no other, once that has been added (ROUND). */
#define THUMBNET_CONV_2D_FLAGS_WIDE "1"
#define THUMBNET_CONV_2D_FLAGS_COMPACT "24"
#define THUMBNET_CONV_2D_ZERO_WIDE(zero)
#define THUMBNET_CONV_2D_ZERO_COMPACT(zero)                                                        \
    "ldrsb " zero ", [r0, #19]\n"                                                                  \
    "add " zero ", " zero ", " zero "\n"                                                           \
    "add " zero ", " zero ", #1\n"

/* Three columns: shift r6, mantissa r7, rounding constant r8. */
#define THUMBNET_CONV_2D_BIAS_3_WIDE "r10"
#define THUMBNET_CONV_2D_BIAS_3_COMPACT "r8"
#define THUMBNET_CONV_2D_FIRST_3_WIDE "ldmia.w r9!, {r6, r7, r8, r10}\n"
#define THUMBNET_CONV_2D_FIRST_3_COMPACT "ldr r10, [sp, #40]\n" THUMBNET_CONV_2D_SECOND_3_COMPACT
#define THUMBNET_CONV_2D_SECOND_3_WIDE "ldmia.w r9!, {r6, r7, r8, r10}\n"
#define THUMBNET_CONV_2D_SECOND_3_COMPACT                                                          \
    "ldmia.w r9!, {r6, r7}\n"                                                                      \
    "asr r8, r6, #9\n"
#define THUMBNET_CONV_2D_ROUND_3_WIDE
#define THUMBNET_CONV_2D_ROUND_3_COMPACT                                                           \
    "lsl r8, r10, r6\n"                                                                            \
    "asr r8, r8, #1\n"

/* Two columns: shift r4, mantissa r5, rounding constant r6, bias r9; 2 * zero point + 1 in r11. */
#define THUMBNET_CONV_2D_CHANNEL_2_WIDE "ldmia.w r8!, {r4, r5, r6, r9}\n"
#define THUMBNET_CONV_2D_CHANNEL_2_COMPACT                                                         \
    "ldmia.w r8!, {r4, r5}\n"                                                                      \
    "asr r9, r4, #9\n"                                                                             \
    "lsl r6, r11, r4\n"                                                                            \
    "asrs r6, r6, #1\n"

/* One column: the same in r3 to r6 for A and in r9 to r12 for B. */
#define THUMBNET_CONV_2D_CHANNELS_1_WIDE "ldmia.w r8!, {r3, r4, r5, r6, r9, r10, r11, r12}\n"
#define THUMBNET_CONV_2D_CHANNELS_1_COMPACT                                                        \
    "ldmia.w r8!, {r3, r4, r9, r10}\n"                                                             \
    "ldr r2, [sp, #20]\n"                                                                          \
    "asrs r6, r3, #9\n"                                                                            \
    "asr r12, r9, #9\n"                                                                            \
    "lsl r5, r2, r3\n"                                                                             \
    "lsl r11, r2, r9\n"                                                                            \
    "asrs r5, r5, #1\n"                                                                            \
    "asr r11, r11, #1\n"

/* Registers of the tile of three columns: r0, r2, r4 sums of A, r1, r3, r5 of 256 B + A, r6 inputs,
 * r7, r8 weights of two pairs of inputs, r9 the stream of weights, r10, r11, r12 inputs of a pair,
 * lr the inputs' end. On the stack: six zeros, the inputs' start, where to enter the loop, the
 * output, the distance of pixels, ZERO. So one LDM starts a pair and jumps into the unrolled loop.
 */
#define THUMBNET_CONV_2D_PAIR_3(weights)                                                           \
    "ldmia.w r6!, {r10, r11, r12}\n"                                                               \
    "smlad r1, " weights ", r10, r1\n"                                                             \
    "smlad r3, " weights ", r11, r3\n"                                                             \
    "smlad r5, " weights ", r12, r5\n"                                                             \
    "sxtb16 " weights ", " weights "\n"                                                            \
    "smlad r0, " weights ", r10, r0\n"                                                             \
    "smlad r2, " weights ", r11, r2\n"                                                             \
    "smlad r4, " weights ", r12, r4\n"

#define THUMBNET_CONV_2D_TILE_3(name, unroll, record)                                              \
    static THUMBNET_NAKED void name(const thumbnet_conv_2d_dsp_t *p __attribute__((unused)),       \
                                    const int16_t *x __attribute__((unused)),                      \
                                    int8_t *out __attribute__((unused)))                           \
    {                                                                                              \
        __asm__ volatile(                                                                          \
            ".syntax unified\n"                                                                    \
            "push {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n"                                        \
            "ldr r9, [r0]\n"                                                                       \
            "ldrh r12, [r0, #4]\n"                                                                 \
            "ldrh r3, [r0, #6]\n" THUMBNET_CONV_2D_ZERO_##record(                                  \
                "r4") "push {r2, r3, r4}\n"                                                        \
                      "mov r6, r1\n"                                                               \
                      "add lr, r12, r12, lsl #1\n"                                                 \
                      "add lr, r1, lr, lsl #3\n"                                                   \
                      "rsb r12, r12, #0\n"                                                         \
                      "and r12, r12, #" unroll " - 1\n"                                            \
                      "mov r7, #68\n"                                                              \
                      "mul r12, r12, r7\n"                                                         \
                      "adr.w r7, 2f\n"                                                             \
                      "add r7, r7, r12\n"                                                          \
                      "orr r7, r7, #1\n"                                                           \
                      "movs r0, #0\n"                                                              \
                      "movs r1, #0\n"                                                              \
                      "movs r2, #0\n"                                                              \
                      "movs r3, #0\n"                                                              \
                      "movs r4, #0\n"                                                              \
                      "movs r5, #0\n"                                                              \
                      "push {r0, r1, r2, r3, r4, r5, r6, r7}\n"                                    \
                      "1: ldmia.w sp, {r0, r1, r2, r3, r4, r5, r6, pc}\n"                          \
                      "2:\n"                                                                       \
                      ".rept " unroll "\n"                                                         \
                      "ldmia.w r9!, {r7, r8}\n" THUMBNET_CONV_2D_PAIR_3("r7")                      \
                          THUMBNET_CONV_2D_PAIR_3(                                                 \
                              "r8") ".endr\n"                                                      \
                                    "cmp r6, lr\n"                                                 \
                                    "bne 2b\n"                                                     \
                                    "ldrd r11, r12, [sp, #32]\n" THUMBNET_CONV_2D_FIRST_3_##record \
            "subs r1, r1, r0\n"                                                                    \
            "subs r3, r3, r2\n"                                                                    \
            "subs r5, r5, r4\n"                                                                    \
            "add r0, " THUMBNET_CONV_2D_BIAS_3_##record                                            \
            ", r0, lsl #1\n"                                                                       \
            "add r2, " THUMBNET_CONV_2D_BIAS_3_##record                                            \
            ", r2, lsl #1\n"                                                                       \
            "add r4, " THUMBNET_CONV_2D_BIAS_3_##record                                            \
            ", r4, lsl #1\n" THUMBNET_CONV_2D_ROUND_3_##record                                     \
            "smmlar r0, r0, r7, r8\n"                                                              \
            "smmlar r2, r2, r7, r8\n"                                                              \
            "smmlar r4, r4, r7, r8\n"                                                              \
            "asrs r0, r0, r6\n"                                                                    \
            "asrs r2, r2, r6\n"                                                                    \
            "asrs r4, r4, r6\n" THUMBNET_CONV_2D_SECOND_3_##record                                 \
            "ssat r0, #8, r0\n"                                                                    \
            "ssat r2, #8, r2\n"                                                                    \
            "ssat r4, #8, r4\n"                                                                    \
            "strb r2, [r11, r12]\n"                                                                \
            "strb r4, [r11, r12, lsl #1]\n"                                                        \
            "strb r0, [r11], #1\n"                                                                 \
            "add r1, " THUMBNET_CONV_2D_BIAS_3_##record                                            \
            ", r1, asr #7\n"                                                                       \
            "add r3, " THUMBNET_CONV_2D_BIAS_3_##record                                            \
            ", r3, asr #7\n"                                                                       \
            "add r5, " THUMBNET_CONV_2D_BIAS_3_##record                                            \
            ", r5, asr #7\n" THUMBNET_CONV_2D_ROUND_3_##record                                     \
            "smmlar r1, r1, r7, r8\n"                                                              \
            "smmlar r3, r3, r7, r8\n"                                                              \
            "smmlar r5, r5, r7, r8\n"                                                              \
            "asrs r1, r1, r6\n"                                                                    \
            "asrs r3, r3, r6\n"                                                                    \
            "asrs r5, r5, r6\n"                                                                    \
            "ssat r1, #8, r1\n"                                                                    \
            "ssat r3, #8, r3\n"                                                                    \
            "ssat r5, #8, r5\n"                                                                    \
            "lsls r6, r6, #" THUMBNET_CONV_2D_FLAGS_##record                                       \
            "\n"                                                                                   \
            "ittt pl\n"                                                                            \
            "strbpl r3, [r11, r12]\n"                                                              \
            "strbpl r5, [r11, r12, lsl #1]\n"                                                      \
            "strbpl r1, [r11], #1\n"                                                               \
            "str r11, [sp, #32]\n"                                                                 \
            "bcc 1b\n"                                                                             \
            "add sp, sp, #44\n"                                                                    \
            "pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n" ::                                      \
                : "memory");                                                                       \
    }

/* Two columns: r0, r2 sums of A, r1, r3 of 256 B + A, r4 inputs, r5, r6 weights, r7 the output, r8
 * the stream, r9 to r12 inputs of two pairs, lr their end. On the stack: four zeros, the inputs'
 * start, where to enter, the distance of pixels, ZERO. */
#define THUMBNET_CONV_2D_PAIR_2(weights, first, second)                                            \
    "smlad r1, " weights ", " first ", r1\n"                                                       \
    "smlad r3, " weights ", " second ", r3\n"                                                      \
    "sxtb16 " weights ", " weights "\n"                                                            \
    "smlad r0, " weights ", " first ", r0\n"                                                       \
    "smlad r2, " weights ", " second ", r2\n"

#define THUMBNET_CONV_2D_TILE_2(name, unroll, record)                                              \
    static THUMBNET_NAKED void name(const thumbnet_conv_2d_dsp_t *p __attribute__((unused)),       \
                                    const int16_t *x __attribute__((unused)),                      \
                                    int8_t *out __attribute__((unused)))                           \
    {                                                                                              \
        __asm__ volatile(                                                                          \
            ".syntax unified\n"                                                                    \
            "push {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n"                                        \
            "ldr r8, [r0]\n"                                                                       \
            "ldrh r12, [r0, #4]\n"                                                                 \
            "ldrh r6, [r0, #6]\n"                                                                  \
            "mov r7, r2\n"                                                                         \
            "mov r4, r1\n"                                                                         \
            "add lr, r1, r12, lsl #4\n"                                                            \
            "rsb r12, r12, #0\n"                                                                   \
            "and r12, r12, #" unroll " - 1\n"                                                      \
            "add r12, r12, r12, lsl #1\n"                                                          \
            "adr.w r5, 2f\n"                                                                       \
            "add r5, r5, r12, lsl #4\n"                                                            \
            "orr r5, r5, #1\n" THUMBNET_CONV_2D_ZERO_##record(                                     \
                "r9") "movs r0, #0\n"                                                              \
                      "movs r1, #0\n"                                                              \
                      "movs r2, #0\n"                                                              \
                      "movs r3, #0\n"                                                              \
                      "push {r0, r1, r2, r3, r4, r5, r6, r9}\n"                                    \
                      "1: ldmia.w sp, {r0, r1, r2, r3, r4, pc}\n"                                  \
                      "2:\n"                                                                       \
                      ".rept " unroll "\n"                                                         \
                      "ldmia.w r8!, {r5, r6}\n"                                                    \
                      "ldmia.w r4!, {r9, r10, r11, r12}\n" THUMBNET_CONV_2D_PAIR_2("r5", "r9",     \
                                                                                   "r10")          \
                          THUMBNET_CONV_2D_PAIR_2(                                                 \
                              "r6", "r11", "r12") ".endr\n"                                        \
                                                  "cmp r4, lr\n"                                   \
                                                  "bne 2b\n"                                       \
                                                  "ldrd r10, r11, [sp, "                           \
                                                  "#24]\n" THUMBNET_CONV_2D_CHANNEL_2_##record     \
            "subs r1, r1, r0\n"                                                                    \
            "subs r3, r3, r2\n"                                                                    \
            "add r0, r9, r0, lsl #1\n"                                                             \
            "add r2, r9, r2, lsl #1\n"                                                             \
            "smmlar r0, r0, r5, r6\n"                                                              \
            "smmlar r2, r2, r5, r6\n"                                                              \
            "asrs r0, r0, r4\n"                                                                    \
            "asrs r2, r2, r4\n" THUMBNET_CONV_2D_CHANNEL_2_##record                                \
            "ssat r0, #8, r0\n"                                                                    \
            "ssat r2, #8, r2\n"                                                                    \
            "strb r2, [r7, r10]\n"                                                                 \
            "strb r0, [r7], #1\n"                                                                  \
            "add r1, r9, r1, asr #7\n"                                                             \
            "add r3, r9, r3, asr #7\n"                                                             \
            "smmlar r1, r1, r5, r6\n"                                                              \
            "smmlar r3, r3, r5, r6\n"                                                              \
            "asrs r1, r1, r4\n"                                                                    \
            "asrs r3, r3, r4\n"                                                                    \
            "ssat r1, #8, r1\n"                                                                    \
            "ssat r3, #8, r3\n"                                                                    \
            "lsls r4, r4, #" THUMBNET_CONV_2D_FLAGS_##record                                       \
            "\n"                                                                                   \
            "itt pl\n"                                                                             \
            "strbpl r3, [r7, r10]\n"                                                               \
            "strbpl r1, [r7], #1\n"                                                                \
            "bcc 1b\n"                                                                             \
            "add sp, sp, #32\n"                                                                    \
            "pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n" ::                                      \
                : "memory");                                                                       \
    }

/* One column: r0 the sum of A, r1 of 256 B + A, r2 inputs, r3 to r6 weights, r7 the output, r8 the
 * stream, r9 to r12 inputs of two quads, lr their end. On the stack: two zeros, the inputs' start,
 * where to enter, where to go on behind an odd quad, which is the first, and ZERO. */
#define THUMBNET_CONV_2D_PAIR_1(weights, x)                                                        \
    "smlad r1, " weights ", " x ", r1\n"                                                           \
    "sxtb16 " weights ", " weights "\n"                                                            \
    "smlad r0, " weights ", " x ", r0\n"

#define THUMBNET_CONV_2D_TILE_1(name, unroll, record)                                              \
    static THUMBNET_NAKED void name(const thumbnet_conv_2d_dsp_t *p __attribute__((unused)),       \
                                    const int16_t *x __attribute__((unused)),                      \
                                    int8_t *out __attribute__((unused)))                           \
    {                                                                                              \
        __asm__ volatile(                                                                          \
            ".syntax unified\n"                                                                    \
            "push {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n"                                        \
            "ldr r8, [r0]\n"                                                                       \
            "ldrh r12, [r0, #4]\n"                                                                 \
            "mov r7, r2\n"                                                                         \
            "mov r2, r1\n"                                                                         \
            "add lr, r1, r12, lsl #3\n"                                                            \
            "lsrs r5, r12, #1\n"                                                                   \
            "rsb r5, r5, #0\n"                                                                     \
            "and r5, r5, #" unroll " - 1\n"                                                        \
            "rsb r5, r5, r5, lsl #3\n"                                                             \
            "adr.w r4, 2f\n"                                                                       \
            "add r4, r4, r5, lsl #3\n"                                                             \
            "orr r4, r4, #1\n"                                                                     \
            "mov r3, r4\n"                                                                         \
            "tst r12, #1\n"                                                                        \
            "itt ne\n"                                                                             \
            "adrne.w r3, 3f\n"                                                                     \
            "orrne r3, r3, #1\n" THUMBNET_CONV_2D_ZERO_##record(                                   \
                "r5") "movs r0, #0\n"                                                              \
                      "movs r1, #0\n"                                                              \
                      "push {r0, r1, r2, r3, r4, r5}\n"                                            \
                      "1: ldmia.w sp, {r0, r1, r2, pc}\n"                                          \
                      "3: ldmia.w r8!, {r3, r4}\n"                                                 \
                      "ldmia.w r2!, {r9, r10}\n" THUMBNET_CONV_2D_PAIR_1("r3", "r9")               \
                          THUMBNET_CONV_2D_PAIR_1(                                                 \
                              "r4",                                                                \
                              "r10") "ldr.w pc, [sp, #16]\n"                                       \
                                     "2:\n"                                                        \
                                     ".rept " unroll "\n"                                          \
                                     "ldmia.w r8!, {r3, r4, r5, r6}\n"                             \
                                     "ldmia.w r2!, {r9, r10, r11, r12}\n" THUMBNET_CONV_2D_PAIR_1( \
                                         "r3", "r9") THUMBNET_CONV_2D_PAIR_1("r4", "r10")          \
                                         THUMBNET_CONV_2D_PAIR_1("r5", "r11")                      \
                                             THUMBNET_CONV_2D_PAIR_1(                              \
                                                 "r6",                                             \
                                                 "r12") ".endr\n"                                  \
                                                        "cmp r2, lr\n"                             \
                                                        "bne "                                     \
                                                        "2b"                                       \
                                                        "\n" THUMBNET_CONV_2D_CHANNELS_1_##record  \
            "subs r1, r1, r0\n"                                                                    \
            "add r0, r6, r0, lsl #1\n"                                                             \
            "add r1, r12, r1, asr #7\n"                                                            \
            "smmlar r0, r0, r4, r5\n"                                                              \
            "smmlar r1, r1, r10, r11\n"                                                            \
            "asrs r0, r0, r3\n"                                                                    \
            "asr r1, r1, r9\n"                                                                     \
            "ssat r0, #8, r0\n"                                                                    \
            "ssat r1, #8, r1\n"                                                                    \
            "strb r0, [r7], #1\n"                                                                  \
            "lsls r2, r9, #" THUMBNET_CONV_2D_FLAGS_##record                                       \
            "\n"                                                                                   \
            "it pl\n"                                                                              \
            "strbpl r1, [r7], #1\n"                                                                \
            "bcc 1b\n"                                                                             \
            "add sp, sp, #24\n"                                                                    \
            "pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n" ::                                      \
                : "memory");                                                                       \
    }

THUMBNET_CONV_2D_TILE_3(thumbnet_conv_2d_tile_3_balanced, "4", COMPACT)
THUMBNET_CONV_2D_TILE_3(thumbnet_conv_2d_tile_3_speed, "8", WIDE)
THUMBNET_CONV_2D_TILE_2(thumbnet_conv_2d_tile_2_balanced, "2", COMPACT)
THUMBNET_CONV_2D_TILE_2(thumbnet_conv_2d_tile_2_speed, "8", WIDE)
THUMBNET_CONV_2D_TILE_1(thumbnet_conv_2d_tile_1_size, "1", COMPACT)
THUMBNET_CONV_2D_TILE_1(thumbnet_conv_2d_tile_1_balanced, "4", COMPACT)
THUMBNET_CONV_2D_TILE_1(thumbnet_conv_2d_tile_1_speed, "8", WIDE)

#endif

#endif
