/* What kernels for Arm's DSP extension (Cortex-M4, M7, M33) share. SPDX-License-Identifier:
 * Apache-2.0
 *
 * THUMBNET_DSP says whether assembly is used. Elsewhere the same kernels compile as plain C on the
 * same constants and the same scratch, so that they are tested where there are sanitizers. */
#ifndef THUMBNET_KERNELS_DSP_H
#define THUMBNET_KERNELS_DSP_H

#include <string.h>

#include "thumbnet.h"

#ifndef THUMBNET_DSP
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && defined(__ARMEL__) && defined(__GNUC__)
#define THUMBNET_DSP 1
#else
#define THUMBNET_DSP 0
#endif
#endif

/* A function of nothing but assembly: it pushes what it must keep and returns by itself. Compilers
 * see neither the stack that it uses nor the memory. ADR needs the alignment. */
#if defined(__clang__)
#define THUMBNET_NAKED __attribute__((naked, noinline, aligned(4), unused))
#else
#define THUMBNET_NAKED __attribute__((naked, noipa, aligned(4), unused))
#endif

#if THUMBNET_DSP
/* Four bytes at any address. */
THUMBNET_INLINE uint32_t thumbnet_dsp_load(const void *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

/* Bytes 0 and 2 as int16. */
THUMBNET_INLINE uint32_t thumbnet_dsp_even(uint32_t bytes)
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* Bytes 1 and 3 as int16. */
THUMBNET_INLINE uint32_t thumbnet_dsp_odd(uint32_t bytes)
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}
#endif

#endif
