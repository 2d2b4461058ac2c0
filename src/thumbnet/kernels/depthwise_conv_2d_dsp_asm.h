/* depthwise_conv_2d for cores with Arm's DSP extension: the sums of 3x3 in assembly.
 * SPDX-License-Identifier: Apache-2.0
 *
 * See depthwise_conv_2d_dsp.h for what they compute and for their portable twins. r7 may be the
 * frame pointer, which a compiler does not let a block clobber: where it is needed it is kept in
 * memory. */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_ASM_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_ASM_H

#include "thumbnet/kernels/depthwise_conv_2d_dsp_pack.h"

#if defined(THUMBNET_DEPTHWISE_ASM)

/* ISO C promises 4095 characters of a string; compilers that know inline assembly take any. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Outputs 0 and 1, then 2 and 3, in r10, r11, lr, r9: three instructions each. r0-r5: multiplier,
 * rounding constant, place, distances to outputs 1, 2 and 3. */
#define THUMBNET_DEPTHWISE_SCALE(v)                                                                \
    "smmla " #v ", " #v ", r0, r1\n\t"                                                             \
    "ssat " #v ", #8, " #v ", asr #7\n\t"

#define THUMBNET_DEPTHWISE_STORE_FOUR                                                              \
    "strb r10, [r2]\n\t"                                                                           \
    "strb r11, [r2, r3]\n\t"                                                                       \
    "strb lr, [r2, r4]\n\t"                                                                        \
    "strb r9, [r2, r5]\n\t"                                                                        \
    "add r2, r2, r4, lsl #1\n\t"                                                                   \
    "str r2, [r12, #8]\n\t"                                                                        \
    "cmp r7, r6\n\t"                                                                               \
    "bls 4b\n\t"

/* The second of two outputs may be one too many. */
#define THUMBNET_DEPTHWISE_STORE_TWO                                                               \
    "ldr r6, [r12, #28]\n\t"                                                                       \
    "cmp r7, r6\n\t"                                                                               \
    "it ls\n\t"                                                                                    \
    "strbls r11, [r2, r3]\n\t"                                                                     \
    "strb r10, [r2]\n\t"                                                                           \
    "add r2, r2, r4\n\t"                                                                           \
    "str r2, [r12, #8]\n\t"                                                                        \
    "blo 5b\n\t"

#define THUMBNET_DEPTHWISE_FOUR_OUT                                                                \
    "ldm r12, {r0-r6}\n\t" THUMBNET_DEPTHWISE_SCALE(r10) THUMBNET_DEPTHWISE_SCALE(r11)             \
        THUMBNET_DEPTHWISE_SCALE(lr) THUMBNET_DEPTHWISE_SCALE(r9) THUMBNET_DEPTHWISE_STORE_FOUR

#define THUMBNET_DEPTHWISE_TWO_OUT                                                                 \
    "ldm r12, {r0-r4}\n\t" THUMBNET_DEPTHWISE_SCALE(r10) THUMBNET_DEPTHWISE_SCALE(r11)             \
        THUMBNET_DEPTHWISE_STORE_TWO

/* The same with a channel's own shift, less one. */
#define THUMBNET_DEPTHWISE_SCALE_BY(v, shift)                                                      \
    "smmla " #v ", " #v ", r0, r1\n\t"                                                             \
    "asr " #v ", " #v ", " #shift "\n\t"                                                           \
    "ssat " #v ", #8, " #v ", asr #1\n\t"

#define THUMBNET_DEPTHWISE_FOUR_BYTES_OUT                                                          \
    "ldr r8, [r12, #88]\n\t"                                                                       \
    "ldm r12, {r0-r6}\n\t" THUMBNET_DEPTHWISE_SCALE_BY(r10, r8)                                    \
        THUMBNET_DEPTHWISE_SCALE_BY(r11, r8) THUMBNET_DEPTHWISE_SCALE_BY(lr, r8)                   \
            THUMBNET_DEPTHWISE_SCALE_BY(r9, r8) THUMBNET_DEPTHWISE_STORE_FOUR

#define THUMBNET_DEPTHWISE_TWO_BYTES_OUT                                                           \
    "ldr r8, [r12, #88]\n\t"                                                                       \
    "ldm r12, {r0-r4}\n\t" THUMBNET_DEPTHWISE_SCALE_BY(r10, r8)                                    \
        THUMBNET_DEPTHWISE_SCALE_BY(r11, r8) THUMBNET_DEPTHWISE_STORE_TWO

