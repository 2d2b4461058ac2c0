/* Sums, greatest and least elements and where they are, over rows, columns and channels.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What has been seen is one int32_t an output that begins at 0 and only grows, but for sums: an
 * element above -128, or below 127, and for its place less than that of any element before it. */
#ifndef THUMBNET_KERNELS_REDUCE_H
#define THUMBNET_KERNELS_REDUCE_H

#include "thumbnet/requantize.h"

/* The reductions, literals of instantiations. */
#define THUMBNET_SUM 0
#define THUMBNET_REDUCE_MAX 1
#define THUMBNET_REDUCE_MIN 2
#define THUMBNET_ARG_MAX 3
#define THUMBNET_ARG_MIN 4

#define THUMBNET_PLACES 23 /* bits of a place */

typedef struct {
    int64_t offset;        /* sum: added to the product */
    int32_t multiplier;    /* sum */
    int32_t channels;      /* of the input */
    int32_t outputs;       /* row: of one output pixel; plane: of the whole tensor */
    int32_t count;         /* row: elements of one reduction; plane: pixels of the input */
    int32_t pitch;         /* row: from one output's first element to the next one's;
                            * plane: from one input pixel's outputs to the next one's */
    int32_t step;          /* row: from one element of a reduction to the next */
    int32_t width;         /* plane: pixels of an input row */
    int8_t shift;          /* sum: to the right, at least 1 */
    int8_t out_zero_point; /* sum */
} thumbnet_reduce_t;

/* What has been seen, and element number `place` besides. */
THUMBNET_INLINE int32_t thumbnet_reduced(int reduction, int32_t seen, int32_t element,
                                         int32_t place)
{
    if (reduction == THUMBNET_SUM) {
        return seen + element;
    }
    const int least = reduction == THUMBNET_REDUCE_MIN || reduction == THUMBNET_ARG_MIN;
    int32_t value = least ? 127 - element : element + 128;
    if (reduction >= THUMBNET_ARG_MAX) {
        value = value * (1 << THUMBNET_PLACES) + ((1 << THUMBNET_PLACES) - 1 - place);
    }
    return value > seen ? value : seen;
}

/* Output number i from what has been seen: int8_t, of places int32_t. */
THUMBNET_INLINE void thumbnet_reduce_output(const thumbnet_reduce_t *p, int reduction, int32_t seen,
                                            void *out, int32_t i)
{
    if (reduction >= THUMBNET_ARG_MAX) {
        const int32_t most = (1 << THUMBNET_PLACES) - 1;
        ((int32_t *)out)[i] = most - (seen & most);
    } else if (reduction == THUMBNET_SUM) {
        /* One less for what is negative makes an upward tie one away from zero. */
        const int64_t product = (int64_t)seen * p->multiplier + p->offset;
        const int64_t half = (int64_t)1 << (p->shift - 1);
        const int64_t value =
            ((product + half - (product < 0 ? 1 : 0)) >> p->shift) + p->out_zero_point;
        ((int8_t *)out)[i] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
    } else {
        ((int8_t *)out)[i] = (int8_t)(reduction == THUMBNET_REDUCE_MIN ? 127 - seen : seen - 128);
    }
}

/* Within one row: over its channels, its columns or both. reduction is a literal. */
THUMBNET_INLINE void thumbnet_reduce_row_s8(const void *constants, int reduction,
                                            const void *const *rows, void *out, int32_t x,
                                            int32_t n, void *scratch)
{
    const thumbnet_reduce_t *p = (const thumbnet_reduce_t *)constants;
    const int8_t *in = (const int8_t *)rows[0];
    const int32_t total = n * p->outputs;
    for (int32_t i = 0; i < total; i++, in += p->pitch) {
        const int8_t *element = in;
        int32_t seen = 0;
        for (int32_t k = 0; k < p->count; k++, element += p->step) {
            seen = thumbnet_reduced(reduction, seen, *element, k);
        }
        thumbnet_reduce_output(p, reduction, seen, out, i);
    }
    (void)x;
    (void)scratch;
}

/* Over rows and, by the constants, over columns or channels; places are rows. Accumulating: takes n
 * pixels of an input row from column x and writes the output at the last pixel of the tensor.
 * reduction and over_channels are literals of the instantiation.
 * scratch: int32_t pixels seen, then int32_t seen[outputs]; zero before the first call. */
THUMBNET_INLINE void thumbnet_reduce_plane_s8(const void *constants, int reduction,
                                              int over_channels, const void *const *rows, void *out,
                                              int32_t x, int32_t n, void *scratch)
{
    const thumbnet_reduce_t *p = (const thumbnet_reduce_t *)constants;
    int32_t *pixels = (int32_t *)scratch;
    int32_t *seen = pixels + 1;
    int32_t *pixel = seen + x * p->pitch;
    const int8_t *in = (const int8_t *)rows[0];
    const int32_t place = reduction >= THUMBNET_ARG_MAX ? *pixels / p->width : 0;
    for (int32_t i = 0; i < n; i++, in += p->channels, pixel += p->pitch) {
        for (int32_t c = 0; c < p->channels; c++) {
            int32_t *of_element = over_channels ? pixel : pixel + c;
            *of_element = thumbnet_reduced(reduction, *of_element, in[c], place);
        }
    }
    *pixels += n;
    if (*pixels == p->count) {
        for (int32_t i = 0; i < p->outputs; i++) {
            thumbnet_reduce_output(p, reduction, seen[i], out, i);
        }
    }
}

#endif
