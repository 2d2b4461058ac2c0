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
    int8_t out_zero_point; /* for records that hold bytes */
} thumbnet_depthwise_conv_2d_dsp_t;

/* One or two input rows as they are expanded: four channels of each column of a pass. */
typedef struct {
    const int8_t *rows[2]; /* the second is unset where there is one */
    int32_t steps[2];      /* bytes to the next column; 0: outside, the row is zero_points */
    int32_t *out;          /* the first group that has a column inside */
    int32_t columns;       /* 2 * columns inside + (the first is the second of its group) */
    int32_t zero_points;   /* four bytes */
    int32_t advances[2];   /* bytes to the next four channels */
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
    /* Where records hold bytes. */
    int32_t shift; /* of the channel at hand */
    int32_t zero;  /* 2 * output zero point + 1 */
    int32_t mask;
    int32_t *expanded; /* a channel's words; not for 3x3 */
} thumbnet_depthwise_context_t;

/* A run, and how far it has come. */
typedef struct {
    const thumbnet_depthwise_conv_2d_dsp_t *layer;
    const void *const *rows; /* at input column `base` */
    int32_t *words;          /* scratch */
    int8_t *out;             /* of the pass */
    int32_t size;            /* rows and columns of the kernel */
    int32_t stride;
    int32_t base;
    int32_t column; /* where the window of the pass's first output begins */
    int32_t rest;   /* outputs that are to be made, with those of the pass */
    int32_t made;   /* outputs of the pass */
    int32_t left;   /* columns of the pass that lie outside, before those inside */
    int32_t inside;
    int32_t channel; /* the first that is to be made */
    thumbnet_depthwise_strip_t strips[4];
    thumbnet_depthwise_context_t context;
} thumbnet_depthwise_state_t;

#endif
