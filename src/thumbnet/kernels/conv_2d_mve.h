/* conv_2d and fully_connected for Helium. SPDX-License-Identifier: Apache-2.0
 *
 * Two channels of three pixels are made together: five loads of 16 bytes feed six VMLADAVA, 96
 * multiply-accumulates, in a tail-predicated loop of twelve instructions. All channels' sums of the
 * three pixels go to scratch first and become bytes four at a time: a tile's windows are read
 * before any of its pixels is written.
 *
 * Windows are contiguous: a pixel of a 1x1 kernel as it stands, those of larger kernels copied to
 * scratch, zero points where they reach outside. Weights are [channels / 2, taps / 16, 2, 16],
 * zeros behind the last tap and the last channel, so one pointer walks them all.
 *
 * The assembly blocks: gcc keeps neither six sums nor five pointers in registers around its own
 * loop and makes no tail-predicated loops (64 taps, 64 channels: 0.19 instructions a
 * multiply-accumulate in all). */
#ifndef THUMBNET_KERNELS_CONV_2D_MVE_H
#define THUMBNET_KERNELS_CONV_2D_MVE_H

#include "thumbnet/kernels/mve.h"

typedef struct {
    const int8_t *weights;   /* [out_channels / 2, taps / 16, 2, 16] */
    const int32_t *bias;     /* [out_channels], the input's zero point folded in */
    const int32_t *mantissa; /* [out_channels] */
    const int8_t *shift;     /* [out_channels] */
    uint16_t in_channels;
    uint16_t out_channels;
    uint16_t in_width;
    uint8_t stride_width;
    uint8_t pad_left;
    uint8_t together; /* windows that scratch has room for */
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_conv_2d_mve_t;

/* What the assembly loads: addresses and counts of a tile. */
typedef struct {
    const int8_t *in[3]; /* windows */
    int32_t *sums;
    const int8_t *weights;
    int32_t pairs;  /* of channels */
    int32_t rest;   /* taps behind the first vector; at most 0 where it is the only one */
    int32_t padded; /* taps, up to whole vectors */
    int32_t taps;
    int32_t channels;
} thumbnet_conv_2d_mve_tile_t;

#if THUMBNET_MVE
/* r7, which may be a frame pointer, holds the tile's address and is put back. */
#define THUMBNET_MVE_BEGIN                                                                         \
    "vmov.32 q7[0], r7\n"                                                                          \
    "mov r7, r12\n"                                                                                \
    "ldm r7, {r1, r3, r5, r9, r11, r12}\n"
#define THUMBNET_MVE_END "vmov.32 r7, q7[0]\n"
#define THUMBNET_MVE_CLOBBERS                                                                      \
    "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "lr", "q0", "q1", "q2",    \
        "q3", "q4", "q7", "cc", "memory"
/* The multiply-accumulates of a vector of taps; `a` is "" to begin sums and "a" to add to them. */
#define THUMBNET_MVE_3X2(a)                                                                        \
    "vldrb.8 q3, [r11], #16\n"                                                                     \
    "vldrb.8 q4, [r11], #16\n"                                                                     \
    "vldrb.8 q0, [r1], #16\n"                                                                      \
    "vmladav" a ".s8 r0, q0, q3\n"                                                                 \
    "vmladav" a ".s8 r2, q0, q4\n"                                                                 \
    "vldrb.8 q1, [r3], #16\n"                                                                      \
    "vmladav" a ".s8 r4, q1, q3\n"                                                                 \
    "vmladav" a ".s8 r6, q1, q4\n"                                                                 \
    "vldrb.8 q2, [r5], #16\n"                                                                      \
    "vmladav" a ".s8 r8, q2, q3\n"                                                                 \
    "vmladav" a ".s8 r10, q2, q4\n"
/* Two channels of three pixels; the pointers to inputs are back where they were. */
#define THUMBNET_MVE_PAIR(first, second, third)                                                    \
    "ldr lr, [r7, #24]\n" THUMBNET_MVE_3X2("") "wlstp.8 lr, lr, 5f\n"                              \
                                               "4:\n" THUMBNET_MVE_3X2("a") "letp lr, 4b\n"        \
                                                                            "5:\n"                 \
                                                                            "strd r0, r2, " first  \
                                                                            "\n"                   \
                                                                            "ldr r0, [r7, #28]\n"  \
                                                                            "strd r4, r6, " second \
                                                                            "\n"                   \
                                                                            "sub r1, r0\n"         \
                                                                            "strd r8, r10, " third \
                                                                            "\n"                   \
                                                                            "sub r3, r0\n"         \
                                                                            "sub r5, r0\n"
/* The same of at most 16 taps, the inputs in registers. */
#define THUMBNET_MVE_SHORT_PAIR(first, second, third)                                              \
    "vldrb.8 q3, [r11], #16\n"                                                                     \
    "vldrb.8 q4, [r11], #16\n"                                                                     \
    "vmladav.s8 r0, q0, q3\n"                                                                      \
    "vmladav.s8 r2, q0, q4\n"                                                                      \
    "vmladav.s8 r4, q1, q3\n"                                                                      \
    "vmladav.s8 r6, q1, q4\n"                                                                      \
    "vmladav.s8 r8, q2, q3\n"                                                                      \
    "vmladav.s8 r10, q2, q4\n"                                                                     \
    "strd r0, r2, " first "\n"                                                                     \
    "strd r4, r6, " second "\n"                                                                    \
    "strd r8, r10, " third "\n"
/* Pairs of channels, two to a group of sums [3, 4]. */
#define THUMBNET_MVE_PAIRS(pair)                                                                   \
    "1:\n" pair("[r9]", "[r9, #16]", "[r9, #32]") "subs r12, #1\n"                                 \
                                                  "beq 2f\n" pair("[r9, #8]", "[r9, #24]",         \
                                                                  "[r9, #40]") "add r9, #48\n"     \
                                                                               "subs r12, #1\n"    \
                                                                               "bne 1b\n"          \
                                                                               "2:\n"
#endif

#if !THUMBNET_MVE
/* One channel's sum; `weights` are those of a pair, or 16 bytes behind for its second channel. */
THUMBNET_INLINE int32_t thumbnet_conv_2d_mve_dot(const thumbnet_conv_2d_mve_tile_t *tile,
                                                 const int8_t *in, const int8_t *weights)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < tile->taps; i++) {
        sum += in[i] * weights[i + i / THUMBNET_MVE_VECTOR * THUMBNET_MVE_VECTOR];
    }
    return sum;
}
#endif

