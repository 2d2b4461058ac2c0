/* What the Helium kernels share: tail-predicated copies and the requantization of vectors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything here is there twice: for Helium (M-profile vector extension, integer), and as plain C
 * that makes the same bytes anywhere. gcc makes no tail-predicated loops, so loops of whole vectors
 * and a rest are assembly; wlstp and letp leave lanes behind the end alone. */
#ifndef THUMBNET_KERNELS_MVE_H
#define THUMBNET_KERNELS_MVE_H

#include <string.h>

#include "thumbnet/requantize.h"

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1) &&                                       \
    (defined(__GNUC__) || defined(__clang__))
#define THUMBNET_MVE 1
#include <arm_mve.h>
#else
#define THUMBNET_MVE 0
#endif

/* Bytes of a vector. */
#define THUMBNET_MVE_VECTOR 16

/* A layer's requantization; channels of arrays as in the portable kernels. */
typedef struct {
    const int32_t *bias;
    const int32_t *mantissa; /* not negative */
    const int8_t *shift;     /* in [-31, 0] */
    int32_t channels;
    int32_t zero_point;
    int32_t low;
    int32_t high;
} thumbnet_mve_outputs_t;

/* Copies `size` bytes between places that do not overlap; returns the end of what it wrote. */
THUMBNET_INLINE int8_t *thumbnet_mve_copy(int8_t *to, const int8_t *from, int32_t size)
{
#if THUMBNET_MVE
    int8_t *end = to + size;
    __asm__ volatile("wlstp.8 lr, %[size], 2f\n"
                     "1:\n"
                     "vldrb.8 q0, [%[from]], #16\n"
                     "vstrb.8 q0, [%[to]], #16\n"
                     "letp lr, 1b\n"
                     "2:\n"
                     : [to] "+r"(to), [from] "+r"(from)
                     : [size] "r"(size)
                     : "lr", "q0", "memory");
    return end;
#else
    memcpy(to, from, (size_t)size);
    return to + size;
#endif
}

/* Fills `size` bytes with `value`; returns their end. */
THUMBNET_INLINE int8_t *thumbnet_mve_fill(int8_t *to, int32_t value, int32_t size)
{
#if THUMBNET_MVE
    int8_t *end = to + size;
    __asm__ volatile("vdup.8 q0, %[value]\n"
                     "wlstp.8 lr, %[size], 2f\n"
                     "1:\n"
                     "vstrb.8 q0, [%[to]], #16\n"
                     "letp lr, 1b\n"
                     "2:\n"
                     : [to] "+r"(to)
                     : [value] "r"(value), [size] "r"(size)
                     : "lr", "q0", "memory");
    return end;
#else
    memset(to, value, (size_t)size);
    return to + size;
#endif
}

#if THUMBNET_MVE
/* Four sums as output values, one a lane: vqrdmulh and vrshl are TFLite's two roundings, ties
 * upwards; the zero point is added with saturation, which the clamp hides. */
THUMBNET_INLINE int32x4_t thumbnet_mve_requantize(int32x4_t sums, int32x4_t mantissa,
                                                  int32x4_t shift, int32_t zero_point,
                                                  int32x4_t low, int32x4_t high)
{
    const int32x4_t scaled = vrshlq_s32(vqrdmulhq_s32(sums, mantissa), shift);
    return vminq_s32(vmaxq_s32(vqaddq_n_s32(scaled, zero_point), low), high);
}

/* Four sums as onnxruntime rounds them (thumbnet_requantize_even), without a zero point. */
THUMBNET_INLINE int32x4_t thumbnet_mve_rounded_even(int32x4_t sums, int32x4_t mantissa,
                                                    int32x4_t shift)
{
    const int32x4_t upper = vmulhq_s32(sums, mantissa);
    const int32x4_t bits = vaddq_n_s32(shift, 1);
    int32x4_t value = vrshlq_s32(upper, bits);
    const int32x4_t top = vaddq_n_s32(bits, 32);
    const uint32x4_t unit = vshlq_u32(vdupq_n_u32(1), top);
    const uint32x4_t rest = vshlq_u32(vreinterpretq_u32_s32(vaddq_n_s32(upper, 1)), top);
    const uint32x4_t above = vsubq_n_u32(rest, 0x80000000u);
    const uint32x4_t right = vreinterpretq_u32_s32(vsubq_s32(vdupq_n_s32(-3), shift));
    const uint32_t near =
        (uint32_t)vcmpcsq_u32(unit, above) | (uint32_t)vcmpcsq_n_u32(right, THUMBNET_EVEN_SHIFTS);
    if (near != 0) {
        int32_t all[3][4];
        vst1q_s32(all[0], sums);
        vst1q_s32(all[1], mantissa);
        vst1q_s32(all[2], shift);
        int32_t values[4];
        vst1q_s32(values, value);
        for (int i = 0; i < 4; i++) {
            if ((near >> (4 * i) & 1u) != 0) {
                values[i] = thumbnet_requantize_near(all[0][i], all[1][i], all[2][i], 0);
            }
        }
        value = vld1q_s32(values);
    }
    return value;
}

