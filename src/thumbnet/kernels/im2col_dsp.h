/* Inputs as convolutions for Arm's DSP extension read them. SPDX-License-Identifier: Apache-2.0
 *
 * The windows of up to three neighbouring columns lie in scratch as int16, interleaved: for every
 * four bytes of a window, a quad, first the bytes 0 and 2 of each column, then 1 and 3. So SXTB16
 * makes them and one pointer feeds a tile. */
#ifndef THUMBNET_KERNELS_IM2COL_DSP_H
#define THUMBNET_KERNELS_IM2COL_DSP_H

#include "thumbnet/kernels/dsp.h"

/* Writes one quad of one of `columns` columns. */
THUMBNET_INLINE void thumbnet_dsp_quad(int16_t *to, int32_t columns, const int8_t *from)
{
#if THUMBNET_DSP
    const uint32_t bytes = thumbnet_dsp_load(from);
    const uint32_t even = thumbnet_dsp_even(bytes);
    const uint32_t odd = thumbnet_dsp_odd(bytes);
    memcpy(to, &even, sizeof even);
    memcpy(to + 2 * columns, &odd, sizeof odd);
#else
    to[0] = from[0];
    to[1] = from[2];
    to[2 * columns] = from[1];
    to[2 * columns + 1] = from[3];
#endif
}

/* Expands `quads` quads of one column; returns where the next go. */
THUMBNET_INLINE int16_t *thumbnet_dsp_expand_1(int16_t *to, int32_t columns, const int8_t *from,
                                               int32_t quads)
{
    for (; quads > 0; quads--, from += 4, to += 4 * columns) {
        thumbnet_dsp_quad(to, columns, from);
    }
    return to;
}

/* The same of `columns` columns, `step` bytes apart. Assembly: 12 instructions a quad of three. */
#if THUMBNET_DSP
THUMBNET_INLINE int16_t *thumbnet_dsp_expand_three(int16_t *to, const int8_t *from, int32_t step,
                                                   int32_t quads)
{
    __asm__ volatile(".syntax unified\n"
                     "1: ldr r9, [%1, %2]\n"
                     "ldr r10, [%1, %2, lsl #1]\n"
                     "ldr r8, [%1], #4\n"
                     "sxtb16 r4, r8\n"
                     "sxtb16 r5, r9\n"
                     "sxtb16 r6, r10\n"
                     "sxtb16 r8, r8, ror #8\n"
                     "sxtb16 r9, r9, ror #8\n"
                     "sxtb16 r10, r10, ror #8\n"
                     "subs %3, %3, #1\n"
                     "stmia %0!, {r4, r5, r6, r8, r9, r10}\n"
                     "bne 1b\n"
                     : "+r"(to), "+r"(from), "+r"(step), "+r"(quads)
                     :
                     : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory");
    return to;
}

THUMBNET_INLINE int16_t *thumbnet_dsp_expand_two(int16_t *to, const int8_t *from, int32_t step,
                                                 int32_t quads)
{
    __asm__ volatile(".syntax unified\n"
                     "1: ldr r6, [%1, %2]\n"
                     "ldr r5, [%1], #4\n"
                     "sxtb16 r4, r5\n"
                     "sxtb16 r8, r5, ror #8\n"
                     "sxtb16 r5, r6\n"
                     "sxtb16 r9, r6, ror #8\n"
                     "subs %3, %3, #1\n"
                     "stmia %0!, {r4, r5, r8, r9}\n"
                     "bne 1b\n"
                     : "+r"(to), "+r"(from), "+r"(step), "+r"(quads)
                     :
                     : "r4", "r5", "r6", "r8", "r9", "cc", "memory");
    return to;
}

THUMBNET_INLINE int16_t *thumbnet_dsp_expand_one(int16_t *to, const int8_t *from, int32_t quads)
{
    __asm__ volatile(".syntax unified\n"
                     "1: ldr r5, [%1], #4\n"
                     "sxtb16 r4, r5\n"
                     "sxtb16 r5, r5, ror #8\n"
                     "subs %2, %2, #1\n"
                     "stmia %0!, {r4, r5}\n"
                     "bne 1b\n"
                     : "+r"(to), "+r"(from), "+r"(quads)
                     :
                     : "r4", "r5", "cc", "memory");
    return to;
}

THUMBNET_INLINE int16_t *thumbnet_dsp_expand(int16_t *to, const int8_t *from, int32_t step,
                                             int32_t quads, int32_t columns)
{
    return columns == 3   ? thumbnet_dsp_expand_three(to, from, step, quads)
           : columns == 2 ? thumbnet_dsp_expand_two(to, from, step, quads)
                          : thumbnet_dsp_expand_one(to, from, quads);
}
#else
THUMBNET_INLINE int16_t *thumbnet_dsp_expand(int16_t *to, const int8_t *from, int32_t step,
                                             int32_t quads, int32_t columns)
{
    int16_t *end = to;
    for (int32_t j = 0; j < columns; j++) {
        end = thumbnet_dsp_expand_1(to + 2 * j, columns, from + j * step, quads) - 2 * j;
    }
    return end;
}
#endif

/* Writes `quads` quads of the same value to all columns; returns where the next go. */
static THUMBNET_NOINLINE int16_t *thumbnet_dsp_fill(int16_t *to, int32_t value, int32_t quads,
                                                    int32_t columns)
{
    for (int32_t i = 4 * quads * columns; i > 0; i--) {
        *to++ = (int16_t)value;
    }
    return to;
}

#endif
