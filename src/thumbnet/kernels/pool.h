/* average_pool_2d and max_pool_2d. SPDX-License-Identifier: Apache-2.0
 *
 * Padding is left out: it neither adds to a sum nor counts, as in TFLite's integer_ops/pooling.h.
 * The row kernels take a window's rows; the plane kernels serve windows as high as the input and
 * accumulate, so that no row has to be kept. */
#ifndef THUMBNET_KERNELS_POOL_H
#define THUMBNET_KERNELS_POOL_H

#include "thumbnet/kernels/mean.h"

/* Whether an average of this model rounds ties upwards; the generated file says so first. */
#ifndef THUMBNET_POOL_TIES_UP
#define THUMBNET_POOL_TIES_UP 0
#endif

typedef struct {
    uint16_t channels;
    uint16_t in_width;
    uint16_t in_height;
    uint16_t out_width;
    uint16_t kernel_width;
    uint16_t stride_width;
    uint16_t pad_left;
    int8_t low; /* the fused activation */
    int8_t high;
#if THUMBNET_POOL_TIES_UP
    uint8_t ties_up; /* 1: averages round ties upwards, 0: away from zero */
#endif
#if THUMBNET_NEAREST_EVEN
    /* Averages: for each number of pixels that a window has inside. */
    int8_t in_zero_point;
    int16_t rounded_offset; /* added before an average is rounded, */
    int16_t offset;         /* and behind it */
    const uint16_t *counts; /* holds every count */
    const int32_t *mantissa;
    const int8_t *shift;
#endif
} thumbnet_pool_2d_t;

/* Where a quotient of at most 128.5 * count is found without division: below this count
 * 2^24 / count + 1 is exact enough and the product fits in 32 bits. */
#define THUMBNET_POOL_RECIPROCAL_LIMIT 361

THUMBNET_INLINE uint32_t thumbnet_pool_reciprocal(int32_t count)
{
    return count < THUMBNET_POOL_RECIPROCAL_LIMIT ? ((uint32_t)1 << 24) / (uint32_t)count + 1u : 0u;
}

/* What thumbnet_pool_average wants to know of a count: its reciprocal, or its place in the table.
 */
THUMBNET_INLINE uint32_t thumbnet_pool_divisor(const thumbnet_pool_2d_t *p, int32_t count)
{
#if THUMBNET_NEAREST_EVEN
    uint32_t place = 0;
    while (p->counts[place] != count) {
        place++;
    }
    return place;
#else
    (void)p;
    return thumbnet_pool_reciprocal(count);
#endif
}

/* sum / count rounded, then the activation; with THUMBNET_NEAREST_EVEN, scaled
 * by a float32 and rounded half to even. */
THUMBNET_INLINE int8_t thumbnet_pool_average(const thumbnet_pool_2d_t *p, int32_t sum,
                                             int32_t count, uint32_t reciprocal)
{
#if THUMBNET_NEAREST_EVEN
    const int32_t value =
        thumbnet_requantize_even(sum - count * p->in_zero_point, p->mantissa[reciprocal],
                                 p->shift[reciprocal], p->rounded_offset);
    return (int8_t)thumbnet_clamp(value + p->offset, p->low, p->high);
#else
#if THUMBNET_POOL_TIES_UP
    const int32_t half = (sum < 0 ? count - p->ties_up : count) / 2;
#else
    const int32_t half = count / 2;
#endif
    const uint32_t nudged = (uint32_t)((sum < 0 ? -sum : sum) + half);
    const int32_t quotient =
        (int32_t)(reciprocal != 0 ? (nudged * reciprocal) >> 24 : nudged / (uint32_t)count);
    return (int8_t)thumbnet_clamp(sum < 0 ? -quotient : quotient, p->low, p->high);
#endif
}

THUMBNET_INLINE int32_t thumbnet_pool_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

