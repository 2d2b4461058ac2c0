/* depthwise_conv_2d of multiplier 1 for Helium. SPDX-License-Identifier: Apache-2.0
 *
 * The windows of a few neighbouring pixels are copied to scratch channel by channel, their columns
 * one behind the other: a pixel's window of one channel is then contiguous, a load and a VMLADAVA
 * for nine taps. Eight channels are scattered at once. Zero points stand where windows reach
 * outside. Weights are in the same order, zeros behind the last tap, so what else a vector loads
 * does not count. Eight channels of all these pixels are written before the next eight are read. */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_MVE_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_MVE_H

#include "thumbnet/kernels/mve.h"

typedef struct {
    const int8_t *weights;   /* [channels, vectors * 16]: [kernel_width, kernel_height], zeros */
    const int32_t *bias;     /* [channels], the input's zero point folded in */
    const int32_t *mantissa; /* [channels] */
    const int8_t *shift;     /* [channels] */
    uint16_t channels;
    uint16_t in_width;
    uint16_t ties_up; /* channels before this one round ties up, the others away from zero */
    uint8_t stride_width;
    uint8_t pad_left;
    uint8_t together; /* pixels that scratch has room for */
    int8_t in_zero_point;
    int8_t out_zero_point;
    int8_t low; /* the fused activation */
    int8_t high;
} thumbnet_depthwise_conv_2d_mve_t;

/* `count` columns of eight channels, from `in` or (NULL) zero points, scattered: channel c goes to
 * to[c * plane], the columns `height` bytes apart. */
THUMBNET_INLINE int8_t *thumbnet_depthwise_mve_scatter(const thumbnet_depthwise_conv_2d_mve_t *p,
                                                       const int8_t *in, int32_t channels,
                                                       int32_t count, int32_t height, int32_t plane,
                                                       int8_t *to)
{
    const int32_t depth = p->channels;
#if THUMBNET_MVE
    const uint16x8_t places = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)plane);
    if (in == NULL) {
        const int16x8_t zero_points = vdupq_n_s16(p->in_zero_point);
        __asm__ volatile("wls lr, %[count], 2f\n"
                         "1:\n"
                         "vstrb.16 %q[values], [%[to], %q[places]]\n"
                         "add %[to], %[height]\n"
                         "le lr, 1b\n"
                         "2:\n"
                         : [to] "+r"(to)
                         : [count] "r"(count), [height] "r"(height), [values] "w"(zero_points),
                           [places] "w"(places)
                         : "lr", "memory");
    } else if (channels >= 8) {
        int16x8_t values;
        __asm__ volatile(
            "wls lr, %[count], 2f\n"
            "1:\n"
            "vldrb.u16 %q[values], [%[in]]\n"
            "add %[in], %[depth]\n"
            "vstrb.16 %q[values], [%[to], %q[places]]\n"
            "add %[to], %[height]\n"
            "le lr, 1b\n"
            "2:\n"
            : [to] "+r"(to), [in] "+l"(in), [values] "=&w"(values)
            : [count] "r"(count), [height] "r"(height), [depth] "r"(depth), [places] "w"(places)
            : "lr", "memory");
    } else {
        const mve_pred16_t lanes = vctp16q((uint32_t)channels);
        for (; count > 0; count--, in += depth, to += height) {
            vstrbq_scatter_offset_s16(to, places, vldrbq_z_s16(in, lanes));
        }
    }
#else
    for (; count > 0; count--, to += height) {
        for (int32_t c = 0; c < channels && c < 8; c++) {
            to[c * plane] = in == NULL ? p->in_zero_point : in[c];
        }
        in = in == NULL ? NULL : in + depth;
    }
#endif
    return to;
}

/* Eight channels from `channel`, or as many as there are, of `columns` columns of the input, the
 * first of them number `column`; the rows point at column `base`. One copy serves all sizes. */
