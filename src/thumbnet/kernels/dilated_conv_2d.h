/* conv_2d and depthwise_conv_2d with dilation, by the kernel of the same without.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Dilated rows are picked. Outputs whose columns are the same modulo the dilation, a phase, read no
 * columns of other phases: of some of them the columns are gathered in scratch, where they are
 * neighbours and what is outside is zero point, and their outputs put in their places behind it.
 * One phase follows the other: a run may write over what the windows of its first pixel read. */
#ifndef THUMBNET_KERNELS_DILATED_CONV_2D_H
#define THUMBNET_KERNELS_DILATED_CONV_2D_H

#include "thumbnet/layer.h"

#define THUMBNET_DILATED_RUN 6

typedef struct {
    thumbnet_part_t part; /* without dilation and, where columns are gathered, left padding */
    uint16_t in_width;
    uint16_t in_channels;
    uint16_t out_channels;
    uint16_t pad_left;
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t dilation_height;
    uint8_t dilation_width;
    uint8_t stride_width;
    uint8_t
        phases; /* dilation_width / d where d is the greatest divisor of that and stride_width */
    uint8_t stride; /* stride_width / d: from one output of a phase to the next */
    int8_t in_zero_point;
} thumbnet_dilated_conv_2d_t;

THUMBNET_INLINE int32_t thumbnet_dilated_round_up(int32_t size)
{
    return (size + 7) & -8;
}

/* Gathers `columns` columns from `column` on of a row that points at column `base`. */
static THUMBNET_NOINLINE void thumbnet_dilated_gather(const thumbnet_dilated_conv_2d_t *p,
                                                      const int8_t *row, int32_t base,
                                                      int32_t column, int32_t columns, int8_t *to)
{
    const int32_t depth = p->in_channels;
    for (; columns > 0; columns--, column += p->dilation_width, to += depth) {
        if (column >= 0 && column < p->in_width) {
            thumbnet_move(to, row + (column - base) * depth, (uint32_t)depth);
        } else {
            for (int32_t i = 0; i < depth; i++) {
                to[i] = p->in_zero_point;
            }
        }
    }
}

/* The row kernel; `columns`, a literal, says whether columns are dilated. scratch: of each row of
 * the kernel the gathered columns, behind them their outputs; at a multiple of 8 that of `part`. */
THUMBNET_INLINE void thumbnet_dilated_conv_2d_s8(const void *constants, int columns,
                                                 const void *const *rows, void *out, int32_t x,
                                                 int32_t n, void *scratch)
{
    const thumbnet_dilated_conv_2d_t *p = (const thumbnet_dilated_conv_2d_t *)constants;
    const void *here[THUMBNET_MAX_ROWS];
    if (!columns) {
        for (int32_t k = 0; k < p->kernel_height; k++) {
            here[k] = rows[k * p->dilation_height];
        }
        p->part.kernel(p->part.constants, here, out, x, n, scratch);
        return;
    }
    const int32_t left = x * p->stride_width - p->pad_left;
    const int32_t base = left > 0 ? left : 0;
    const int32_t pitch = p->out_channels;
    const int32_t longest = (n - 1) / p->phases + 1;
    const int32_t most = longest < THUMBNET_DILATED_RUN ? longest : THUMBNET_DILATED_RUN;
    const int32_t size = ((most - 1) * p->stride + p->kernel_width) * p->in_channels;
    const int32_t gathered = p->kernel_height * size;
    int8_t *const made = (int8_t *)scratch + gathered;
    int8_t *const behind = (int8_t *)scratch + thumbnet_dilated_round_up(gathered + most * pitch);
    for (int32_t phase = 0; phase < p->phases; phase++) {
        for (int32_t i = phase; i < n; i += most * p->phases) {
            const int32_t rest = (n - i - 1) / p->phases + 1;
            const int32_t count = rest < most ? rest : most;
            int8_t *strip = (int8_t *)scratch;
            for (int32_t k = 0; k < p->kernel_height; k++, strip += size) {
                const int8_t *row = (const int8_t *)rows[k * p->dilation_height];
                here[k] = row == NULL ? NULL : strip;
                if (row != NULL) {
                    thumbnet_dilated_gather(p, row, base, left + i * p->stride_width,
                                            (count - 1) * p->stride + p->kernel_width, strip);
                }
            }
            p->part.kernel(p->part.constants, here, made, 0, count, behind);
            for (int32_t j = 0; j < count; j++) {
                thumbnet_move((int8_t *)out + (i + j * p->phases) * pitch, made + j * pitch,
                              (uint32_t)pitch);
            }
        }
    }
}

#endif
