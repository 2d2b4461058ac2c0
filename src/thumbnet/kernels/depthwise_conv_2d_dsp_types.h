/* What the parts of depthwise_conv_2d_dsp.h share. SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_TYPES_H
#define THUMBNET_KERNELS_DEPTHWISE_CONV_2D_DSP_TYPES_H

#include "thumbnet/requantize.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) &&                                           \
    (defined(__GNUC__) || defined(__clang__)) && !defined(THUMBNET_NO_ASM)
#define THUMBNET_DEPTHWISE_ASM 1
#endif

typedef struct {
    const int32_t *records; /* one a channel, see depthwise_conv_2d_dsp.h */
    uint16_t channels;
    uint16_t in_width;
    uint16_t most; /* output columns of a pass, even */
    uint8_t pad_left;
    int8_t in_zero_point;
} thumbnet_depthwise_conv_2d_dsp_t;

/* One or two input rows as they are expanded: four channels of each column of a pass. */
typedef struct {
    const int8_t *a;
    const int8_t *b; /* unused where there is one row */
    int32_t a_step;  /* bytes to the next column; 0: outside, a points at zero_points */
    int32_t b_step;
    int32_t *out;        /* the first group that has a column inside */
    int32_t columns;     /* 2 * columns inside + (the first is the second of its group) */
    int32_t zero_points; /* four bytes */
    int32_t a_advance;   /* bytes to the next four channels */
    int32_t b_advance;
} thumbnet_depthwise_strip_t;

/* What the sums of a pass need. */
typedef struct {
    int32_t weights[6]; /* of the channel at hand */
    int32_t multiplier;
    int32_t rounding;
    int8_t *out;
    int32_t step[3]; /* bytes from an output to the next three */
    /* Of the channel at hand; before the first, those of the channel before it. */
    const int32_t *last_four; /* where the columns of the last four outputs begin, */
    const int32_t *end;       /* where those of one more output would, */
    const int32_t *columns;   /* its own in the first group, */
    int8_t *outputs;          /* its first output */
    const int32_t *record;    /* of the next channel */
    int32_t count;            /* channels */
    int32_t frame;            /* r7 */
    /* For thumbnet_depthwise_blocks: what a strip has, of three rows. */
    int32_t *words;
    const int8_t *rows[3];
    int32_t offset;
    int32_t columns_step;
    int32_t columns_inside;
    int32_t zero_points;
    int32_t blocks; /* of four channels */
} thumbnet_depthwise_context_t;

typedef void thumbnet_depthwise_pack_t(thumbnet_depthwise_strip_t *strip);
typedef void thumbnet_depthwise_sums_t(thumbnet_depthwise_context_t *context);

/* What the kernel is made of. */
typedef struct {
    int32_t size; /* rows and columns of the kernel */
    int32_t stride;
    thumbnet_depthwise_pack_t *pack_two; /* expand strips of two rows and of one */
    thumbnet_depthwise_pack_t *pack_one;
    thumbnet_depthwise_sums_t *sums; /* makes the outputs */
    /* Does both for all whole blocks where no row is outside; NULL: one by one. */
    thumbnet_depthwise_sums_t *blocks;
} thumbnet_depthwise_how_t;

#endif