static THUMBNET_NOINLINE void
thumbnet_depthwise_mve_planes(const thumbnet_depthwise_conv_2d_mve_t *p, const void *const *rows,
                              int32_t height, int32_t channel, int32_t column, int32_t columns,
                              int32_t base, int8_t *planes)
{
    const int32_t depth = p->channels;
    const int32_t left = depth - channel;
    const int32_t plane = columns * height;
    const int32_t space = p->in_width - column;
    int32_t first = column < 0 ? -column : 0;
    int32_t last = space < columns ? space : columns;
    first = first < columns ? first : columns;
    last = last > first ? last : first;
    const int32_t offset = (column + first - base) * depth + channel;
    for (int32_t k = 0; k < height; k++) {
        const int8_t *in = rows[k] == NULL ? NULL : (const int8_t *)rows[k] + offset;
        int8_t *to = planes + k;
        to = thumbnet_depthwise_mve_scatter(p, NULL, left, first, height, plane, to);
        to = thumbnet_depthwise_mve_scatter(p, in, left, last - first, height, plane, to);
        thumbnet_depthwise_mve_scatter(p, NULL, left, columns - last, height, plane, to);
    }
}

#if THUMBNET_MVE
/* What the assembly loads. */
typedef struct {
    const int8_t *weights;
    const int8_t *planes[4];
    int8_t *out;
    int32_t zero_point;
    int32_t channels;
    const int32_t *bias;
    const int32_t *mantissa;
    const int8_t *shift;
    int32_t n;
} thumbnet_depthwise_mve_t;

/* A channel's taps of one pixel. */
#define THUMBNET_MVE_TAPS(sum, x, weights, step)                                                   \
    "vldrb.8 q7, [" x "], #" step "\n"                                                             \
    "vmladav.s8 " sum ", q7, " weights "\n"
/* Four channels of n pixels of up to 16 taps, windows `step` bytes apart, clamped to int8 alone:
 * twenty instructions a pixel. The assembly keeps the weights of four channels and their
 * requantization in the other seven vectors, which leaves gcc's own none to work with. */
