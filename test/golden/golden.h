/* How golden cases are described: see make_golden.py. SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <thumbnet/layer.h>

/* What a layer's source does not say about an input. */
typedef struct {
    uint16_t width; /* pixels of a row */
    uint16_t pixel_size;
    int32_t overlap; /* the output may begin so many bytes below the input; -1: nowhere on it */
} golden_input_t;

/* One operator with inputs and the outputs that TFLite's interpreter computed from them. */
typedef struct {
    const char *name;
    thumbnet_row_kernel_t kernel;
    const thumbnet_layer_t *layer;
    const golden_input_t *inputs;
    const void *const *vectors; /* of one sample after the other: the inputs, then the output */
    uint32_t samples;
    uint32_t out_size;
    uint32_t out_pixel_size;
    uint32_t scratch_size;
    uint32_t pointwise; /* the whole tensor may be run as one long row */
} golden_case_t;

#endif
