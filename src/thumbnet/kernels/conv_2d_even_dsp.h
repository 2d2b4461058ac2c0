/* All channels of one to three pixels from expanded windows, rounded as onnxruntime does.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sums of conv_2d_asm_dsp.h, lanes of two channels, but a pair at a time and left as sums: C
 * makes outputs of them. Behind a pair's weights follow five words: the shifts of A and B in the
 * lowest two bytes, bit 16 saying that A is single, bit 17 that this is the last pair; bias and
 * mantissa of A; bias and mantissa of B. */
#ifndef THUMBNET_KERNELS_CONV_2D_EVEN_DSP_H
#define THUMBNET_KERNELS_CONV_2D_EVEN_DSP_H

#include "thumbnet/kernels/conv_2d_asm_dsp.h"
#include "thumbnet/kernels/even_dsp.h"

#define THUMBNET_CONV_2D_EVEN_SINGLE ((int32_t)1 << 16)
#define THUMBNET_CONV_2D_EVEN_LAST ((int32_t)1 << 17)
#define THUMBNET_CONV_2D_EVEN_WORDS 5

#if THUMBNET_DSP

/* Sums of A and B for each column from the windows [x, end); returns what follows the weights. */
#define THUMBNET_CONV_2D_SUMS(name, body)                                                          \
    static THUMBNET_NAKED const int32_t *name(                                                     \
        const int32_t *weights __attribute__((unused)), const int16_t *x __attribute__((unused)),  \
        const int16_t *end __attribute__((unused)), int32_t *sums __attribute__((unused)))         \
    {                                                                                              \
        __asm__ volatile(".syntax unified\n"                                                       \
                         "push {r3, r4, r5, r6, r7, r8, r9, r10, r11, lr}\n" body                  \
                         "pop {r3, r4, r5, r6, r7, r8, r9, r10, r11, pc}\n" ::                     \
                             : "memory");                                                          \
    }

/* Registers as in THUMBNET_CONV_2D_TILE_3. */
THUMBNET_CONV_2D_SUMS(thumbnet_conv_2d_sums_3,
                      "mov r9, r0\n"
                      "mov r6, r1\n"
                      "mov lr, r2\n"
                      "movs r0, #0\n"
                      "movs r1, #0\n"
                      "movs r2, #0\n"
                      "movs r3, #0\n"
                      "movs r4, #0\n"
                      "movs r5, #0\n"
                      "2:\n"
                      "ldmia.w r9!, {r7, r8}\n" THUMBNET_CONV_2D_PAIR_3("r7")
                          THUMBNET_CONV_2D_PAIR_3("r8") "cmp r6, lr\n"
                                                        "bne 2b\n"
                                                        "ldr r12, [sp]\n"
                                                        "subs r1, r1, r0\n"
                                                        "subs r3, r3, r2\n"
                                                        "subs r5, r5, r4\n"
                                                        "asrs r1, r1, #8\n"
                                                        "asrs r3, r3, #8\n"
                                                        "asrs r5, r5, #8\n"
                                                        "stmia.w r12, {r0, r1, r2, r3, r4, r5}\n"
                                                        "mov r0, r9\n")

/* As in THUMBNET_CONV_2D_TILE_2. */
THUMBNET_CONV_2D_SUMS(thumbnet_conv_2d_sums_2,
                      "mov r8, r0\n"
                      "mov r4, r1\n"
                      "mov lr, r2\n"
                      "mov r7, r3\n"
                      "movs r0, #0\n"
                      "movs r1, #0\n"
                      "movs r2, #0\n"
                      "movs r3, #0\n"
                      "2:\n"
                      "ldmia.w r8!, {r5, r6}\n"
                      "ldmia.w r4!, {r9, r10, r11, r12}\n" THUMBNET_CONV_2D_PAIR_2("r5", "r9",
                                                                                   "r10")
                          THUMBNET_CONV_2D_PAIR_2("r6", "r11", "r12") "cmp r4, lr\n"
                                                                      "bne 2b\n"
                                                                      "subs r1, r1, r0\n"
                                                                      "subs r3, r3, r2\n"
                                                                      "asrs r1, r1, #8\n"
                                                                      "asrs r3, r3, #8\n"
                                                                      "stmia r7!, {r0, r1, r2, "
                                                                      "r3}\n"
                                                                      "mov r0, r8\n")

