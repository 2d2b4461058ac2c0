/* Streamed stages: operators that advance together along rows, each tensor between them kept only
 * as a line buffer. SPDX-License-Identifier: Apache-2.0
 *
 * Every operator runs as soon as its input exists, the one furthest back in the stage first, so
 * that the plan's sizes suffice. */
#ifndef THUMBNET_STREAM_H
#define THUMBNET_STREAM_H

#include "thumbnet/line_buffers.h"

/* Kernels are where the time goes: these loops are better small than fast. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC push_options
#pragma GCC optimize("Os")
#endif

/* How many pixels from (y, x) on the rows of one source allow, at most `most`. */
static inline int32_t thumbnet_stream_allowed(const thumbnet_stream_run_t *run,
                                              const thumbnet_source_t *source, uint32_t number,
                                              int32_t y, int32_t x, int32_t most)
{
    const thumbnet_stream_state_t *state = &run->state[number];
    int32_t last = source->map != NULL
                       ? source->map[y]
                       : y * source->stride - source->pad + source->kernel_height - 1;
    const int32_t bottom = thumbnet_stream_bottom(run, number, source->height);
    if (last >= bottom) {
        last = bottom - 1;
    }
    if (last < state->y) {
        return most;
    }
    if (last > state->y + thumbnet_stream_more(&run->stage->tensors[number]) ||
        source->stride_width == 0) {
        return 0;
    }
    /* In the row that is being made: the window of the last pixel must end before state->x. */
    const int32_t reach = state->x - source->kernel_width + source->pad_left;
    if (reach < x * source->stride_width) {
        return 0;
    }
    const int32_t count = reach / source->stride_width - x + 1;
    return count < most ? count : most;
}

/* Runs operator `number` once if its input exists; returns whether it did. */
static inline int thumbnet_stream_step(const thumbnet_stream_run_t *run, uint32_t number)
{
    const thumbnet_stream_operator_t *operation = &run->stage->operators[number];
    const thumbnet_layer_t *layer = operation->layer;
    const uint8_t *inputs = run->stage->inputs + operation->inputs;
    thumbnet_stream_state_t *state = &run->state[operation->position];
    const int32_t y = state->y;
    const int32_t x = state->x;
    const int32_t left = thumbnet_stream_left(run, operation->position);
    const int32_t right = thumbnet_stream_right(run, operation->position, (int32_t)layer->width);
    const int32_t bottom = thumbnet_stream_bottom(run, operation->position, layer->steps);
    if (y >= bottom) {
        return 0;
    }
    int32_t n = right - x;
    n = n < operation->segment ? n : operation->segment;
    for (uint32_t i = 0; i < layer->inputs && n > 0; i++) {
        n = thumbnet_stream_allowed(run, &layer->sources[i], inputs[i], y, x, n);
    }
    if (n <= 0) {
        return 0;
    }
    const void *rows[THUMBNET_MAX_ROWS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < layer->inputs; i++) {
        const thumbnet_source_t *source = &layer->sources[i];
        const int32_t first = x * source->stride_width - source->pad_left;
        const uint32_t column = first > 0 ? (uint32_t)first : 0u;
        for (int32_t k = 0; k < source->kernel_height; k++) {
            const int32_t row =
                source->map != NULL ? source->map[y] : y * source->stride - source->pad + k;
            const int32_t from_top =
                thumbnet_stream_upwards(run) ? source->kernel_height - 1 - k : k;
            rows[count + (uint32_t)from_top] =
                row < 0 || row >= source->height
                    ? NULL
                    : thumbnet_stream_pixel(run, inputs[i], (uint32_t)row, column);
        }
        count += source->kernel_height;
    }
    const thumbnet_stream_tensor_t *output = &run->stage->tensors[operation->output];
    const int32_t more = thumbnet_stream_more(output);
    void *out;
#if THUMBNET_MAX_BAND > 1
    void *band[THUMBNET_MAX_BAND];
    if (more != 0) {
        thumbnet_stream_band(run, operation->output, band);
        out = band;
    } else
#endif
        out = layer->out_row_size == 0 ? thumbnet_stream_slots(run, output->slots)
                                       : thumbnet_stream_room(run, operation->output);
#if THUMBNET_TILES
    /* A band begins anywhere in a row: its window is empty then. */
    if (x == left && layer->out_row_size != 0 && layer->clear != 0) {
        memset(run->arena + operation->scratch, 0, layer->clear);
    }
#endif
    operation->kernel(layer->constants, rows, out, x, n, run->arena + operation->scratch);
    if (x + n == right) {
        const int32_t next = y + 1 + more;
        state->x = (uint16_t)left;
        state->y = (uint16_t)(next < bottom ? next : bottom);
        if (operation->position != operation->output && state->y == layer->steps) {
            run->state[operation->output].y = run->stage->tensors[operation->output].height;
        }
    } else {
        state->x = (uint16_t)(x + n);
    }
    return 1;
}

/* Starts a stage: nothing has been made; whole inputs are there. */
static inline void thumbnet_stream_begin(const thumbnet_stream_run_t *run)
{
    const thumbnet_stream_t *stage = run->stage;
    for (uint32_t i = 0; i < stage->state_count; i++) {
        const int whole =
            i < stage->input_count && stage->tensors[i].place != THUMBNET_STREAM_PUSHED;
        run->state[i].y = whole ? stage->tensors[i].height : 0;
        run->state[i].x = 0;
        run->state[i].first = THUMBNET_STREAM_NONE;
    }
    for (uint32_t i = 0; i < stage->operator_count; i++) {
        const thumbnet_stream_operator_t *operation = &stage->operators[i];
        if (operation->layer->clear != 0) {
            memset(run->arena + operation->scratch, 0, operation->layer->clear);
        }
    }
}

/* Runs every operator as far as its input goes. After a run, only readers of what it made can have
 * become ready: the search goes on at the last of them and comes back. */
static THUMBNET_NOINLINE void thumbnet_stream_advance(const thumbnet_stream_run_t *run)
{
    int32_t number = run->stage->operator_count - 1;
    while (number >= 0) {
        if (thumbnet_stream_step(run, (uint32_t)number)) {
            number = run->stage->operators[number].last_reader;
        } else {
            number--;
        }
    }
}

/* Runs a stage whose inputs are whole. */
static THUMBNET_NOINLINE void thumbnet_run_stream(const thumbnet_stream_t *stage,
                                                  thumbnet_stream_arena_t arena,
                                                  const void *const *buffers)
{
    const thumbnet_stream_run_t run = thumbnet_stream_resume(stage, arena, buffers);
    thumbnet_stream_begin(&run);
    thumbnet_stream_advance(&run);
}

/* Starts a stage whose first tensor is pushed row by row. */
static inline void thumbnet_begin_stream(const thumbnet_stream_t *stage,
                                         thumbnet_stream_arena_t arena)
{
    const thumbnet_stream_run_t run = thumbnet_stream_resume(stage, arena, NULL);
    thumbnet_stream_begin(&run);
}

/* Takes one more row of the stage's first tensor, which is pushed. */
static THUMBNET_NOINLINE void thumbnet_push_stream(const thumbnet_stream_t *stage,
                                                   thumbnet_stream_arena_t arena, const void *row)
{
    const thumbnet_stream_run_t run = thumbnet_stream_resume(stage, arena, &row);
    run.state[0].y++;
    run.state[0].first = 0;
    thumbnet_stream_advance(&run);
    thumbnet_stream_flush(&run, 0);
}

#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC pop_options
#endif

#endif
