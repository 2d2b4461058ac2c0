/* How golden cases are described: see make_golden.py. SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <thumbnet/layer.h>

/* What a layer's source does not say about an input. */
typedef struct {
    uint16_t width; /* pixels of a row */
    uint16_t pixel_size;
    int32_t overlap; /* the output may begin so many bytes below the input; -1: nowhere on it; -1 -
                        n: neither, and the kernel changes it to the vector n behind the output's */
} golden_input_t;

/* One operator with inputs and the outputs that TFLite's interpreter computed from them. */
typedef struct {
    const char *name;
    thumbnet_row_kernel_t kernel;
    const thumbnet_layer_t *layer;
    const golden_input_t *inputs;
    const void *const *vectors; /* of one sample after the other: the inputs, the output, and
                                   states behind it */
    uint32_t samples;
    uint32_t out_size;
    uint32_t out_pixel_size;
    uint32_t scratch_size;
    uint32_t pointwise; /* the whole tensor may be run as one long row */
} golden_case_t;

/* What the generated headers are made of. */
#define GOLDEN_KERNEL(name, function, ...)                                                         \
    static void name(const void *constants, const void *const *rows, void *out, int32_t x,         \
                     int32_t n, void *scratch)                                                     \
    {                                                                                              \
        function(__VA_ARGS__, rows, out, x, n, scratch);                                           \
    }
#define GOLDEN_LAYER(name, row_size, step_count, input_count, pixels, clear_size)                  \
    static const thumbnet_layer_t name##_layer = {.constants = &name##_constants,                  \
                                                  .sources = name##_sources,                       \
                                                  .out_row_size = row_size,                        \
                                                  .steps = step_count,                             \
                                                  .inputs = input_count,                           \
                                                  .width = pixels,                                 \
                                                  .clear = clear_size};
#define GOLDEN_CASE(name, model, kernel, samples, out_size, out_pixel_size, scratch_size,          \
                    pointwise)                                                                     \
    {#name,   kernel,   &name##_layer,  name##_inputs, model##_vectors,                            \
     samples, out_size, out_pixel_size, scratch_size,  pointwise}

#endif
