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

/* A kernel that another one calls. */
typedef struct {
    thumbnet_row_kernel_t kernel;
    const void *constants;
} thumbnet_part_t;

/* Types of the tables' fields: the generated file says first where smaller ones are enough. */
#ifndef THUMBNET_SIZE
#define THUMBNET_SIZE uint32_t /* bytes, pixels, offsets in the arena */
#endif
#ifndef THUMBNET_WINDOW
#define THUMBNET_WINDOW uint16_t /* kernels, strides and paddings */
#endif

/* Whether an operator of this model picks rows one by one. */
#ifndef THUMBNET_ROW_MAPS
#define THUMBNET_ROW_MAPS 1
#endif

/* Whether an operator of this model leaves out rows or columns in front of those that it reads: its
 * paddings are negative then. */
#ifndef THUMBNET_CROPS
#define THUMBNET_CROPS 0
#endif
#if THUMBNET_CROPS
#define THUMBNET_PAD int32_t
#else
#define THUMBNET_PAD THUMBNET_WINDOW
#endif

/* Whether an operator of this model has to know which row it makes: the pointer behind those to its
 * input rows is that number. */
#ifndef THUMBNET_ROW_NUMBERS
#define THUMBNET_ROW_NUMBERS 0
#endif

/* Whether a stage of this model is streamed: then columns matter, too. */
#ifndef THUMBNET_STREAMS
#define THUMBNET_STREAMS 1
#endif

/* Which rows of one input tensor an output row y reads: kernel_height rows from
 * y * stride - pad, or the one row map[y]; and which columns a pixel x does: kernel_width columns
 * from x * stride_width - pad_left, or the whole row where stride_width is 0. Negative paddings are
 * rows and columns that are left out. */
typedef struct {
#if THUMBNET_ROW_MAPS
    const uint16_t *map; /* NULL unless rows are picked one by one (resizing) */
#endif
    THUMBNET_SIZE row_size; /* bytes */
    uint16_t height;        /* rows of the tensor */
    THUMBNET_WINDOW kernel_height;
    THUMBNET_WINDOW stride;
    THUMBNET_PAD pad;
#if THUMBNET_CROPS
    THUMBNET_SIZE left_out; /* bytes of a row in front of the first column that is read */
#endif
#if THUMBNET_STREAMS
    THUMBNET_WINDOW kernel_width;
    THUMBNET_WINDOW stride_width;
    THUMBNET_PAD pad_left;
#endif
} thumbnet_source_t;

/* One operator over whole tensors. */
typedef struct {
    thumbnet_row_kernel_t kernel;
    const void *constants;
    const thumbnet_source_t *sources; /* one an input */
    THUMBNET_SIZE out_row_size;       /* bytes from one output row to the next; 0: accumulating */
    THUMBNET_SIZE width;              /* pixels of a run: the whole row */
    THUMBNET_SIZE clear; /* bytes of scratch that are zero before the first step; whole words */
    uint16_t steps;      /* output rows; of an accumulating kernel, input rows */
    uint16_t inputs;
} thumbnet_layer_t;

/* The most row pointers an operator of this model needs; the generated file says so first. */
#ifndef THUMBNET_MAX_ROWS
#error "define THUMBNET_MAX_ROWS before including thumbnet/layer.h"
#endif

/* What stands behind the pointers to input rows: the number of the output row, as a pointer. */
#if THUMBNET_ROW_NUMBERS
#define THUMBNET_NUMBER_ROW(rows, y) ((rows) = (const void *)(uintptr_t)(uint32_t)(y))
#else
#define THUMBNET_NUMBER_ROW(rows, y) ((void)0)
#endif

/* The first row that output row y reads. */
THUMBNET_INLINE int32_t thumbnet_source_row(const thumbnet_source_t *source, int32_t y)
{
#if THUMBNET_ROW_MAPS
    if (source->map != NULL) {
        return source->map[y];
    }
#endif
    return y * source->stride - source->pad;
}

/* Collects the rows that output row y reads; returns how many pointers it wrote. */
static inline uint32_t thumbnet_source_rows(const thumbnet_source_t *source, const uint8_t *tensor,
                                            int32_t y, const void **rows)
{
    const int32_t first = thumbnet_source_row(source, y);
#if THUMBNET_CROPS
    tensor += source->left_out;
#endif
    for (int32_t k = 0; k < (int32_t)source->kernel_height; k++) {
        const int32_t row = first + k;
        rows[k] = row < 0 || row >= (int32_t)source->height
                      ? NULL
                      : tensor + (uint32_t)row * source->row_size;
    }
    return source->kernel_height;
}

/* Zeroes whole words; volatile keeps compilers from calling memset, which is larger. */
static inline void thumbnet_clear(void *words, uint32_t size)
{
    for (volatile uint32_t *word = (volatile uint32_t *)words; size >= 4u; size -= 4u) {
        *word++ = 0;
    }
}