#define THUMBNET_DEPTHWISE_3X3_S1_FOUR                                                             \
    "ldmdb r12, {r3-r6, r8, r9}\n\t"                                                               \
    "ldm r7, {r0-r2}\n\t"                                                                          \
    "smlad r10, r0, r3, r9\n\t"                                                                    \
    "smlad r11, r1, r3, r9\n\t"                                                                    \
    "smlad r10, r1, r4, r10\n\t"                                                                   \
    "smlad r10, r2, r6, r10\n\t"                                                                   \
    "smlatb r11, r2, r6, r11\n\t"                                                                  \
    "ldrd r0, r1, [r7, #48]\n\t"                                                                   \
    "ldr r2, [r7, #56]\n\t"                                                                        \
    "smlad r10, r0, r5, r10\n\t"                                                                   \
    "smlad r11, r0, r4, r11\n\t"                                                                   \
    "smlad lr, r0, r3, r9\n\t"                                                                     \
    "smlad r11, r1, r5, r11\n\t"                                                                   \
    "smlad lr, r1, r4, lr\n\t"                                                                     \
    "smlad r9, r1, r3, r9\n\t"                                                                     \
    "smlabt r10, r2, r8, r10\n\t"                                                                  \
    "smlad r11, r2, r8, r11\n\t"                                                                   \
    "smlad lr, r2, r6, lr\n\t"                                                                     \
    "smlatb r9, r2, r6, r9\n\t"                                                                    \
    "ldr r2, [r7, #104]\n\t"                                                                       \
    "ldrd r0, r1, [r7, #96]!\n\t"                                                                  \
    "smlad lr, r0, r5, lr\n\t"                                                                     \
    "smlad r9, r0, r4, r9\n\t"                                                                     \
    "smlad r9, r1, r5, r9\n\t"                                                                     \
    "smlabt lr, r2, r8, lr\n\t"                                                                    \
    "smlad r9, r2, r8, r9\n\t"

#define THUMBNET_DEPTHWISE_3X3_S1_TWO                                                              \
    "ldmdb r12, {r3-r6, r8, r9}\n\t"                                                               \
    "ldm r7, {r0-r2}\n\t"                                                                          \
    "smlad r10, r0, r3, r9\n\t"                                                                    \
    "smlad r11, r1, r3, r9\n\t"                                                                    \
    "smlad r10, r1, r4, r10\n\t"                                                                   \
    "smlad r10, r2, r6, r10\n\t"                                                                   \
    "smlatb r11, r2, r6, r11\n\t"                                                                  \
    "ldr r2, [r7, #56]\n\t"                                                                        \
    "ldrd r0, r1, [r7, #48]!\n\t"                                                                  \
    "smlad r10, r0, r5, r10\n\t"                                                                   \
    "smlad r11, r0, r4, r11\n\t"                                                                   \
    "smlad r11, r1, r5, r11\n\t"                                                                   \
    "smlabt r10, r2, r8, r10\n\t"                                                                  \
    "smlad r11, r2, r8, r11\n\t"

/* Stride 2: output a begins, output b ends with the columns of a group. */
#define THUMBNET_DEPTHWISE_3X3_BEGIN(a)                                                            \
    "smlad " #a ", r0, r3, r9\n\t"                                                                 \
    "smlad " #a ", r1, r4, " #a "\n\t"                                                             \
    "smlad " #a ", r2, r6, " #a "\n\t"

#define THUMBNET_DEPTHWISE_3X3_END(b)                                                              \
    "smlad " #b ", r0, r5, " #b "\n\t"                                                             \
    "smlabt " #b ", r2, r8, " #b "\n\t"

