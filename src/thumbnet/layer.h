/* Row kernels and the loop that runs one over whole tensors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row kernel gets pointers to input rows and makes a run of consecutive pixels of one output
 * row. Layer-by-layer and streamed schedules differ only in where the rows come from. */
#ifndef THUMBNET_LAYER_H
#define THUMBNET_LAYER_H

#include <string.h>

#include "thumbnet.h"

/* Makes pixels [x, x + n) of one output row.
 *
 * constants  the kernel's own const structure
 * rows       the input rows in kernel order, those of the first input first; each points at the
 *            first column that the run reads, max(x * stride_width - pad_left, 0); NULL is a row
 *            outside the tensor: zero point to a convolution, left out by a pooling
 * out        the first pixel of the run
 * scratch    at least the bytes that the plan gave this operator; its contents die with the call,
 *            except for accumulating kernels (see clear in thumbnet_layer_t) */
typedef void (*thumbnet_row_kernel_t)(const void *constants, const void *const *rows, void *out,
                                      int32_t x, int32_t n, void *scratch);

/* Which rows of one input tensor an output row y reads: kernel_height rows from
 * y * stride - pad, or the one row map[y]; and which columns a pixel x does: kernel_width columns
 * from x * stride_width - pad_left, or the whole row where stride_width is 0. */
typedef struct {
    const uint16_t *map; /* NULL unless rows are picked one by one (resizing) */
    uint32_t row_size;   /* bytes */
    uint16_t height;     /* rows of the tensor */
    uint16_t kernel_height;
    uint16_t stride;
    uint16_t pad;
    uint16_t kernel_width;
    uint16_t stride_width;
    uint16_t pad_left;
} thumbnet_source_t;

/* One operator over whole tensors. */
typedef struct {
    const void *constants;
    const thumbnet_source_t *sources; /* one an input */
    uint32_t out_row_size;            /* bytes from one output row to the next; 0: accumulating */
    uint16_t steps;                   /* output rows; of an accumulating kernel, input rows */
    uint16_t inputs;
    uint32_t width; /* pixels of a run: the whole row */
    uint32_t clear; /* bytes of scratch that are zero before the first step */
} thumbnet_layer_t;

/* The most row pointers an operator of this model needs; the generated file says so first. */
#ifndef THUMBNET_MAX_ROWS
#error "define THUMBNET_MAX_ROWS before including thumbnet/layer.h"
#endif

/* Collects the rows that output row y reads; returns how many pointers it wrote. */
static inline uint32_t thumbnet_source_rows(const thumbnet_source_t *source, const uint8_t *tensor,
                                            int32_t y, const void **rows)
{
    if (source->map != NULL) {
        rows[0] = tensor + source->map[y] * source->row_size;
        return 1;
    }
    const int32_t first = y * (int32_t)source->stride - (int32_t)source->pad;
    for (int32_t k = 0; k < (int32_t)source->kernel_height; k++) {
        const int32_t row = first + k;
        rows[k] = row < 0 || row >= (int32_t)source->height
                      ? NULL
                      : tensor + (uint32_t)row * source->row_size;
    }
    return source->kernel_height;
}

/* Moves bytes to `distance` bytes lower, from the left in pieces that do not overlap: memcpy is
 * linked anyway, memmove would not be. */
static inline void thumbnet_move_down(uint8_t *to, uint32_t distance, uint32_t size)
{
    for (; size > distance; size -= distance) {
        memcpy(to, to + distance, distance);
        to += distance;
    }
    memcpy(to, to + distance, size);
}

/* Runs a kernel over whole tensors, row by row from the top. */
static THUMBNET_NOINLINE void thumbnet_run_layer(thumbnet_row_kernel_t kernel,
                                                 const thumbnet_layer_t *layer,
                                                 const void *const *inputs, void *out,
                                                 void *scratch)
{
    const void *rows[THUMBNET_MAX_ROWS];
    uint8_t *row_out = (uint8_t *)out;
    if (scratch != NULL && layer->clear != 0) {
        memset(scratch, 0, layer->clear);
    }
    for (int32_t y = 0; y < (int32_t)layer->steps; y++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < layer->inputs; i++) {
            count += thumbnet_source_rows(&layer->sources[i], (const uint8_t *)inputs[i], y,
                                          rows + count);
        }
        kernel(layer->constants, rows, row_out, 0, (int32_t)layer->width, scratch);
        row_out += layer->out_row_size;
    }
}

#endif