/* The sums of all channels of three pixels, as [channels / 4, 3, 4]. */
THUMBNET_INLINE void thumbnet_conv_2d_mve_sums_3(const thumbnet_conv_2d_mve_tile_t *tile)
{
#if THUMBNET_MVE
    register const thumbnet_conv_2d_mve_tile_t *at __asm__("r12") = tile;
    if (tile->rest > 0) {
        __asm__ volatile(THUMBNET_MVE_BEGIN THUMBNET_MVE_PAIRS(THUMBNET_MVE_PAIR) THUMBNET_MVE_END
                         : "+r"(at)
                         :
                         : THUMBNET_MVE_CLOBBERS);
    } else {
        __asm__ volatile(THUMBNET_MVE_BEGIN "ldr lr, [r7, #32]\n"
                                            "dlstp.8 lr, lr\n"
                                            "vldrb.8 q0, [r1]\n"
                                            "vldrb.8 q1, [r3]\n"
                                            "vldrb.8 q2, [r5]\n"
                                            "lctp\n" THUMBNET_MVE_PAIRS(THUMBNET_MVE_SHORT_PAIR)
                                                THUMBNET_MVE_END
                         : "+r"(at)
                         :
                         : THUMBNET_MVE_CLOBBERS);
    }
#else
    const int8_t *weights = tile->weights;
    for (int32_t c = 0; c < tile->channels; c += 2, weights += 2 * tile->padded) {
        int32_t *pair = tile->sums + c / 4 * 12 + c % 4;
        for (int32_t j = 0; j < 3; j++, pair += 4) {
            pair[0] = thumbnet_conv_2d_mve_dot(tile, tile->in[j], weights);
            pair[1] = thumbnet_conv_2d_mve_dot(tile, tile->in[j], weights + THUMBNET_MVE_VECTOR);
        }
    }
#endif
}