#define THUMBNET_DEPTHWISE_3X3_S2_FOUR                                                             \
    "ldmdb r12, {r3-r6, r8, r9}\n\t"                                                               \
    "ldm r7, {r0-r2}\n\t" THUMBNET_DEPTHWISE_3X3_BEGIN(                                            \
        r10) "ldrd r0, r1, [r7, #48]\n\t"                                                          \
             "ldr r2, [r7, #56]\n\t" THUMBNET_DEPTHWISE_3X3_END(r10) THUMBNET_DEPTHWISE_3X3_BEGIN( \
                 r11) "ldrd r0, r1, [r7, #96]\n\t"                                                 \
                      "ldr r2, [r7, #104]\n\t" THUMBNET_DEPTHWISE_3X3_END(r11)                     \
                          THUMBNET_DEPTHWISE_3X3_BEGIN(                                            \
                              lr) "ldrd r0, r1, [r7, #144]\n\t"                                    \
                                  "ldr r2, [r7, #152]\n\t" THUMBNET_DEPTHWISE_3X3_END(lr)          \
                                      THUMBNET_DEPTHWISE_3X3_BEGIN(                                \
                                          r9) "ldr r2, [r7, #200]\n\t"                             \
                                              "ldr r0, [r7, "                                      \
                                              "#192]!\n\t" THUMBNET_DEPTHWISE_3X3_END(r9)

#define THUMBNET_DEPTHWISE_3X3_S2_TWO                                                              \
    "ldmdb r12, {r3-r6, r8, r9}\n\t"                                                               \
    "ldm r7, {r0-r2}\n\t" THUMBNET_DEPTHWISE_3X3_BEGIN(                                            \
        r10) "ldrd r0, r1, [r7, #48]\n\t"                                                          \
             "ldr r2, [r7, #56]\n\t" THUMBNET_DEPTHWISE_3X3_END(r10) THUMBNET_DEPTHWISE_3X3_BEGIN( \
                 r11) "ldr r2, [r7, #104]\n\t"                                                     \
                      "ldr r0, [r7, #96]!\n\t" THUMBNET_DEPTHWISE_3X3_END(r11)

/* Channel by channel, its outputs four and two at a time; `next` moves to the channel and brings
 * its record to the context. */
#define THUMBNET_DEPTHWISE_3X3_EACH(next, four, four_out, two, two_out)                            \
    "6: add lr, r12, #24\n\t"                                                                      \
    "ldm lr, {r0, r1, r7, r9, r10}\n\t" /* last four, end, columns, outputs, record */             \
    "add r0, r0, #12\n\t"                                                                          \
    "add r1, r1, #12\n\t"                                                                          \
    "add r7, r7, #12\n\t"                                                                          \
    "add r9, r9, #1\n\t" next "bhi 7f\n\t"                                                         \
    "4:\n\t" four four_out "7: ldr r6, [r12, #28]\n\t"                                             \
    "cmp r7, r6\n\t"                                                                               \
    "bhs 8f\n\t"                                                                                   \
    "5:\n\t" two two_out "8: ldr r0, [r12, #44]\n\t"                                               \
    "subs r0, r0, #1\n\t"                                                                          \
    "str r0, [r12, #44]\n\t"                                                                       \
    "bne 6b\n\t"

#define THUMBNET_DEPTHWISE_3X3_WORDS                                                               \
    "add r11, r10, #32\n\t"                                                                        \
    "stm lr, {r0, r1, r7, r9, r11}\n\t"                                                            \
    "cmp r7, r0\n\t"                                                                               \
    "ldm r10, {r0-r6, r8}\n\t"                                                                     \
    "sub r10, r12, #24\n\t"                                                                        \
    "stm r10, {r0-r6, r8, r9}\n\t"

/* Bytes to words, the bias and what is in its last eight bits: shift and rounding. */
#define THUMBNET_DEPTHWISE_3X3_OF_BYTES                                                            \
    "cmp r7, r0\n\t"                                                                               \
    "ldm r10!, {r2-r6}\n\t"                                                                        \
    "stm lr, {r0, r1, r7, r9, r10}\n\t"                                                            \
    "ldrd r8, r10, [r12, #92]\n\t"                                                                 \
    "and r11, r5, #31\n\t"                                                                         \
    "lsl r8, r8, r11\n\t"                                                                          \
    "str r11, [r12, #88]\n\t"                                                                      \
    "and r11, r5, #64\n\t"                                                                         \
    "add r8, r8, r11\n\t"                                                                          \
    "and r0, r10, r2, lsl #8\n\t"                                                                  \
    "and r1, r10, r2\n\t"                                                                          \
    "and r2, r10, r3, lsl #8\n\t"                                                                  \
    "and r3, r10, r3\n\t"                                                                          \
    "and r4, r10, r4, lsl #8\n\t"                                                                  \
    "bic r5, r5, #255\n\t"                                                                         \
    "sub r10, r12, #24\n\t"                                                                        \
    "stm r10, {r0-r6, r8, r9}\n\t"