THUMBNET_INLINE int32_t thumbnet_pool_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* One pixel: the window is `taps` columns wide from `offset` bytes into every row that exists. */
THUMBNET_INLINE void thumbnet_average_pool_2d_pixel_s8(const thumbnet_pool_2d_t *p,
                                                       int kernel_height, const void *const *rows,
                                                       int32_t offset, int32_t taps, int32_t count,
                                                       uint32_t reciprocal, int8_t *out)
{
    const int32_t channels = p->channels;
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        int32_t a0 = 0;
        int32_t a1 = 0;
        int32_t a2 = 0;
        int32_t a3 = 0;
        for (int k = 0; k < kernel_height; k++) {
            if (rows[k] == NULL) {
                continue;
            }
            const int8_t *in = (const int8_t *)rows[k] + offset + c;
            for (int32_t t = 0; t < taps; t++, in += channels) {
                a0 += in[0];
                a1 += in[1];
                a2 += in[2];
                a3 += in[3];
            }
        }
        out[c] = thumbnet_pool_average(p, a0, count, reciprocal);
        out[c + 1] = thumbnet_pool_average(p, a1, count, reciprocal);
        out[c + 2] = thumbnet_pool_average(p, a2, count, reciprocal);
        out[c + 3] = thumbnet_pool_average(p, a3, count, reciprocal);
    }
    for (; c < channels; c++) {
        int32_t sum = 0;
        for (int k = 0; k < kernel_height; k++) {
            if (rows[k] == NULL) {
                continue;
            }
            const int8_t *in = (const int8_t *)rows[k] + offset + c;
            for (int32_t t = 0; t < taps; t++, in += channels) {
                sum += *in;
            }
        }
        out[c] = thumbnet_pool_average(p, sum, count, reciprocal);
    }
}

THUMBNET_INLINE void thumbnet_max_pool_2d_pixel_s8(const thumbnet_pool_2d_t *p, int kernel_height,
                                                   const void *const *rows, int32_t offset,
                                                   int32_t taps, int8_t *out)
{
    const int32_t channels = p->channels;
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        int32_t a0 = p->low; /* the activation's lower bound takes part as one more element */
        int32_t a1 = p->low;
        int32_t a2 = p->low;
        int32_t a3 = p->low;
        for (int k = 0; k < kernel_height; k++) {
            if (rows[k] == NULL) {
                continue;
            }
            const int8_t *in = (const int8_t *)rows[k] + offset + c;
            for (int32_t t = 0; t < taps; t++, in += channels) {
                a0 = thumbnet_pool_max(a0, in[0]);
                a1 = thumbnet_pool_max(a1, in[1]);
                a2 = thumbnet_pool_max(a2, in[2]);
                a3 = thumbnet_pool_max(a3, in[3]);
            }
        }
        out[c] = (int8_t)thumbnet_pool_min(a0, p->high);
        out[c + 1] = (int8_t)thumbnet_pool_min(a1, p->high);
        out[c + 2] = (int8_t)thumbnet_pool_min(a2, p->high);
        out[c + 3] = (int8_t)thumbnet_pool_min(a3, p->high);
    }
    for (; c < channels; c++) {
        int32_t greatest = p->low;
        for (int k = 0; k < kernel_height; k++) {
            if (rows[k] == NULL) {
                continue;
            }
            const int8_t *in = (const int8_t *)rows[k] + offset + c;
            for (int32_t t = 0; t < taps; t++, in += channels) {
                greatest = thumbnet_pool_max(greatest, *in);
            }
        }
        out[c] = (int8_t)thumbnet_pool_min(greatest, p->high);
    }
}

/* The row kernels; kernel_height and kernel_width are literals of the instantiation. */
THUMBNET_INLINE void thumbnet_average_pool_2d_s8(const void *constants, int kernel_height,
                                                 int kernel_width, const void *const *rows,
                                                 void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_pool_2d_t *p = (const thumbnet_pool_2d_t *)constants;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t base = thumbnet_pool_max(column, 0);
    const uint32_t whole = thumbnet_pool_divisor(p, kernel_height * kernel_width);
    int32_t present = 0;
    for (int k = 0; k < kernel_height; k++) {
        present += rows[k] != NULL;
    }
    for (; n > 0; n--, pixel += p->channels, column += p->stride_width) {
        const int32_t first = thumbnet_pool_max(column, 0);
        const int32_t taps = thumbnet_pool_min(column + kernel_width, p->in_width) - first;
        const int32_t count = taps * present;
        const uint32_t reciprocal =
            count == kernel_height * kernel_width ? whole : thumbnet_pool_divisor(p, count);
        thumbnet_average_pool_2d_pixel_s8(p, kernel_height, rows, (first - base) * p->channels,
                                          taps, count, reciprocal, pixel);
    }
    (void)scratch;
}