/* Sets bytes; volatile for the same reason. */
static inline void thumbnet_fill(void *bytes, uint8_t value, uint32_t size)
{
    for (volatile uint8_t *byte = (volatile uint8_t *)bytes; size != 0; size--) {
        *byte++ = value;
    }
}

/* Moves bytes to where they do not overlap, or to lower addresses. The C library's memcpy is larger
 * and takes 10 instructions for 16 bytes. */
static THUMBNET_NOINLINE void thumbnet_move(void *to, const void *from, uint32_t size)
{
    uint8_t *out = (uint8_t *)to;
    const uint8_t *in = (const uint8_t *)from;
#if defined(__thumb__) && defined(__GNUC__)
    if ((((uintptr_t)to ^ (uintptr_t)from) & 3u) == 0) {
        for (; size >= 16u && ((uintptr_t)out & 3u) != 0; size--) {
            *out++ = *in++;
        }
        for (; size >= 16u; size -= 16u) {
            __asm__ volatile("ldmia %1!, {r2, r3, r4, r5}\n\tstmia %0!, {r2, r3, r4, r5}"
                             : "+l"(out), "+l"(in)
                             :
                             : "r2", "r3", "r4", "r5", "memory");
        }
    }
#ifdef __ARM_FEATURE_UNALIGNED
    for (; size >= 4u; size -= 4u, in += 4, out += 4) {
        __builtin_memcpy(out, in, 4);
    }
#endif
    for (; size != 0; size--) {
        *(volatile uint8_t *)out++ = *in++;
    }
#else
    const uintptr_t distance = (uintptr_t)in - (uintptr_t)out; /* of higher addresses a huge one */
    for (; size > distance; size -= (uint32_t)distance) {
        memcpy(out, in, distance);
        out += distance;
        in += distance;
    }
    memcpy(out, in, size);
#endif
}

/* Runs a kernel over whole tensors, row by row from the top. */
static inline void thumbnet_run_layer(thumbnet_row_kernel_t kernel, const thumbnet_layer_t *layer,
                                      const void *const *inputs, void *out, void *scratch)
{
    const void *rows[THUMBNET_MAX_ROWS + THUMBNET_ROW_NUMBERS];
    uint8_t *row_out = (uint8_t *)out;
    thumbnet_clear(scratch, layer->clear);
    for (int32_t y = 0; y < (int32_t)layer->steps; y++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < layer->inputs; i++) {
            count += thumbnet_source_rows(&layer->sources[i], (const uint8_t *)inputs[i], y,
                                          rows + count);
        }
        THUMBNET_NUMBER_ROW(rows[count], y);
        kernel(layer->constants, rows, row_out, 0, (int32_t)layer->width, scratch);
        row_out += layer->out_row_size;
    }
}

/* A model's arena, or its two where the generated file defines THUMBNET_TWO_MEMORIES first: then
 * the top bit of a whole tensor's offset is the number of its arena; all else is in the fast one.
 */
#ifdef THUMBNET_TWO_MEMORIES
#define THUMBNET_IN_SLOW ((uint32_t)THUMBNET_SLOW << 31)
typedef uint8_t *const *thumbnet_arena_t;
#else
typedef uint8_t *thumbnet_arena_t;
#endif

static inline uint8_t *thumbnet_at(thumbnet_arena_t arena, uint32_t offset)
{
#ifdef THUMBNET_TWO_MEMORIES
    return arena[offset >> 31] + (offset & ~THUMBNET_IN_SLOW);
#else
    return arena + offset;
#endif
}

#ifdef THUMBNET_MAX_INPUTS /* of an operator of this model */
/* Runs layers one after the other. `places` are the offsets in the arena of each one's inputs,
 * output and scratch; from THUMBNET_CALLER on, where that is defined, numbers of the caller's
 * THUMBNET_CALLER_BUFFERS buffers. */
static THUMBNET_NOINLINE void thumbnet_run_layers(const thumbnet_layer_t *layer, uint32_t count,
                                                  const THUMBNET_SIZE *places,
                                                  thumbnet_arena_t arena,
                                                  const void *const *buffers)
{
    (void)buffers;
    for (; count != 0; count--) {
        const void *inputs[THUMBNET_MAX_INPUTS];
        for (uint32_t i = 0; i < layer->inputs; i++) {
            const uint32_t place = *places++;
#ifdef THUMBNET_CALLER
            inputs[i] = place - THUMBNET_CALLER < THUMBNET_CALLER_BUFFERS
                            ? buffers[place - THUMBNET_CALLER]
                            : thumbnet_at(arena, place);
#else
            inputs[i] = thumbnet_at(arena, place);
#endif
        }
        void *const out = thumbnet_at(arena, *places++);
        void *const scratch = thumbnet_at(arena, *places++);
        thumbnet_run_layer(layer->kernel, layer, inputs, out, scratch);
        layer++;
    }
}
#endif

#endif