/* As in THUMBNET_CONV_2D_TILE_1. */
THUMBNET_CONV_2D_SUMS(thumbnet_conv_2d_sums_1,
                      "mov r8, r0\n"
                      "mov lr, r2\n"
                      "mov r2, r1\n"
                      "mov r7, r3\n"
                      "movs r0, #0\n"
                      "movs r1, #0\n"
                      "2:\n"
                      "ldmia.w r8!, {r3, r4}\n"
                      "ldmia.w r2!, {r9, r10}\n" THUMBNET_CONV_2D_PAIR_1("r3", "r9")
                          THUMBNET_CONV_2D_PAIR_1("r4", "r10") "cmp r2, lr\n"
                                                               "bne 2b\n"
                                                               "subs r1, r1, r0\n"
                                                               "asrs r1, r1, #8\n"
                                                               "stmia r7!, {r0, r1}\n"
                                                               "mov r0, r8\n")

THUMBNET_INLINE const int32_t *thumbnet_conv_2d_sums(const int32_t *weights, const int16_t *x,
                                                     const int16_t *end, int32_t columns,
                                                     int32_t *sums)
{
    return columns == 3   ? thumbnet_conv_2d_sums_3(weights, x, end, sums)
           : columns == 2 ? thumbnet_conv_2d_sums_2(weights, x, end, sums)
                          : thumbnet_conv_2d_sums_1(weights, x, end, sums);
}

#else

THUMBNET_INLINE const int32_t *thumbnet_conv_2d_sums(const int32_t *weights, const int16_t *x,
                                                     const int16_t *end, int32_t columns,
                                                     int32_t *sums)
{
    const int32_t words = (int32_t)(end - x) / (2 * columns);
    for (int32_t j = 0; j < columns; j++) {
        uint32_t a = 0; /* sums wrap as registers do */
        uint32_t ab = 0;
        const int16_t *in = x + 2 * j;
        for (int32_t i = 0; i < words; i++, in += 2 * columns) {
            const uint32_t word = (uint32_t)weights[i];
            const int32_t lanes[2] = {(int16_t)(word & 0xffffu), (int16_t)(word >> 16)};
            ab += (uint32_t)(lanes[0] * in[0]) + (uint32_t)(lanes[1] * in[1]);
            a += (uint32_t)((int8_t)lanes[0] * in[0]) + (uint32_t)((int8_t)lanes[1] * in[1]);
        }
        sums[2 * j] = (int32_t)a;
        sums[2 * j + 1] = (int32_t)(ab - a) >> 8;
    }
    return weights + words;
}

#endif

/* One channel of `columns` pixels. */
THUMBNET_INLINE void thumbnet_conv_2d_even_channel(const thumbnet_conv_2d_dsp_t *p,
                                                   const int32_t *constants, int32_t shift,
                                                   const int32_t *sums, int32_t columns,
                                                   int8_t *out)
{
    const int32_t step = p->out_channels;
    const thumbnet_even_channel_t channel =
        thumbnet_even_channel(constants[0], constants[1], shift, p->out_zero_point);
    for (int32_t j = columns; j > 0; j--, out += step, sums += 2) {
        *out = thumbnet_even_dsp_output(&channel, *sums);
    }
}

/* All channels of `columns` pixels. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_even_channels(const thumbnet_conv_2d_dsp_t *p,
                                                             int32_t columns, const int16_t *x,
                                                             int8_t *out)
{
    const int16_t *const end = x + 4 * p->quads * columns;
    const int32_t *weights = p->weights;
    int32_t sums[6];
    int32_t flags;
#if THUMBNET_DSP
    /* What the assembly reads is in memory before. */
    __asm__ volatile("" ::: "memory");
#endif
    do {
        const int32_t *const constants = thumbnet_conv_2d_sums(weights, x, end, columns, sums);
        flags = constants[0];
        thumbnet_conv_2d_even_channel(p, constants + 1, (int8_t)(flags & 0xff), sums, columns,
                                      out++);
        if ((flags & THUMBNET_CONV_2D_EVEN_SINGLE) == 0) {
            thumbnet_conv_2d_even_channel(p, constants + 3, (int8_t)(flags >> 8 & 0xff), sums + 1,
                                          columns, out++);
        }
        weights = constants + THUMBNET_CONV_2D_EVEN_WORDS;
    } while ((flags & THUMBNET_CONV_2D_EVEN_LAST) == 0);
}

#endif
