/* depthwise_conv_2d for cores with Arm's DSP extension: columns expanded to int16 in assembly.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_PACK_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_PACK_H

#include "thumbnet/kernels/depthwise_conv_2d_dsp_types.h"

#if defined(THUMBNET_DEPTHWISE_ASM)

/* Expands two rows from r12's thumbnet_depthwise_strip_t; g is the bytes of a channel in a group. A
 * group of 2 columns x 4 channels takes 24 instructions. */
#define THUMBNET_DEPTHWISE_PACK_TWO(g)                                                             \
    "ldm r12, {r0-r6, r8, r9}\n\t"                                                                 \
    "add r8, r8, r0\n\t"                                                                           \
    "add r9, r9, r1\n\t"                                                                           \
    "strd r8, r9, [r12]\n\t"                                                                       \
    "lsrs r5, r5, #1\n\t"                                                                          \
    "bcc 2f\n\t"                                                                                   \
    "mov r8, r6\n\t" /* the left column lies outside */                                            \
    "mov r10, r6\n\t"                                                                              \
    "ldr r9, [r0]\n\t"                                                                             \
    "add r0, r0, r2\n\t"                                                                           \
    "ldr r11, [r1]\n\t"                                                                            \
    "add r1, r1, r3\n\t"                                                                           \
    "subs r5, r5, #1\n\t"                                                                          \
    "b 3f\n\t"                                                                                     \
    "1: ldr r8, [r0]\n\t"                                                                          \
    "ldr r9, [r0, r2]\n\t"                                                                         \
    "add r0, r0, r2, lsl #1\n\t"                                                                   \
    "ldr r10, [r1]\n\t"                                                                            \
    "ldr r11, [r1, r3]\n\t"                                                                        \
    "add r1, r1, r3, lsl #1\n\t"                                                                   \
    "3: pkhbt r12, r8, r10, lsl #16\n\t"                                                           \
    "pkhtb r10, r10, r8, asr #16\n\t"                                                              \
    "pkhbt r8, r9, r11, lsl #16\n\t"                                                               \
    "pkhtb r11, r11, r9, asr #16\n\t"                                                              \
    "sxtb16 r9, r12, ror #8\n\t"                                                                   \
    "sxtb16 lr, r8, ror #8\n\t"                                                                    \
    "strd r9, lr, [r4, #" #g "]\n\t"                                                               \
    "sxtb16 r9, r10\n\t"                                                                           \
    "sxtb16 lr, r11\n\t"                                                                           \
    "strd r9, lr, [r4, #2*" #g "]\n\t"                                                             \
    "sxtb16 r9, r10, ror #8\n\t"                                                                   \
    "sxtb16 lr, r11, ror #8\n\t"                                                                   \
    "strd r9, lr, [r4, #3*" #g "]\n\t"                                                             \
    "sxtb16 r12, r12\n\t"                                                                          \
    "sxtb16 r8, r8\n\t"                                                                            \
    "strd r12, r8, [r4], #4*" #g "\n\t"                                                            \
    "2: subs r5, r5, #2\n\t"                                                                       \
    "bge 1b\n\t"                                                                                   \
    "cmn r5, #1\n\t"                                                                               \
    "bne 9f\n\t"                                                                                   \
    "ldr r8, [r0]\n\t" /* the right column lies outside */                                         \
    "ldr r10, [r1]\n\t"                                                                            \
    "mov r9, r6\n\t"                                                                               \
    "mov r11, r6\n\t"                                                                              \
    "b 3b\n\t"                                                                                     \
    "9:\n\t"

/* The same for a row of its own: neighbouring columns in a word. 15 instructions a group. */
#define THUMBNET_DEPTHWISE_PACK_ONE(g)                                                             \
    "ldm r12, {r0-r6, r8, r9}\n\t"                                                                 \
    "add r8, r8, r0\n\t"                                                                           \
    "str r8, [r12]\n\t"                                                                            \
    "lsrs r5, r5, #1\n\t"                                                                          \
    "bcc 2f\n\t"                                                                                   \
    "mov r8, r6\n\t"                                                                               \
    "ldr r9, [r0]\n\t"                                                                             \
    "add r0, r0, r2\n\t"                                                                           \
    "subs r5, r5, #1\n\t"                                                                          \
    "b 3f\n\t"                                                                                     \
    "1: ldr r8, [r0]\n\t"                                                                          \
    "ldr r9, [r0, r2]\n\t"                                                                         \
    "add r0, r0, r2, lsl #1\n\t"                                                                   \
    "3: pkhbt r12, r8, r9, lsl #16\n\t"                                                            \
    "pkhtb r9, r9, r8, asr #16\n\t"                                                                \
    "sxtb16 r8, r12, ror #8\n\t"                                                                   \
    "str r8, [r4, #" #g "]\n\t"                                                                    \
    "sxtb16 r8, r9\n\t"                                                                            \
    "str r8, [r4, #2*" #g "]\n\t"                                                                  \
    "sxtb16 r8, r9, ror #8\n\t"                                                                    \
    "str r8, [r4, #3*" #g "]\n\t"                                                                  \
    "sxtb16 r12, r12\n\t"                                                                          \
    "str r12, [r4], #4*" #g "\n\t"                                                                 \
    "2: subs r5, r5, #2\n\t"                                                                       \
    "bge 1b\n\t"                                                                                   \
    "cmn r5, #1\n\t"                                                                               \
    "bne 9f\n\t"                                                                                   \
    "ldr r8, [r0]\n\t"                                                                             \
    "mov r9, r6\n\t"                                                                               \
    "b 3b\n\t"                                                                                     \
    "9:\n\t"

#define THUMBNET_DEPTHWISE_PACK(name, text)                                                        \
    static THUMBNET_NOINLINE void name(thumbnet_depthwise_strip_t *strip)                          \
    {                                                                                              \
        register thumbnet_depthwise_strip_t *r12 __asm__("r12") = strip;                           \
        __asm__ volatile(text                                                                      \
                         : "+r"(r12)                                                               \
                         :                                                                         \
                         : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11",     \
                           "lr", "cc", "memory");                                                  \
    }

THUMBNET_DEPTHWISE_PACK(thumbnet_depthwise_pack_two_3, THUMBNET_DEPTHWISE_PACK_TWO(12))
THUMBNET_DEPTHWISE_PACK(thumbnet_depthwise_pack_one_3, THUMBNET_DEPTHWISE_PACK_ONE(12))
THUMBNET_DEPTHWISE_PACK(thumbnet_depthwise_pack_two_5, THUMBNET_DEPTHWISE_PACK_TWO(20))
THUMBNET_DEPTHWISE_PACK(thumbnet_depthwise_pack_one_5, THUMBNET_DEPTHWISE_PACK_ONE(20))
THUMBNET_DEPTHWISE_PACK(thumbnet_depthwise_pack_two_7, THUMBNET_DEPTHWISE_PACK_TWO(28))
THUMBNET_DEPTHWISE_PACK(thumbnet_depthwise_pack_one_7, THUMBNET_DEPTHWISE_PACK_ONE(28))

#endif
#endif