#define THUMBNET_MVE_DEPTHWISE(at, step)                                                           \
    __asm__ volatile("ldrd r4, r5, [r12, #32]\n"                                                   \
                     "vldrw.32 q4, [r4]\n"                                                         \
                     "vldrw.32 q5, [r5]\n"                                                         \
                     "ldrd r4, lr, [r12, #40]\n"                                                   \
                     "vldrb.s32 q6, [r4]\n"                                                        \
                     "ldm r12, {r0, r1, r3, r4, r6}\n"                                             \
                     "mov r9, r4\n"                                                                \
                     "mov r11, r6\n"                                                               \
                     "ldrd r5, r8, [r12, #20]\n"                                                   \
                     "ldr r12, [r12, #28]\n"                                                       \
                     "vldrb.8 q0, [r0]\n"                                                          \
                     "vldrb.8 q1, [r0, #16]\n"                                                     \
                     "vldrb.8 q2, [r0, #32]\n"                                                     \
                     "vldrb.8 q3, [r0, #48]\n"                                                     \
                     "dls lr, lr\n"                                                                \
                     "1:\n" THUMBNET_MVE_TAPS("r0", "r1", "q0", step) THUMBNET_MVE_TAPS(           \
                         "r2", "r3", "q1", step) THUMBNET_MVE_TAPS("r4", "r9", "q2", step)         \
                         THUMBNET_MVE_TAPS("r6", "r11", "q3", step) "vmov q7[2], q7[0], r0, r4\n"  \
                                                                    "vmov q7[3], q7[1], r2, r6\n"  \
                                                                    "vadd.i32 q7, q7, q4\n"        \
                                                                    "vqrdmulh.s32 q7, q7, q5\n"    \
                                                                    "vrshl.s32 q7, q7, q6\n"       \
                                                                    "vqadd.s32 q7, q7, r8\n"       \
                                                                    "vqmovnb.s32 q7, q7\n"         \
                                                                    "vqmovnb.s16 q7, q7\n"         \
                                                                    "vstrb.32 q7, [r5]\n"          \
                                                                    "add r5, r12\n"                \
                                                                    "le lr, 1b\n"                  \
                     : "+r"(at)                                                                    \
                     :                                                                             \
                     : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r11", "lr", "q0",    \
                       "q1", "q2", "q3", "q4", "q5", "q6", "q7", "memory")

/* The sum of a channel's taps. */
THUMBNET_INLINE int32_t thumbnet_depthwise_mve_sum(const int8_t *x, const int8_t *weights,
                                                   int vectors)
{
    int32_t sum = vmladavq_s8(vldrbq_s8(x), vldrbq_s8(weights));
    for (int v = 1; v < vectors; v++) {
        sum = vmladavaq_s8(sum, vldrbq_s8(x + 16 * v), vldrbq_s8(weights + 16 * v));
    }
    return sum;
}

/* Channels [c, c + 4), or as many as there are, of n pixels. */
THUMBNET_INLINE void thumbnet_depthwise_mve_group(const thumbnet_depthwise_conv_2d_mve_t *p,
                                                  int32_t c, int vectors, const int8_t *x,
                                                  int32_t plane, int32_t step, int32_t n,
                                                  int8_t *out)
{
    const int32_t left = p->channels - c;
    const mve_pred16_t lanes = vctp32q((uint32_t)left);
    const int32x4_t bias = vldrwq_z_s32(p->bias + c, lanes);
    const int32x4_t mantissa = vldrwq_z_s32(p->mantissa + c, lanes);
    const int32x4_t shift = vldrbq_z_s32(p->shift + c, lanes);
    /* Ties away from zero: one less where a sum is negative and shifted (shift is negative). */
    const mve_pred16_t up = vctp32q((uint32_t)(c < p->ties_up ? p->ties_up - c : 0));
    const int32x4_t away = vpselq_s32(vdupq_n_s32(0), shift, up);
    const int32x4_t low = vdupq_n_s32(p->low);
    const int32x4_t high = vdupq_n_s32(p->high);
    const int32_t size = 16 * vectors;
    const int8_t *w0 = p->weights + c * size;
    const int8_t *w1 = w0 + (left > 1 ? size : 0);
    const int8_t *w2 = w1 + (left > 2 ? size : 0);
    const int8_t *w3 = w2 + (left > 3 ? size : 0);
    for (; n > 0; n--, x += step, out += p->channels) {
        int32x4_t sum = vdupq_n_s32(thumbnet_depthwise_mve_sum(x, w0, vectors));
        sum = vsetq_lane_s32(thumbnet_depthwise_mve_sum(x + plane, w1, vectors), sum, 1);
        sum = vsetq_lane_s32(thumbnet_depthwise_mve_sum(x + 2 * plane, w2, vectors), sum, 2);
        sum = vsetq_lane_s32(thumbnet_depthwise_mve_sum(x + 3 * plane, w3, vectors), sum, 3);
#if THUMBNET_NEAREST_EVEN
        int32x4_t value = thumbnet_mve_rounded_even(vaddq_s32(sum, bias), mantissa, shift);
        value = vqaddq_n_s32(value, p->out_zero_point);
        (void)away;
#else
        int32x4_t value = vqrdmulhq_s32(vaddq_s32(sum, bias), mantissa);
        value = vqaddq_s32(value, vshrq_n_s32(vandq_s32(value, away), 31));
        value = vqaddq_n_s32(vrshlq_s32(value, shift), p->out_zero_point);
#endif
        vstrbq_p_s32(out, vminq_s32(vmaxq_s32(value, low), high), lanes);
    }
}
#endif

/* Channels [c, end) of n pixels from their planes. */
THUMBNET_INLINE void thumbnet_depthwise_mve_pixels(const thumbnet_depthwise_conv_2d_mve_t *p,
                                                   int taps, int step, int32_t c, int32_t end,
                                                   const int8_t *planes, int32_t plane, int32_t n,
                                                   int8_t *out)
{
    const int vectors = (taps + 15) / 16;
    const int32_t channels = p->channels;
#if THUMBNET_MVE
    const int narrow = !THUMBNET_NEAREST_EVEN && taps <= 16 && (step == 3 || step == 6) &&
                       p->low == -128 && p->high == 127;
    for (; c < end; c += 4, planes += 4 * plane, out += 4) {
        if (narrow && c + 4 <= channels && c + 4 <= p->ties_up) {
            const thumbnet_depthwise_mve_t four = {
                .weights = p->weights + 16 * c,
                .planes = {planes, planes + plane, planes + 2 * plane, planes + 3 * plane},
                .out = out,
                .zero_point = p->out_zero_point,
                .channels = channels,
                .bias = p->bias + c,
                .mantissa = p->mantissa + c,
                .shift = p->shift + c,
                .n = n};
            register const thumbnet_depthwise_mve_t *at __asm__("r12") = &four;
            if (step == 3) {
                THUMBNET_MVE_DEPTHWISE(at, "3");
            } else {
                THUMBNET_MVE_DEPTHWISE(at, "6");
            }
        } else {
            thumbnet_depthwise_mve_group(p, c, vectors, planes, plane, step, n, out);
        }
    }
#else
    for (; c < end; c++, planes += plane, out++) {
        for (int32_t i = 0; i < n; i++) {
            int32_t sum = p->bias[c];
            for (int t = 0; t < taps; t++) {
                sum += planes[i * step + t] * p->weights[c * vectors * 16 + t];
            }
            sum = THUMBNET_NEAREST_EVEN
                      ? thumbnet_requantize_even(sum, p->mantissa[c], p->shift[c], 0)
                  : c < p->ties_up
                      ? thumbnet_requantize(sum, p->mantissa[c], p->shift[c])
                      : thumbnet_multiply_by_quantized_multiplier(sum, p->mantissa[c], p->shift[c]);
            /* A value that could overflow is far outside the clamp. */
            sum = thumbnet_clamp(sum, -1024, 1024) + p->out_zero_point;
            out[i * channels] = (int8_t)thumbnet_clamp(sum, p->low, p->high);
        }
    }
#endif
}

/* The row kernel; kernel_height, kernel_width and stride are literals. `scratch` holds the planes
 * of eight channels, of the columns that `together` pixels read, and a vector behind. */
THUMBNET_INLINE void thumbnet_depthwise_conv_2d_mve_s8(const void *constants, int kernel_height,
                                                       int kernel_width, int stride,
                                                       const void *const *rows, void *out,
                                                       int32_t x, int32_t n, void *scratch)
{
    const thumbnet_depthwise_conv_2d_mve_t *p = (const thumbnet_depthwise_conv_2d_mve_t *)constants;
    int8_t *planes = (int8_t *)scratch;
    int8_t *pixel = (int8_t *)out;
    int32_t column = x * stride - p->pad_left;
    const int32_t base = column > 0 ? column : 0;
    while (n > 0) {
        const int32_t made = n < p->together ? n : p->together;
        const int32_t columns = (made - 1) * stride + kernel_width;
        for (int32_t c = 0; c < p->channels; c += 8) {
            const int32_t end = c + 8 < p->channels ? c + 8 : p->channels;
            thumbnet_depthwise_mve_planes(p, rows, kernel_height, c, column, columns, base, planes);
            thumbnet_depthwise_mve_pixels(p, kernel_height * kernel_width, stride * kernel_height,
                                          c, end, planes, columns * kernel_height, made, pixel + c);
        }
        n -= made;
        pixel += made * p->channels;
        column += made * stride;
    }
}

#endif
