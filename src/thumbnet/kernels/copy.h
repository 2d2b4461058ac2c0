/* Operators that only move elements: pad, concatenation, resize_nearest_neighbor, transpose and
 * reshape. SPDX-License-Identifier: Apache-2.0
 *
 * Every copy reads its bytes before it writes them (memmove), so that an output below its input may
 * overlap it as far as the order of the copies allows. */
#ifndef THUMBNET_KERNELS_COPY_H
#define THUMBNET_KERNELS_COPY_H

#include <string.h>

#include "thumbnet.h"

typedef struct {
    uint16_t in_width;
    uint16_t in_channels;
    uint16_t pad_left;
    uint16_t channels_before;
    uint16_t out_channels;
    int8_t value; /* what is padded with */
} thumbnet_pad_t;

/* The pixels of a run that lie inside the tensor, their channels surrounded by padding. */
THUMBNET_INLINE void thumbnet_pad_inside_s8(const thumbnet_pad_t *p, const int8_t *in, int8_t *out,
                                            int32_t n)
{
    const size_t channels = p->in_channels;
    const size_t before = p->channels_before;
    const size_t after = p->out_channels - channels - before;
    if (before + after == 0) {
        memmove(out, in, (size_t)n * channels);
        return;
    }
    for (; n > 0; n--, in += channels, out += p->out_channels) {
        memmove(out + before, in, channels);
        memset(out, p->value, before);
        memset(out + before + channels, p->value, after);
    }
}

/* A row, NULL being a row of padding. */
THUMBNET_INLINE void thumbnet_pad_s8(const void *constants, const void *const *rows, void *out,
                                     int32_t x, int32_t n, void *scratch)
{
    const thumbnet_pad_t *p = (const thumbnet_pad_t *)constants;
    const int32_t begin = p->pad_left;
    const int32_t end = begin + p->in_width;
    const int32_t first = rows[0] == NULL || x >= begin ? x : begin;
    const int32_t last = rows[0] == NULL ? x : x + n < end ? x + n : end;
    const int32_t left = first < x + n ? first - x : n;
    const int32_t inside = last > first ? last - first : 0;
    int8_t *pixel = (int8_t *)out;
    memset(pixel, p->value, (size_t)(left * p->out_channels));
    pixel += left * p->out_channels;
    if (inside > 0) {
        thumbnet_pad_inside_s8(p, (const int8_t *)rows[0], pixel, inside);
        pixel += inside * p->out_channels;
    }
    memset(pixel, p->value, (size_t)((n - left - inside) * p->out_channels));
    (void)scratch;
}

typedef struct {
    const uint8_t *element; /* what is padded with */
    uint16_t in_width;
    uint16_t in_channels;
    uint16_t pad_left;
    uint16_t channels_before;
    uint16_t out_channels;
    uint8_t element_size;
} thumbnet_pad_elements_t;

/* Writes elements of padding; returns what is behind them. */
THUMBNET_INLINE uint8_t *thumbnet_pad_fill(const thumbnet_pad_elements_t *p, uint8_t *out,
                                           int32_t count)
{
    for (; count > 0; count--) {
        for (uint32_t i = 0; i < p->element_size; i++) {
            *out++ = p->element[i];
        }
    }
    return out;
}

/* The same of elements of several bytes. */
THUMBNET_INLINE void thumbnet_pad(const void *constants, const void *const *rows, void *out,
                                  int32_t x, int32_t n, void *scratch)
{
    const thumbnet_pad_elements_t *p = (const thumbnet_pad_elements_t *)constants;
    const size_t size = (size_t)p->in_channels * p->element_size;
    const int32_t after = p->out_channels - p->in_channels - p->channels_before;
    const uint8_t *in = (const uint8_t *)rows[0];
    uint8_t *element = (uint8_t *)out;
    for (int32_t column = x - p->pad_left; column < x + n - p->pad_left; column++) {
        if (rows[0] == NULL || column < 0 || column >= p->in_width) {
            element = thumbnet_pad_fill(p, element, p->out_channels);
            continue;
        }
        uint8_t *const inside = element + (size_t)p->channels_before * p->element_size;
        memmove(inside, in, size);
        in += size;
        (void)thumbnet_pad_fill(p, element, p->channels_before);
        element = thumbnet_pad_fill(p, inside + size, after);
    }
    (void)scratch;
}

typedef struct {
    const uint16_t *sizes; /* [inputs], pixels or bytes a pixel of each, along the axis */
    uint16_t inputs;
    uint16_t pixel_size; /* bytes; of concatenation along the channels, of the output's pixels */
} thumbnet_concatenation_t;

