/* An LSTM of int8 with int16 cells. SPDX-License-Identifier: Apache-2.0
 *
 * A pixel is a step. All gates of a unit are made together: their weights lie side by side, so that
 * an input is loaded once for four products. A unit's cell is changed at once, its hidden value is
 * needed as it was by all other units: new ones go to the output and from there to the state. */
#ifndef THUMBNET_KERNELS_LSTM_H
#define THUMBNET_KERNELS_LSTM_H

#include "thumbnet/kernels/fixed_point.h"

typedef struct {
    const void *weights;     /* of each unit, over the input; see the kernels */
    const void *recurrent;   /* the same over the hidden state */
    const int32_t *bias;     /* [units, 8]: over the input, over the hidden state; folded in */
    const int32_t *mantissa; /* [8], to three integer bits */
    const int8_t *shift;     /* [8] */
    int32_t hidden_mantissa; /* of the product of two values without integer bits */
    uint16_t in_channels;
    uint16_t units;
    int16_t clip; /* of cells; 0: none */
    int8_t hidden_shift;
    int8_t cell_shift; /* from a product without integer bits to a cell: to the right */
    int8_t cell_bits;  /* integer bits of a cell */
    int8_t zero_point;
} thumbnet_lstm_t;

/* Adds to the sums of a unit's input, forget, cell and output gate the products of `count` values
 * with their weights; returns the weights behind them. */
typedef const void *(*thumbnet_lstm_dot_t)(const int8_t *values, const void *weights, int32_t count,
                                           int32_t *sums);

/* Weights are int8 [count, 4]. */
static THUMBNET_NOINLINE const void *thumbnet_lstm_dot(const int8_t *values, const void *weights,
                                                       int32_t count, int32_t *sums)
{
    const int8_t *next = (const int8_t *)weights;
    int32_t a = sums[0];
    int32_t b = sums[1];
    int32_t c = sums[2];
    int32_t d = sums[3];
    for (; count > 0; count--, next += 4) {
        const int32_t value = *values++;
        a += value * next[0];
        b += value * next[1];
        c += value * next[2];
        d += value * next[3];
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
    return next;
}

/* A unit's hidden value from its gates' sums, `sums` over the input and `sums` + 4 over the hidden
 * state; its cell is changed. */
static THUMBNET_NOINLINE int8_t thumbnet_lstm_unit(const thumbnet_lstm_t *p, const int32_t *sums,
                                                   int16_t *cell)
{
    int32_t gates[4];
    for (int g = 0; g < 4; g++) {
        const int32_t input = thumbnet_fixed_saturated(
            thumbnet_multiply_by_quantized_multiplier(sums[g], p->mantissa[g], p->shift[g]));
        const int32_t hidden = thumbnet_multiply_by_quantized_multiplier(
            sums[g + 4], p->mantissa[g + 4], p->shift[g + 4]);
        gates[g] = thumbnet_fixed_saturated(input + hidden);
    }
    const int32_t kept = thumbnet_fixed_logistic(gates[1]) * *cell;
    const int32_t added = thumbnet_fixed_logistic(gates[0]) * thumbnet_fixed_tanh(gates[2], 3);
    int32_t value = thumbnet_fixed_saturated(thumbnet_shift_right_ties_away(kept, 15) +
                                             thumbnet_shift_right_ties_away(added, p->cell_shift));
    if (p->clip > 0) {
        value = thumbnet_clamp(value, -p->clip, p->clip);
    }
    *cell = (int16_t)value;
    const int32_t shown =
        thumbnet_fixed_logistic(gates[3]) * thumbnet_fixed_tanh(value, p->cell_bits);
    const int32_t hidden =
        thumbnet_multiply_by_quantized_multiplier(shown, p->hidden_mantissa, p->hidden_shift);
    return (int8_t)thumbnet_clamp(hidden + p->zero_point, -128, 127);
}

/* The row kernel with any layout of weights, of which `dot` knows: rows are the input, the hidden
 * state [units] and the cells [units]; both states are changed where the caller keeps them. */
THUMBNET_INLINE void thumbnet_lstm_steps(const thumbnet_lstm_t *p, thumbnet_lstm_dot_t dot,
                                         const void *const *rows, void *out, int32_t n)
{
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *hidden = (int8_t *)rows[1];
    int16_t *cells = (int16_t *)rows[2];
    int8_t *to = (int8_t *)out;
    for (; n > 0; n--, in += p->in_channels, to += p->units) {
        const void *weights = p->weights;
        const void *recurrent = p->recurrent;
        const int32_t *bias = p->bias;
        for (int32_t unit = 0; unit < p->units; unit++, bias += 8) {
            int32_t sums[8];
            for (int i = 0; i < 8; i++) {
                sums[i] = bias[i];
            }
            weights = dot(in, weights, p->in_channels, sums);
            recurrent = dot(hidden, recurrent, p->units, sums + 4);
            to[unit] = thumbnet_lstm_unit(p, sums, &cells[unit]);
        }
        for (int32_t unit = 0; unit < p->units; unit++) {
            hidden[unit] = to[unit];
        }
    }
}

THUMBNET_INLINE void thumbnet_lstm_s8(const void *constants, const void *const *rows, void *out,
                                      int32_t x, int32_t n, void *scratch)
{
    thumbnet_lstm_steps((const thumbnet_lstm_t *)constants, thumbnet_lstm_dot, rows, out, n);
    (void)x;
    (void)scratch;
}

#endif