/* Four channels of `columns` pixels, `lanes` of them real. */
THUMBNET_INLINE void thumbnet_mve_group(const thumbnet_mve_outputs_t *p, int32_t channel,
                                        const int32_t *sums, int columns, mve_pred16_t lanes,
                                        int8_t *out)
{
    const int32x4_t bias = vldrwq_z_s32(p->bias + channel, lanes);
    const int32x4_t mantissa = vldrwq_z_s32(p->mantissa + channel, lanes);
    const int32x4_t shift = vldrbq_z_s32(p->shift + channel, lanes);
    const int32x4_t low = vdupq_n_s32(p->low);
    const int32x4_t high = vdupq_n_s32(p->high);
    for (int j = 0; j < columns; j++, out += p->channels) {
        const int32x4_t sum = vaddq_s32(vldrwq_s32(sums + 4 * j), bias);
#if THUMBNET_NEAREST_EVEN
        const int32x4_t scaled = thumbnet_mve_rounded_even(sum, mantissa, shift);
        const int32x4_t value =
            vminq_s32(vmaxq_s32(vqaddq_n_s32(scaled, p->zero_point), low), high);
#else
        const int32x4_t value =
            thumbnet_mve_requantize(sum, mantissa, shift, p->zero_point, low, high);
#endif
        vstrbq_p_s32(out, value, lanes);
    }
}
#endif

#if THUMBNET_MVE
/* Four channels of a pixel, their bias, mantissa and shift in q0 to q2. */
#define THUMBNET_MVE_REQUANTIZE(out)                                                               \
    "vldrw.32 q3, [%[sums]], #16\n"                                                                \
    "vadd.i32 q3, q3, q0\n"                                                                        \
    "vqrdmulh.s32 q3, q3, q1\n"                                                                    \
    "vrshl.s32 q3, q3, q2\n"                                                                       \
    "vqadd.s32 q3, q3, %[at]\n"                                                                    \
    "vmax.s32 q3, q3, q4\n"                                                                        \
    "vmin.s32 q3, q3, q5\n"                                                                        \
    "vstrb.32 q3, [%[" out "]], #4\n"
/* All whole groups of four channels; gcc would neither unroll the pixels nor count with le. */
#define THUMBNET_MVE_GROUPS(pixels)                                                                \
    "ldr lr, [%[at], #20]\n"                                                                       \
    "vdup.32 q4, lr\n"                                                                             \
    "ldr lr, [%[at], #24]\n"                                                                       \
    "vdup.32 q5, lr\n"                                                                             \
    "ldrd r8, r10, [%[at]]\n"                                                                      \
    "ldrd r6, lr, [%[at], #8]\n"                                                                   \
    "ldr %[at], [%[at], #16]\n"                                                                    \
    "lsr lr, lr, #2\n"                                                                             \
    "wls lr, lr, 2f\n"                                                                             \
    "1:\n"                                                                                         \
    "vldrw.32 q0, [r8], #16\n"                                                                     \
    "vldrw.32 q1, [r10], #16\n"                                                                    \
    "vldrb.s32 q2, [r6], #4\n" pixels "le lr, 1b\n"                                                \
    "2:\n"
#define THUMBNET_MVE_GROUPS_CLOBBERS                                                               \
    "r6", "r8", "r10", "lr", "q0", "q1", "q2", "q3", "q4", "q5", "memory"
#endif

/* Sums as output bytes. `sums` are [channels / 4, columns, 4], the last group whole; `columns` is
 * a literal, 1 or 3. */
THUMBNET_INLINE void thumbnet_mve_outputs(const thumbnet_mve_outputs_t *p, const int32_t *sums,
                                          int columns, int8_t *out)
{
#if THUMBNET_MVE && THUMBNET_NEAREST_EVEN
    for (int32_t c = 0; c < p->channels; c += 4, sums += 4 * columns) {
        thumbnet_mve_group(p, c, sums, columns, vctp32q((uint32_t)(p->channels - c)), out + c);
    }
#elif THUMBNET_MVE
    const thumbnet_mve_outputs_t *at = p;
    int8_t *out0 = out;
    if (columns == 3) {
        int8_t *out1 = out0 + p->channels;
        int8_t *out2 = out1 + p->channels;
        __asm__ volatile(THUMBNET_MVE_GROUPS(THUMBNET_MVE_REQUANTIZE(
            "out0") THUMBNET_MVE_REQUANTIZE("out1") THUMBNET_MVE_REQUANTIZE("out2"))
                         : [at] "+r"(at), [sums] "+r"(sums), [out0] "+l"(out0), [out1] "+l"(out1),
                           [out2] "+l"(out2)
                         :
                         : THUMBNET_MVE_GROUPS_CLOBBERS);
    } else {
        __asm__ volatile(THUMBNET_MVE_GROUPS(THUMBNET_MVE_REQUANTIZE("out0"))
                         : [at] "+r"(at), [sums] "+r"(sums), [out0] "+l"(out0)
                         :
                         : THUMBNET_MVE_GROUPS_CLOBBERS);
    }
    const int32_t c = p->channels & -4;
    if (c < p->channels) {
        thumbnet_mve_group(p, c, sums, columns, vctp32q((uint32_t)(p->channels - c)), out0);
    }
#else
    for (int32_t c = 0; c < p->channels; c++) {
        for (int j = 0; j < columns; j++) {
            const uint32_t sum = (uint32_t)sums[(c / 4 * columns + j) * 4 + c % 4];
            const int32_t biased = (int32_t)(sum + (uint32_t)p->bias[c]);
            const int32_t value =
                THUMBNET_NEAREST_EVEN
                    ? thumbnet_requantize_even(biased, p->mantissa[c], p->shift[c], 0)
                    : thumbnet_requantize(biased, p->mantissa[c], p->shift[c]);
            /* A value that could overflow is far outside the clamp. */
            const int32_t bounded = thumbnet_clamp(value, -1024, 1024);
            out[j * p->channels + c] =
                (int8_t)thumbnet_clamp(bounded + p->zero_point, p->low, p->high);
        }
    }
#endif
}

#endif
