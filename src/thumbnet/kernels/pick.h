/* Operators that pick elements by rows, columns and channels: slices, splits, mirrors, repetitions
 * and gathers; space_to_depth and depth_to_space. SPDX-License-Identifier: Apache-2.0
 *
 * Every copy reads its bytes before it writes them (memmove), so that an output below its input may
 * overlap it as far as the order of the copies allows. */
#ifndef THUMBNET_KERNELS_PICK_H
#define THUMBNET_KERNELS_PICK_H

#include <string.h>

#include "thumbnet.h"

typedef struct {
    const uint16_t *columns; /* [out_width], the input column of each; NULL: every step-th */
    const int32_t *pieces;   /* [count][4], of bytes of a pixel: where they begin, how many they
                              * are, how often there are as many, and how far the next are */
    uint32_t pixel_size;     /* bytes of the input's */
    uint16_t count;
    uint16_t step; /* columns */
} thumbnet_pick_t;

/* The pieces of one pixel; returns where the next one goes. */
THUMBNET_INLINE uint8_t *thumbnet_pick_pixel(const thumbnet_pick_t *p, const uint8_t *in,
                                             uint8_t *out)
{
    const int32_t *piece = p->pieces;
    for (uint32_t i = 0; i < p->count; i++, piece += 4) {
        const size_t size = (size_t)piece[1];
        const uint8_t *from = in + piece[0];
        int32_t times = piece[2];
        for (;;) {
            memmove(out, from, size);
            out += size;
            if (--times == 0) {
                break;
            }
            from += piece[3];
        }
    }
    return out;
}

/* Evenly spaced columns: the row pointer is at that of pixel x. */
THUMBNET_INLINE void thumbnet_pick(const void *constants, const void *const *rows, void *out,
                                   int32_t x, int32_t n, void *scratch)
{
    const thumbnet_pick_t *p = (const thumbnet_pick_t *)constants;
    const uint8_t *in = (const uint8_t *)rows[0];
    const uint32_t step = p->step * p->pixel_size;
    uint8_t *pixel = (uint8_t *)out;
    if (p->count == 1u && p->pieces[2] == 1 && step == (uint32_t)p->pieces[1]) {
        /* Neighbours as they are. */
        memmove(pixel, in, (size_t)n * step);
        n = 0;
    }
    for (; n > 0; n--, in += step) {
        pixel = thumbnet_pick_pixel(p, in, pixel);
    }
    (void)x;
    (void)scratch;
}

/* Any columns: the row pointer is at the first column of the input whatever x is. */
THUMBNET_INLINE void thumbnet_pick_columns(const void *constants, const void *const *rows,
                                           void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_pick_t *p = (const thumbnet_pick_t *)constants;
    const uint8_t *in = (const uint8_t *)rows[0];
    uint8_t *pixel = (uint8_t *)out;
    for (int32_t i = x; i < x + n; i++) {
        pixel = thumbnet_pick_pixel(p, in + p->columns[i] * p->pixel_size, pixel);
    }
    (void)scratch;
}

typedef struct {
    uint32_t size; /* bytes of a row of a square */
    uint16_t block;
    uint16_t width; /* of depth_to_space, squares side by side */
} thumbnet_depth_t;

/* The rows of each square one behind the other. */
THUMBNET_INLINE void thumbnet_space_to_depth(const void *constants, const void *const *rows,
                                             void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_depth_t *p = (const thumbnet_depth_t *)constants;
    uint8_t *pixel = (uint8_t *)out;
    for (uint32_t i = 0; i < (uint32_t)n; i++) {
        for (uint32_t row = 0; row < p->block; row++, pixel += p->size) {
            memmove(pixel, (const uint8_t *)rows[row] + i * p->size, p->size);
        }
    }
    (void)x;
    (void)scratch;
}

/* All rows of the squares of an input row, in one call. */
THUMBNET_INLINE void thumbnet_depth_to_space(const void *constants, const void *const *rows,
                                             void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_depth_t *p = (const thumbnet_depth_t *)constants;
    uint8_t *pixel = (uint8_t *)out;
    for (uint32_t row = 0; row < p->block; row++) {
        const uint8_t *in = (const uint8_t *)rows[0] + row * p->size;
        for (uint32_t i = 0; i < p->width; i++, in += p->block * p->size, pixel += p->size) {
            memmove(pixel, in, p->size);
        }
    }
    (void)x;
    (void)n;
    (void)scratch;
}

#endif