#define THUMBNET_DEPTHWISE_3X3_CHANNELS(four, two)                                                 \
    THUMBNET_DEPTHWISE_3X3_EACH(THUMBNET_DEPTHWISE_3X3_WORDS, four, THUMBNET_DEPTHWISE_FOUR_OUT,   \
                                two, THUMBNET_DEPTHWISE_TWO_OUT)
#define THUMBNET_DEPTHWISE_3X3_BYTES(four, two)                                                    \
    THUMBNET_DEPTHWISE_3X3_EACH(THUMBNET_DEPTHWISE_3X3_OF_BYTES, four,                             \
                                THUMBNET_DEPTHWISE_FOUR_BYTES_OUT, two,                            \
                                THUMBNET_DEPTHWISE_TWO_BYTES_OUT)

#define THUMBNET_DEPTHWISE_ONE_BLOCK(channels)                                                     \
    "str r7, [r12, #48]\n\t" channels "ldr r7, [r12, #48]\n\t"

/* Four channels of three rows: 31 instructions a group. */
#define THUMBNET_DEPTHWISE_3X3_BLOCKS(channels)                                                    \
    "str r7, [r12, #48]\n\t"                                                                       \
    "10: ldr lr, [r12, #52]!\n\t"                                                                  \
    "add r0, r12, #16\n\t"                                                                         \
    "ldm r0, {r7, r10, r11}\n\t"                                                                   \
    "add r1, r7, #4\n\t"                                                                           \
    "str r1, [r0]\n\t"                                                                             \
    "add r12, r12, #4\n\t"                                                                         \
    "lsrs r11, r11, #1\n\t"                                                                        \
    "bcc 2f\n\t"                                                                                   \
    "ldm r12, {r0-r2}\n\t" /* the left column lies outside */                                      \
    "ldr r3, [r12, #24]\n\t"                                                                       \
    "mov r5, r3\n\t"                                                                               \
    "mov r8, r3\n\t"                                                                               \
    "subs r11, r11, #1\n\t"                                                                        \
    "b 3f\n\t"                                                                                     \
    "1: ldm r12, {r0-r2}\n\t"                                                                      \
    "ldr r3, [r0, r7]\n\t"                                                                         \
    "ldr r5, [r1, r7]\n\t"                                                                         \
    "ldr r8, [r2, r7]\n\t"                                                                         \
    "add r7, r7, r10\n\t"                                                                          \
    "3: ldr r4, [r0, r7]\n\t"                                                                      \
    "ldr r6, [r1, r7]\n\t"                                                                         \
    "ldr r9, [r2, r7]\n\t"                                                                         \
    "add r7, r7, r10\n\t"                                                                          \
    "11: pkhbt r0, r3, r5, lsl #16\n\t"                                                            \
    "pkhtb r5, r5, r3, asr #16\n\t"                                                                \
    "pkhbt r1, r4, r6, lsl #16\n\t"                                                                \
    "pkhtb r6, r6, r4, asr #16\n\t"                                                                \
    "pkhbt r2, r8, r9, lsl #16\n\t"                                                                \
    "pkhtb r9, r9, r8, asr #16\n\t"                                                                \
    "sxtb16 r3, r0, ror #8\n\t"                                                                    \
    "sxtb16 r4, r1, ror #8\n\t"                                                                    \
    "sxtb16 r8, r2, ror #8\n\t"                                                                    \
    "sxtb16 r0, r0\n\t"                                                                            \
    "sxtb16 r1, r1\n\t"                                                                            \
    "sxtb16 r2, r2\n\t"                                                                            \
    "stm lr!, {r0-r4, r8}\n\t"                                                                     \
    "sxtb16 r0, r5\n\t"                                                                            \
    "sxtb16 r1, r6\n\t"                                                                            \
    "sxtb16 r2, r9\n\t"                                                                            \
    "sxtb16 r5, r5, ror #8\n\t"                                                                    \
    "sxtb16 r6, r6, ror #8\n\t"                                                                    \
    "sxtb16 r9, r9, ror #8\n\t"                                                                    \
    "stm lr!, {r0-r2, r5, r6, r9}\n\t"                                                             \
    "2: subs r11, r11, #2\n\t"                                                                     \
    "bge 1b\n\t"                                                                                   \
    "cmn r11, #1\n\t"                                                                              \
    "bne 9f\n\t"                                                                                   \
    "ldm r12, {r0-r2}\n\t" /* the right column lies outside */                                     \
    "ldr r3, [r0, r7]\n\t"                                                                         \
    "ldr r5, [r1, r7]\n\t"                                                                         \
    "ldr r8, [r2, r7]\n\t"                                                                         \
    "ldr r4, [r12, #24]\n\t"                                                                       \
    "mov r6, r4\n\t"                                                                               \
    "mov r9, r4\n\t"                                                                               \
    "b 11b\n\t"                                                                                    \
    "9: sub r12, r12, #56\n\t"                                                                     \
    "movs r1, #4\n\t"                                                                              \
    "str r1, [r12, #44]\n\t" channels "add r0, r12, #24\n\t"                                       \
    "ldm r0, {r1-r3}\n\t"                                                                          \
    "sub r1, r1, #48\n\t"                                                                          \
    "sub r2, r2, #48\n\t"                                                                          \
    "sub r3, r3, #48\n\t"                                                                          \
    "stm r0, {r1-r3}\n\t"                                                                          \
    "ldr r0, [r12, #84]\n\t"                                                                       \
    "subs r0, r0, #1\n\t"                                                                          \
    "str r0, [r12, #84]\n\t"                                                                       \
    "bne 10b\n\t"                                                                                  \
    "ldr r7, [r12, #48]\n\t"