THUMBNET_INLINE void thumbnet_max_pool_2d_s8(const void *constants, int kernel_height,
                                             int kernel_width, const void *const *rows, void *out,
                                             int32_t x, int32_t n, void *scratch)
{
    const thumbnet_pool_2d_t *p = (const thumbnet_pool_2d_t *)constants;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * p->stride_width - p->pad_left;
    const int32_t base = thumbnet_pool_max(column, 0);
    for (; n > 0; n--, pixel += p->channels, column += p->stride_width) {
        const int32_t first = thumbnet_pool_max(column, 0);
        const int32_t taps = thumbnet_pool_min(column + kernel_width, p->in_width) - first;
        thumbnet_max_pool_2d_pixel_s8(p, kernel_height, rows, (first - base) * p->channels, taps,
                                      pixel);
    }
    (void)scratch;
}

/* The columns [first, last) of the input that output column `o` of a plane covers. */
THUMBNET_INLINE void thumbnet_pool_columns(const thumbnet_pool_2d_t *p, int32_t o, int32_t *first,
                                           int32_t *last)
{
    const int32_t column = o * p->stride_width - p->pad_left;
    *first = thumbnet_pool_max(column, 0);
    *last = thumbnet_pool_min(column + p->kernel_width, p->in_width);
}

/* The plane kernels accumulate: they take n pixels of an input row from column x and write the
 * output at the last pixel of the tensor. scratch: int32_t pixels seen, then a sum (int32_t) or a
 * greatest value + 128 (uint8_t) for every output; zero before the first call. */
THUMBNET_INLINE void thumbnet_average_pool_2d_plane_s8(const void *constants,
                                                       const void *const *rows, void *out,
                                                       int32_t x, int32_t n, void *scratch)
{
    const thumbnet_pool_2d_t *p = (const thumbnet_pool_2d_t *)constants;
    const int32_t channels = p->channels;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *result = (int8_t *)out;
    int32_t *seen = (int32_t *)scratch;
    int32_t *sums = seen + 1;
    *seen += n;
    const int finished = *seen == (int32_t)p->in_height * p->in_width;
    for (int32_t o = 0; o < p->out_width; o++, sums += channels, result += channels) {
        int32_t first;
        int32_t last;
        thumbnet_pool_columns(p, o, &first, &last);
        const int32_t count = (last - first) * p->in_height;
        last = thumbnet_pool_min(last, x + n);
        for (int32_t column = thumbnet_pool_max(first, x); column < last; column++) {
            thumbnet_accumulate_s8(sums, in + (column - x) * channels, channels);
        }
        if (finished) {
            const uint32_t reciprocal = thumbnet_pool_divisor(p, count);
            for (int32_t c = 0; c < channels; c++) {
                result[c] = thumbnet_pool_average(p, sums[c], count, reciprocal);
            }
        }
    }
}

THUMBNET_INLINE void thumbnet_max_pool_2d_plane_s8(const void *constants, const void *const *rows,
                                                   void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_pool_2d_t *p = (const thumbnet_pool_2d_t *)constants;
    const int32_t channels = p->channels;
    const int8_t *in = (const int8_t *)rows[0];
    int8_t *result = (int8_t *)out;
    int32_t *seen = (int32_t *)scratch;
    uint8_t *greatest = (uint8_t *)(seen + 1);
    *seen += n;
    const int finished = *seen == (int32_t)p->in_height * p->in_width;
    for (int32_t o = 0; o < p->out_width; o++, greatest += channels, result += channels) {
        int32_t first;
        int32_t last;
        thumbnet_pool_columns(p, o, &first, &last);
        last = thumbnet_pool_min(last, x + n);
        for (int32_t column = thumbnet_pool_max(first, x); column < last; column++) {
            const int8_t *pixel = in + (column - x) * channels;
            for (int32_t c = 0; c < channels; c++) {
                greatest[c] = (uint8_t)thumbnet_pool_max(greatest[c], pixel[c] + 128);
            }
        }
        if (finished) {
            for (int32_t c = 0; c < channels; c++) {
                result[c] = (int8_t)thumbnet_clamp(greatest[c] - 128, p->low, p->high);
            }
        }
    }
}

#endif