/* Along the height: one of the rows exists. */
THUMBNET_INLINE void thumbnet_concatenation_rows(const void *constants, const void *const *rows,
                                                 void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_concatenation_t *p = (const thumbnet_concatenation_t *)constants;
    int32_t i = 0;
    while (rows[i] == NULL && i + 1 < p->inputs) {
        i++;
    }
    memmove(out, rows[i], (size_t)n * p->pixel_size);
    (void)x;
    (void)scratch;
}

/* Along the width: the parts of the rows that the run covers. */
THUMBNET_INLINE void thumbnet_concatenation_columns(const void *constants, const void *const *rows,
                                                    void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_concatenation_t *p = (const thumbnet_concatenation_t *)constants;
    uint8_t *pixel = (uint8_t *)out;
    int32_t begin = 0; /* of an input, among the output's columns */
    for (int32_t i = 0; i < p->inputs; i++) {
        const int32_t end = begin + p->sizes[i];
        const int32_t first = x > begin ? x : begin;
        const int32_t last = x + n < end ? x + n : end;
        if (last > first) {
            const size_t size = (size_t)(last - first) * p->pixel_size;
            memmove(pixel, rows[i], size);
            pixel += size;
        }
        begin = end;
    }
    (void)scratch;
}

/* Along the channels: pixel by pixel. */
THUMBNET_INLINE void thumbnet_concatenation_channels(const void *constants, const void *const *rows,
                                                     void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_concatenation_t *p = (const thumbnet_concatenation_t *)constants;
    uint8_t *pixel = (uint8_t *)out;
    for (int32_t j = 0; j < n; j++) {
        for (int32_t i = 0; i < p->inputs; i++) {
            const size_t size = p->sizes[i];
            memmove(pixel, (const uint8_t *)rows[i] + (size_t)j * size, size);
            pixel += size;
        }
    }
    (void)x;
    (void)scratch;
}

typedef struct {
    const uint16_t *columns; /* [out_width], the input column of each output column */
    uint16_t pixel_size;     /* bytes */
} thumbnet_resize_t;

/* The row pointer is at the first column of the input whatever x is. */
THUMBNET_INLINE void thumbnet_resize_nearest_neighbor(const void *constants,
                                                      const void *const *rows, void *out, int32_t x,
                                                      int32_t n, void *scratch)
{
    const thumbnet_resize_t *p = (const thumbnet_resize_t *)constants;
    const uint8_t *in = (const uint8_t *)rows[0];
    uint8_t *pixel = (uint8_t *)out;
    for (int32_t i = x; i < x + n; i++, pixel += p->pixel_size) {
        memmove(pixel, in + (size_t)p->columns[i] * p->pixel_size, p->pixel_size);
    }
    (void)scratch;
}

#define THUMBNET_TRANSPOSE_RANK 5

typedef struct {
    const uint32_t *sizes;   /* [5], of the output, outermost first, in blocks */
    const uint32_t *strides; /* [5], bytes of the input from one to the next */
    uint32_t block;          /* bytes that stay together */
} thumbnet_transpose_t;

/* The whole tensor in one call. */
THUMBNET_INLINE void thumbnet_transpose(const void *constants, const void *const *rows, void *out,
                                        int32_t x, int32_t n, void *scratch)
{
    const thumbnet_transpose_t *p = (const thumbnet_transpose_t *)constants;
    const uint8_t *in = (const uint8_t *)rows[0];
    uint8_t *result = (uint8_t *)out;
    const uint32_t inner = p->sizes[THUMBNET_TRANSPOSE_RANK - 1];
    const uint32_t step = p->strides[THUMBNET_TRANSPOSE_RANK - 1];
    uint32_t index[THUMBNET_TRANSPOSE_RANK - 1] = {0};
    int dimension;
    do {
        const uint8_t *from = in;
        for (uint32_t i = 0; i < inner; i++, from += step) {
            for (uint32_t j = 0; j < p->block; j++) {
                *result++ = from[j];
            }
        }
        /* Counts up like an odometer. */
        for (dimension = THUMBNET_TRANSPOSE_RANK - 2; dimension >= 0; dimension--) {
            in += p->strides[dimension];
            if (++index[dimension] < p->sizes[dimension]) {
                break;
            }
            in -= p->strides[dimension] * p->sizes[dimension];
            index[dimension] = 0;
        }
    } while (dimension >= 0);
    (void)x;
    (void)n;
    (void)scratch;
}

typedef struct {
    uint16_t element_size; /* bytes */
} thumbnet_reshape_t;

/* A run of elements of a tensor that is one row of them. */
THUMBNET_INLINE void thumbnet_reshape(const void *constants, const void *const *rows, void *out,
                                      int32_t x, int32_t n, void *scratch)
{
    const thumbnet_reshape_t *p = (const thumbnet_reshape_t *)constants;
    memmove(out, rows[0], (size_t)n * p->element_size);
    (void)x;
    (void)scratch;
}

#endif