#define THUMBNET_DEPTHWISE_SUMS(name, text)                                                        \
    static THUMBNET_NOINLINE void name(thumbnet_depthwise_context_t *context)                      \
    {                                                                                              \
        register int32_t *r12 __asm__("r12") = &context->multiplier;                               \
        __asm__ volatile(text                                                                      \
                         : "+r"(r12)                                                               \
                         :                                                                         \
                         : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11",     \
                           "lr", "cc", "memory");                                                  \
    }

#define THUMBNET_DEPTHWISE_3X3_S1                                                                  \
    THUMBNET_DEPTHWISE_3X3_CHANNELS(THUMBNET_DEPTHWISE_3X3_S1_FOUR, THUMBNET_DEPTHWISE_3X3_S1_TWO)
#define THUMBNET_DEPTHWISE_3X3_S2                                                                  \
    THUMBNET_DEPTHWISE_3X3_CHANNELS(THUMBNET_DEPTHWISE_3X3_S2_FOUR, THUMBNET_DEPTHWISE_3X3_S2_TWO)

THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_3x3_s1,
                        THUMBNET_DEPTHWISE_ONE_BLOCK(THUMBNET_DEPTHWISE_3X3_S1))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_3x3_s2,
                        THUMBNET_DEPTHWISE_ONE_BLOCK(THUMBNET_DEPTHWISE_3X3_S2))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_3x3_s1_bytes,
                        THUMBNET_DEPTHWISE_ONE_BLOCK(THUMBNET_DEPTHWISE_3X3_BYTES(
                            THUMBNET_DEPTHWISE_3X3_S1_FOUR, THUMBNET_DEPTHWISE_3X3_S1_TWO)))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_3x3_s2_bytes,
                        THUMBNET_DEPTHWISE_ONE_BLOCK(THUMBNET_DEPTHWISE_3X3_BYTES(
                            THUMBNET_DEPTHWISE_3X3_S2_FOUR, THUMBNET_DEPTHWISE_3X3_S2_TWO)))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_3x3_s1_blocks,
                        THUMBNET_DEPTHWISE_3X3_BLOCKS(THUMBNET_DEPTHWISE_3X3_S1))
THUMBNET_DEPTHWISE_SUMS(thumbnet_depthwise_3x3_s2_blocks,
                        THUMBNET_DEPTHWISE_3X3_BLOCKS(THUMBNET_DEPTHWISE_3X3_S2))

#pragma GCC diagnostic pop

#endif
#endif