/* The sums of all channels of the first pixel, as [channels], up to whole groups of four. */
THUMBNET_INLINE void thumbnet_conv_2d_mve_sums_1(const thumbnet_conv_2d_mve_tile_t *tile)
{
#if THUMBNET_MVE
    register const thumbnet_conv_2d_mve_tile_t *at __asm__("r12") = tile;
    /* Four channels at once; of an odd last pair the same twice, whose other sums are not used. */
    __asm__ volatile(THUMBNET_MVE_BEGIN "ldr r8, [r7, #28]\n"
                                        "ldr r10, [r7, #32]\n"
                                        "1:\n"
                                        "ldr r1, [r7]\n"
                                        "add r3, r11, r8, lsl #1\n"
                                        "cmp r12, #1\n"
                                        "it eq\n"
                                        "moveq r3, r11\n"
                                        "movs r0, #0\n"
                                        "movs r2, #0\n"
                                        "movs r4, #0\n"
                                        "movs r6, #0\n"
                                        "dlstp.8 lr, r10\n"
                                        "2:\n"
                                        "vldrb.8 q0, [r1], #16\n"
                                        "vldrb.8 q1, [r11], #16\n"
                                        "vmladava.s8 r0, q0, q1\n"
                                        "vldrb.8 q2, [r11], #16\n"
                                        "vmladava.s8 r2, q0, q2\n"
                                        "vldrb.8 q3, [r3], #16\n"
                                        "vmladava.s8 r4, q0, q3\n"
                                        "vldrb.8 q4, [r3], #16\n"
                                        "vmladava.s8 r6, q0, q4\n"
                                        "letp lr, 2b\n"
                                        "mov r11, r3\n"
                                        "strd r0, r2, [r9], #8\n"
                                        "strd r4, r6, [r9], #8\n"
                                        "subs r12, #2\n"
                                        "bgt 1b\n" THUMBNET_MVE_END
                     : "+r"(at)
                     :
                     : THUMBNET_MVE_CLOBBERS);
#else
    const int8_t *weights = tile->weights;
    int32_t *sums = tile->sums;
    for (int32_t c = 0; c < tile->channels; c += 2, weights += 2 * tile->padded) {
        *sums++ = thumbnet_conv_2d_mve_dot(tile, tile->in[0], weights);
        *sums++ = thumbnet_conv_2d_mve_dot(tile, tile->in[0], weights + THUMBNET_MVE_VECTOR);
    }
#endif
}

/* n pixels, the window of each `taps` bytes, `step` bytes behind the last one's. */
static THUMBNET_NOINLINE void thumbnet_conv_2d_mve_pixels(const thumbnet_conv_2d_mve_t *p,
                                                          const int8_t *in, int32_t step,
                                                          int32_t taps, int32_t n, int32_t *sums,
                                                          int8_t *out)
{
    const thumbnet_mve_outputs_t outputs = {.bias = p->bias,
                                            .mantissa = p->mantissa,
                                            .shift = p->shift,
                                            .channels = p->out_channels,
                                            .zero_point = p->out_zero_point,
                                            .low = p->low,
                                            .high = p->high};
    thumbnet_conv_2d_mve_tile_t tile = {.sums = sums,
                                        .weights = p->weights,
                                        .pairs = (p->out_channels + 1) >> 1,
                                        .rest = taps - THUMBNET_MVE_VECTOR,
                                        .padded =
                                            (taps + THUMBNET_MVE_VECTOR - 1) & -THUMBNET_MVE_VECTOR,
                                        .taps = taps,
                                        .channels = p->out_channels};
    for (; n >= 3; n -= 3, out += 3 * outputs.channels) {
        for (int j = 0; j < 3; j++, in += step) {
            tile.in[j] = in;
        }
        thumbnet_conv_2d_mve_sums_3(&tile);
        thumbnet_mve_outputs(&outputs, sums, 3, out);
    }
    for (; n > 0; n--, in += step, out += outputs.channels) {
        tile.in[0] = in;
        thumbnet_conv_2d_mve_sums_1(&tile);
        thumbnet_mve_outputs(&outputs, sums, 1, out);
    }
}

