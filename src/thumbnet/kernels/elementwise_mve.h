/* add and sub for Helium, of operands of the output's shape. SPDX-License-Identifier: Apache-2.0
 *
 * Four elements at once, nineteen instructions. Plain C is the portable kernel. */
#ifndef THUMBNET_KERNELS_ELEMENTWISE_MVE_H
#define THUMBNET_KERNELS_ELEMENTWISE_MVE_H

#include "thumbnet/kernels/elementwise.h"
#include "thumbnet/kernels/mve.h"

#if THUMBNET_MVE
/* thumbnet_add_shift_right() of exponents from 1: negative values take one less. */
THUMBNET_INLINE int32x4_t thumbnet_mve_shift_right_ties_away(int32x4_t x, int32_t exponent)
{
    return vrshlq_n_s32(vaddq_s32(x, vshrq_n_s32(x, 31)), -exponent);
}

/* thumbnet_add_element_s8() of four. */
THUMBNET_INLINE int32x4_t thumbnet_mve_add(const thumbnet_add_t *p, int shifts, int subtracts,
                                           int32x4_t first, int32x4_t second, int32x4_t low,
                                           int32x4_t high)
{
    const int32x4_t shifted = vshlq_n_s32(vsubq_n_s32(second, p->second_zero_point), 20);
    const int32x4_t high_part = vqrdmulhq_n_s32(shifted, p->second_mantissa);
    const int32x4_t scaled =
        shifts ? thumbnet_mve_shift_right_ties_away(high_part, p->second_shift) : high_part;
    const int32x4_t offset = vaddq_n_s32(vmulq_n_s32(first, p->first_factor), p->offset);
    const int32x4_t sum = subtracts ? vsubq_s32(offset, scaled) : vaddq_s32(offset, scaled);
    const int32x4_t value =
        thumbnet_mve_shift_right_ties_away(vqrdmulhq_n_s32(sum, p->out_mantissa), p->out_shift);
    return vminq_s32(vmaxq_s32(vqaddq_n_s32(value, p->out_zero_point), low), high);
}
#endif

/* Both operands have the output's shape; a row, or a whole tensor as one long row. Literals:
 * whether second_shift is not 0, whether second_sign is negative; out_shift is not 0. */
THUMBNET_INLINE void thumbnet_add_mve_s8(const void *constants, int shifts, int subtracts,
                                         const void *const *rows, void *out, int32_t x, int32_t n,
                                         void *scratch)
{
#if THUMBNET_MVE
    const thumbnet_add_t copy = *(const thumbnet_add_t *)constants;
    const thumbnet_add_t *p = &copy; /* no store can change it */
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    const int32x4_t low = vdupq_n_s32(p->low);
    const int32x4_t high = vdupq_n_s32(p->high);
    int32_t count = n * p->channels;
    for (; count >= 4; count -= 4, first += 4, second += 4, result += 4) {
        vstrbq_s32(result, thumbnet_mve_add(p, shifts, subtracts, vldrbq_s32(first),
                                            vldrbq_s32(second), low, high));
    }
    if (count > 0) {
        const mve_pred16_t lanes = vctp32q((uint32_t)count);
        vstrbq_p_s32(result,
                     thumbnet_mve_add(p, shifts, subtracts, vldrbq_z_s32(first, lanes),
                                      vldrbq_z_s32(second, lanes), low, high),
                     lanes);
    }
    (void)scratch;
#else
    (void)shifts;
    (void)subtracts;
    thumbnet_add_s8(constants, rows, out, x, n, scratch);
#endif
}

#endif
