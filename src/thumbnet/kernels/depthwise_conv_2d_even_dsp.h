/* Outputs of depthwise_conv_2d_dsp.h, rounded as onnxruntime does. SPDX-License-Identifier:
 * Apache-2.0
 *
 * Columns are expanded as there, records hold words of weights; behind them come bias, mantissa and
 * shift. Two taps an instruction, in C. */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_EVEN_DSP_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_EVEN_DSP_H

#include "thumbnet/kernels/convolution.h"
#include "thumbnet/kernels/depthwise_conv_2d_dsp_types.h"
#include "thumbnet/kernels/even_dsp.h"

THUMBNET_INLINE int32_t thumbnet_depthwise_two_taps(int32_t x, int32_t y, int32_t sum)
{
#if defined(THUMBNET_DEPTHWISE_ASM)
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(x), "r"(y));
    return sum;
#else
    return sum + (int32_t)(int16_t)x * (int16_t)y + (x >> 16) * (y >> 16);
#endif
}

/* The sum of an output from the words of the group in which its window begins, with the right
 * column where `right`; size and right are literals. */
THUMBNET_INLINE int32_t thumbnet_depthwise_even_sum(const int32_t *words, const int32_t *weights,
                                                    int size, int right)
{
    const int pitch = 4 * size;
    int32_t sum = 0;
    THUMBNET_UNROLL
    for (int row = 0; row + 1 < size; row += 2) {
        THUMBNET_UNROLL
        for (int at = right; at < right + size; at++) {
            const int32_t word = words[(at >> 1) * pitch + row + (at & 1)];
            sum = thumbnet_depthwise_two_taps(word, *weights++, sum);
        }
    }
    const int32_t *const last = words + size - 1;
    const int half = size / 2;
    THUMBNET_UNROLL
    for (int j = 0; j < half; j++) {
        sum =
            thumbnet_depthwise_two_taps(last[(j + right) * pitch], weights[j + right * half], sum);
    }
    return sum + (right ? (last[0] >> 16) * (int16_t)weights[0]
                        : (int16_t)last[half * pitch] * (weights[2 * half - 1] >> 16));
}

/* The outputs of context->count channels; size and stride are literals. */
THUMBNET_INLINE void thumbnet_depthwise_even_channels(thumbnet_depthwise_state_t *state, int size,
                                                      int stride)
{
    thumbnet_depthwise_context_t *const context = &state->context;
    for (; context->count > 0; context->count--) {
        const int32_t *words = context->columns += size;
        int8_t *out = ++context->outputs;
        const int32_t step = context->step[0];
        const int32_t *const weights = context->record;
        const int32_t *const behind = weights + size / 2 * size + size - 1;
        const thumbnet_even_channel_t channel =
            thumbnet_even_channel(behind[0], behind[1], behind[2], state->layer->out_zero_point);
        for (int32_t i = state->made; i > 0; i -= 2) {
            *out = thumbnet_even_dsp_output(&channel,
                                            thumbnet_depthwise_even_sum(words, weights, size, 0));
            out += step;
            words += 4 * size;
            if (i > 1) {
                const int32_t *const second = stride == 1 ? words - 4 * size : words;
                *out = thumbnet_even_dsp_output(
                    &channel, thumbnet_depthwise_even_sum(second, weights, size, stride == 1));
                out += step;
                words += stride == 1 ? 0 : 4 * size;
            }
        }
        context->record = behind + 3;
    }
}

#endif
