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
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_conv_2d_mve_t;

#if THUMBNET_MVE
/* The multiply-accumulates of a vector of taps; `a` is "" to begin sums and "a" to add to them. */
#define THUMBNET_MVE_3X2(a)                                                                        \
    "vldrb.8 q3, [%[w]], #16\n"                                                                    \
    "vldrb.8 q4, [%[w]], #16\n"                                                                    \
    "vldrb.8 q0, [%[x0]], #16\n"                                                                   \
    "vmladav" a ".s8 r0, q0, q3\n"                                                                 \
    "vmladav" a ".s8 r2, q0, q4\n"                                                                 \
    "vldrb.8 q1, [%[x1]], #16\n"                                                                   \
    "vmladav" a ".s8 r4, q1, q3\n"                                                                 \
    "vmladav" a ".s8 r6, q1, q4\n"                                                                 \
    "vldrb.8 q2, [%[x2]], #16\n"                                                                   \
    "vmladav" a ".s8 r8, q2, q3\n"                                                                 \
    "vmladav" a ".s8 r10, q2, q4\n"
/* Two channels of three pixels; the pointers to inputs are back where they were. */
#define THUMBNET_MVE_PAIR(first, second, third)                                                    \
    "ldr lr, %[rest]\n" THUMBNET_MVE_3X2("") "wlstp.8 lr, lr, 5f\n"                                \
                                             "4:\n" THUMBNET_MVE_3X2("a") "letp lr, 4b\n"          \
                                                                          "5:\n"                   \
                                                                          "strd r0, r2, " first    \
                                                                          "\n"                     \
                                                                          "ldr r0, %[padded]\n"    \
                                                                          "strd r4, r6, " second   \
                                                                          "\n"                     \
                                                                          "sub %[x0], r0\n"        \
                                                                          "strd r8, r10, " third   \
                                                                          "\n"                     \
                                                                          "sub %[x1], r0\n"        \
                                                                          "sub %[x2], r0\n"
/* The same of at most 16 taps, the inputs in registers. */
#define THUMBNET_MVE_SHORT_PAIR(first, second, third)                                              \
    "vldrb.8 q3, [%[w]], #16\n"                                                                    \
    "vldrb.8 q4, [%[w]], #16\n"                                                                    \
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
    "1:\n" pair("[%[s]]", "[%[s], #16]",                                                           \
                "[%[s], #32]") "subs %[pairs], #1\n"                                               \
                               "beq 2f\n" pair("[%[s], #8]", "[%[s], #24]",                        \
                                               "[%[s], #40]") "add %[s], #48\n"                    \
                                                              "subs %[pairs], #1\n"                \
                                                              "bne 1b\n"                           \
                                                              "2:\n"
#endif

/* The sums of all channels of three pixels with `taps` contiguous inputs each, as [channels / 4, 3,
 * 4]. */
