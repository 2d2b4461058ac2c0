/* One of two operands by a third, broadcast as numpy does. SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_KERNELS_SELECT_H
#define THUMBNET_KERNELS_SELECT_H

#include "thumbnet/kernels/elementwise.h"

typedef struct {
    thumbnet_operand_t condition; /* bool */
    thumbnet_operand_t first;     /* where it is true */
    thumbnet_operand_t second;
    uint16_t channels;
} thumbnet_select_t;

/* Bytes of any type. Elements are read before the output element of the same position is written.
 */
THUMBNET_INLINE void thumbnet_select_s8(const void *constants, const void *const *rows, void *out,
                                        int32_t x, int32_t n, void *scratch)
{
    const thumbnet_select_t *p = (const thumbnet_select_t *)constants;
    const int8_t *condition = thumbnet_operand(&p->condition, rows, x);
    const int8_t *first = thumbnet_operand(&p->first, rows, x);
    const int8_t *second = thumbnet_operand(&p->second, rows, x);
    int8_t *result = (int8_t *)out;
    for (int32_t i = 0; i < n; i++) {
        for (int32_t c = 0; c < p->channels; c++) {
            *result++ = condition[c * p->condition.channel_step] != 0
                            ? first[c * p->first.channel_step]
                            : second[c * p->second.channel_step];
        }
        condition += p->condition.column_step;
        first += p->first.column_step;
        second += p->second.column_step;
    }
    (void)scratch;
}

#endif