/* Copies the part of a row that a window of `width` columns from `column` reads, zero points where
 * it is outside; `offset` is from the row pointer to the column. */
static THUMBNET_NOINLINE int8_t *thumbnet_conv_2d_mve_row(const thumbnet_conv_2d_mve_t *p,
                                                          const int8_t *row, int32_t offset,
                                                          int32_t column, int32_t width, int8_t *to)
{
    const int32_t depth = p->in_channels;
    const int32_t zero_point = p->in_zero_point;
    const int32_t space = p->in_width - column;
    int32_t first = column < 0 ? -column : 0;
    int32_t last = space < width ? space : width;
    if (row == NULL) {
        return thumbnet_mve_fill(to, zero_point, width * depth);
    }
    first = first < width ? first : width;
    last = last > first ? last : first;
    to = thumbnet_mve_fill(to, zero_point, first * depth);
    to = thumbnet_mve_copy(to, row + offset + first * depth, (last - first) * depth);
    return thumbnet_mve_fill(to, zero_point, (width - last) * depth);
}

/* Copies `count` windows whose columns lie inside, `step` bytes apart: of each row `size` bytes
 * from `offset`. One copy serves all sizes. */
static THUMBNET_NOINLINE int8_t *thumbnet_conv_2d_mve_inside(const thumbnet_conv_2d_mve_t *p,
                                                             const void *const *rows,
                                                             int32_t height, int32_t offset,
                                                             int32_t size, int32_t step,
                                                             int32_t count, int8_t *to)
{
    for (; count > 0; count--, offset += step) {
        for (int32_t k = 0; k < height; k++) {
            const int8_t *row = (const int8_t *)rows[k];
            to = row == NULL ? thumbnet_mve_fill(to, p->in_zero_point, size)
                             : thumbnet_mve_copy(to, row + offset, size);
        }
    }
    return to;
}

/* The row kernel of windows; kernel_height and kernel_width are literals. `scratch` holds the sums
 * and `together` windows. */
THUMBNET_INLINE void thumbnet_conv_2d_mve_s8(const void *constants, int kernel_height,
                                             int kernel_width, const void *const *rows, void *out,
                                             int32_t x, int32_t n, void *scratch)
{
    const thumbnet_conv_2d_mve_t *p = (const thumbnet_conv_2d_mve_t *)constants;
    const int32_t depth = p->in_channels;
    const int32_t stride = p->stride_width;
    const int32_t taps = kernel_height * kernel_width * depth;
    int32_t *sums = (int32_t *)scratch;
    int8_t *windows = (int8_t *)(sums + ((p->out_channels + 3) >> 2) * 12);
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t made = n < p->together ? n : p->together;
        int8_t *to = windows;
        for (int32_t j = 0; j < made;) {
            const int32_t space = p->in_width - kernel_width - column;
            const int32_t offset = (column - base) * depth;
            int32_t count = 1;
            if (column >= 0 && space >= 0) {
                count = space / stride + 1;
                count = count < made - j ? count : made - j;
                to = thumbnet_conv_2d_mve_inside(p, rows, kernel_height, offset,
                                                 kernel_width * depth, stride * depth, count, to);
            } else {
                for (int k = 0; k < kernel_height; k++) {
                    to = thumbnet_conv_2d_mve_row(p, (const int8_t *)rows[k], offset, column,
                                                  kernel_width, to);
                }
            }
            j += count;
            column += count * stride;
        }
        thumbnet_conv_2d_mve_pixels(p, windows, taps, taps, made, sums, pixel);
        n -= made;
        pixel += made * p->out_channels;
    }
}

/* 1x1 of any stride without padding; a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_conv_2d_1x1_mve_s8(const void *constants, const void *const *rows,
                                                 void *out, int32_t x, int32_t n, void *scratch)
{
    const thumbnet_conv_2d_mve_t *p = (const thumbnet_conv_2d_mve_t *)constants;
    thumbnet_conv_2d_mve_pixels(p, (const int8_t *)rows[0], p->stride_width * p->in_channels,
                                p->in_channels, n, (int32_t *)scratch, (int8_t *)out);
    (void)x;
}

#endif