THUMBNET_INLINE void thumbnet_conv_2d_mve_sums_3(const thumbnet_conv_2d_mve_t *p, const int8_t *in0,
                                                 const int8_t *in1, const int8_t *in2, int32_t taps,
                                                 int32_t *sums)
{
#if THUMBNET_MVE
    register const int8_t *x0 __asm__("r1") = in0;
    register const int8_t *x1 __asm__("r3") = in1;
    register const int8_t *x2 __asm__("r5") = in2;
    register int32_t *s __asm__("r9") = sums;
    register const int8_t *w __asm__("r11") = p->weights;
    register int32_t pairs __asm__("r12") = (p->out_channels + 1) >> 1;
    const int32_t rest = taps - THUMBNET_MVE_VECTOR;
    const int32_t padded = (taps + THUMBNET_MVE_VECTOR - 1) & -THUMBNET_MVE_VECTOR;
    if (rest > 0) {
        __asm__ volatile(THUMBNET_MVE_PAIRS(THUMBNET_MVE_PAIR)
                         : [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [s] "+r"(s), [w] "+r"(w),
                           [pairs] "+r"(pairs)
                         : [rest] "m"(rest), [padded] "m"(padded)
                         : "r0", "r2", "r4", "r6", "r8", "r10", "lr", "q0", "q1", "q2", "q3", "q4",
                           "cc", "memory");
    } else {
        __asm__ volatile("dlstp.8 lr, %[taps]\n"
                         "vldrb.8 q0, [%[x0]]\n"
                         "vldrb.8 q1, [%[x1]]\n"
                         "vldrb.8 q2, [%[x2]]\n"
                         "lctp\n" THUMBNET_MVE_PAIRS(THUMBNET_MVE_SHORT_PAIR)
                         : [s] "+r"(s), [w] "+r"(w), [pairs] "+r"(pairs)
                         : [x0] "r"(x0), [x1] "r"(x1), [x2] "r"(x2), [taps] "r"(taps)
                         : "r0", "r2", "r4", "r6", "r8", "r10", "lr", "q0", "q1", "q2", "q3", "q4",
                           "cc", "memory");
    }
#else
    const int8_t *const in[3] = {in0, in1, in2};
    const int8_t *weights = p->weights;
    for (int32_t c = 0; c < p->out_channels; c += 2) {
        int32_t *pair = sums + c / 4 * 12 + c % 4;
        memset(pair, 0, 2 * sizeof *pair);
        memset(pair + 4, 0, 2 * sizeof *pair);
        memset(pair + 8, 0, 2 * sizeof *pair);
        for (int32_t i = 0; i < taps; i++, weights++) {
            for (int32_t j = 0; j < 3; j++) {
                pair[4 * j] += in[j][i] * weights[0];
                pair[4 * j + 1] += in[j][i] * weights[THUMBNET_MVE_VECTOR];
            }
            weights += i % THUMBNET_MVE_VECTOR == THUMBNET_MVE_VECTOR - 1 ? THUMBNET_MVE_VECTOR : 0;
        }
        weights += -taps & (THUMBNET_MVE_VECTOR - 1);
        weights += taps % THUMBNET_MVE_VECTOR != 0 ? THUMBNET_MVE_VECTOR : 0;
    }
#endif
}

/* The sums of all channels of one pixel, as [channels]. */
THUMBNET_INLINE void thumbnet_conv_2d_mve_sums_1(const thumbnet_conv_2d_mve_t *p, const int8_t *in,
                                                 int32_t taps, int32_t *sums)
{
    const int32_t padded = (taps + THUMBNET_MVE_VECTOR - 1) & -THUMBNET_MVE_VECTOR;
    const int8_t *weights = p->weights;
    for (int32_t c = 0; c < p->out_channels; c += 4, weights += 4 * padded, sums += 4) {
        /* Behind the last pair the same again: its sums are not used. */
        const int8_t *const behind = weights + (c + 2 < p->out_channels ? 2 * padded : 0);
#if THUMBNET_MVE
        register int32_t a __asm__("r0") = 0;
        register int32_t b __asm__("r2") = 0;
        register int32_t d __asm__("r4") = 0;
        register int32_t e __asm__("r6") = 0;
        const int8_t *x = in;
        const int8_t *w0 = weights;
        const int8_t *w1 = behind;
        __asm__ volatile("dlstp.8 lr, %[taps]\n"
                         "1:\n"
                         "vldrb.8 q0, [%[x]], #16\n"
                         "vldrb.8 q1, [%[w0]], #16\n"
                         "vmladava.s8 %[a], q0, q1\n"
                         "vldrb.8 q2, [%[w0]], #16\n"
                         "vmladava.s8 %[b], q0, q2\n"
                         "vldrb.8 q3, [%[w1]], #16\n"
                         "vmladava.s8 %[d], q0, q3\n"
                         "vldrb.8 q4, [%[w1]], #16\n"
                         "vmladava.s8 %[e], q0, q4\n"
                         "letp lr, 1b\n"
                         : [x] "+r"(x), [w0] "+r"(w0), [w1] "+r"(w1), [a] "+r"(a), [b] "+r"(b),
                           [d] "+r"(d), [e] "+r"(e)
                         : [taps] "r"(taps)
                         : "lr", "q0", "q1", "q2", "q3", "q4", "memory");
        sums[0] = a;
        sums[1] = b;
        sums[2] = d;
        sums[3] = e;
#else
        memset(sums, 0, 4 * sizeof *sums);
        for (int32_t i = 0; i < taps; i++) {
            const int32_t at =
                i / THUMBNET_MVE_VECTOR * 2 * THUMBNET_MVE_VECTOR + i % THUMBNET_MVE_VECTOR;
            sums[0] += in[i] * weights[at];
            sums[1] += in[i] * weights[at + THUMBNET_MVE_VECTOR];
            sums[2] += in[i] * behind[at];
            sums[3] += in[i] * behind[at + THUMBNET_MVE_VECTOR];
        }
#endif
    }
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
    for (; n >= 3; n -= 3, in += 3 * step, out += 3 * outputs.channels) {
        thumbnet_conv_2d_mve_sums_3(p, in, in + step, in + 2 * step, taps, sums);
        thumbnet_mve_outputs(&outputs, sums, 3, out);
    }
    for (; n > 0; n--, in += step, out += outputs.channels) {
        thumbnet_conv_2d_mve_sums_1(p, in, taps, sums);
        thumbnet_mve_outputs(&outputs, sums, 1, out);
    }
}

/* Copies the part of row `row` that a window of `width` columns from `column` reads, zero points
 * where it is outside; `in` is where the column would lie. */
THUMBNET_INLINE int8_t *thumbnet_conv_2d_mve_row(const thumbnet_conv_2d_mve_t *p, const int8_t *in,
                                                 int32_t column, int32_t width, int8_t *to)
{
    const int32_t depth = p->in_channels;
    const int32_t zero_point = p->in_zero_point;
    const int32_t space = p->in_width - column;
    int32_t first = column < 0 ? -column : 0;
    int32_t last = space < width ? space : width;
    if (first == 0 && last == width) {
        return thumbnet_mve_copy(to, in, width * depth);
    }
    first = first < width ? first : width;
    last = last > first ? last : first;
    to = thumbnet_mve_fill(to, zero_point, first * depth);
    to = thumbnet_mve_copy(to, in + first * depth, (last - first) * depth);
    return thumbnet_mve_fill(to, zero_point, (width - last) * depth);
}

/* The row kernel of windows; kernel_height and kernel_width are literals. `scratch` holds the sums
 * and three windows. */
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
        const int32_t made = n < 3 ? n : 3;
        int8_t *to = windows;
        for (int32_t j = 0; j < made; j++, column += stride) {
            for (int k = 0; k < kernel_height; k++) {
                const int8_t *row = (const int8_t *)rows[k];
                to = row == NULL ? thumbnet_mve_fill(to, p->in_zero_point, kernel_width * depth)
                                 : thumbnet_conv_2d_mve_row(p, row + (column - base) * depth,
                                                            column, kernel_width, to);
            }
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
