/* What all front ends share: the newest rows of the network's input, and the step that makes its
 * elements. SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_SIGNAL_ROWS_H
#define THUMBNET_SIGNAL_ROWS_H

#include "thumbnet/layer.h"

/* Where a front end is; the first bytes of what it keeps in the model object. */
typedef struct {
    uint16_t held;  /* samples of the frame under way, or camera lines that have come */
    uint16_t rows;  /* finished rows that lie in the input, at most all of them */
    uint16_t fresh; /* rows since the last inference, at most 65535 */
    uint16_t aside; /* keeps the size a multiple of eight */
} thumbnet_signal_state_t;

/* An element of the input: a fixed point value times a multiplier, plus an offset that holds mean,
 * zero point and rounding. */
typedef struct {
    const int32_t *multipliers; /* one a channel */
    const int64_t *offsets;
    uint8_t shift;
} thumbnet_signal_quantize_t;

THUMBNET_INLINE int8_t thumbnet_signal_quantize(const thumbnet_signal_quantize_t *q, uint32_t k,
                                                int32_t value)
{
    const int64_t sum = ((int64_t)value * q->multipliers[k] + q->offsets[k]) >> q->shift;
    return (int8_t)(sum < -128 ? -128 : sum > 127 ? 127 : sum);
}

/* The place of a new row of `size` bytes behind the newest one; the oldest of `frames` makes room.
 */
static inline int8_t *thumbnet_signal_next_row(thumbnet_signal_state_t *state, int8_t *rows,
                                               uint32_t frames, uint32_t size)
{
    if (state->rows == frames) {
        thumbnet_move(rows, rows + size, (frames - 1u) * size);
        state->rows--;
    }
    int8_t *const row = rows + state->rows * size;
    state->rows++;
    state->fresh = (uint16_t)(state->fresh + (state->fresh != UINT16_MAX));
    return row;
}

#endif
