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
THUMBNET_INLINE int32_t thumbnet_stream_allowed(const thumbnet_stream_run_t *run,
                                                const thumbnet_source_t *source, uint32_t number,
                                                int32_t y, int32_t x, int32_t most)
{
    const thumbnet_stream_state_t *state = &run->state[number];
    const int32_t bottom = thumbnet_stream_bottom(run, number, source->height);
    const int32_t made = state->y;
    int32_t behind = thumbnet_source_row(source, y) + source->kernel_height;
    behind = behind < bottom ? behind : bottom;
    if (behind <= made) {
        return most;
    }
    const int32_t stride = source->stride_width;
    if (behind > made + 1 + thumbnet_stream_more(&run->stage->tensors[number]) || stride == 0) {
        return 0;
    }
    /* In the row that is being made: the window of the last pixel must end before state->x. */
    const int32_t reach = state->x - source->kernel_width + source->pad_left - x * stride;
    if (reach < 0) {
        return 0;
    }
    const int32_t count = reach / stride + 1;
    return count < most ? count : most;
}

/* Where operator `number` is and which pixels it makes next. */
typedef struct {
    const thumbnet_stream_operator_t *operation;
    const thumbnet_layer_t *layer;
    thumbnet_stream_state_t *state;
    int32_t y;
    int32_t x;
    int32_t n;
} thumbnet_stream_next_t;

/* Whether an operator's input exists for one pixel at least: then also for how many. */
THUMBNET_INLINE int thumbnet_stream_ready(const thumbnet_stream_run_t *run,
                                          thumbnet_stream_next_t *next)
{
    const thumbnet_stream_operator_t *operation = next->operation;
    const thumbnet_layer_t *layer = operation->layer;
    thumbnet_stream_state_t *state = &run->state[operation->position];
    const int32_t y = state->y;
    const int32_t x = state->x;
    int32_t n = operation->segment + 1;
    if (y >= thumbnet_stream_bottom(run, operation->position, layer->steps)) {
        return 0;
    }
    const thumbnet_source_t *source = layer->sources;
    uint32_t i = 0;
    do {
        n = thumbnet_stream_allowed(run, source++, operation->inputs[i], y, x, n);
        if (n == 0) {
            return 0;
        }
    } while (THUMBNET_MAX_INPUTS > 1 && ++i < layer->inputs);
    next->layer = layer;
    next->state = state;
    next->y = y;
    next->x = x;
    next->n = n;
    return 1;
}

/* Where the next pixels of an operator go. */
THUMBNET_INLINE void *thumbnet_stream_out(const thumbnet_stream_run_t *run,
                                          const thumbnet_stream_next_t *next, void **band)
{
    const thumbnet_stream_operator_t *operation = next->operation;
#if THUMBNET_MAX_BAND > 1
    if (run->stage->tensors[operation->output].more != 0) {
        thumbnet_stream_band(run, operation->output, band);
        return band;
    }
#else
    (void)band;
#endif
    return next->layer->out_row_size == 0
               ? thumbnet_stream_slots(run, run->stage->tensors[operation->output].slots)
               : thumbnet_stream_room(run, operation->output);
}

/* Makes the pixels of thumbnet_stream_ready(); returns whether the input may have more of them. */
THUMBNET_INLINE int thumbnet_stream_make(const thumbnet_stream_run_t *run,
                                         const thumbnet_stream_next_t *next)
{
    const thumbnet_stream_operator_t *operation = next->operation;
    const thumbnet_layer_t *layer = next->layer;
    const int32_t right = thumbnet_stream_right(run, operation->position, (int32_t)layer->width);
    const int32_t x = next->x;
    int32_t n = next->n <= operation->segment ? next->n : operation->segment;
    n = n < right - x ? n : right - x;
    const void *rows[THUMBNET_MAX_ROWS + THUMBNET_ROW_NUMBERS];
    const void **of_source = rows;
    const thumbnet_source_t *source = layer->sources;
    uint32_t i = 0;
    do {
        const int32_t first = x * source->stride_width - source->pad_left;
        thumbnet_stream_rows(run, operation->inputs[i], source,
                             thumbnet_source_row(source, next->y), first > 0 ? (uint32_t)first : 0u,
                             of_source);
        of_source += source->kernel_height;
        source++;
    } while (THUMBNET_MAX_INPUTS > 1 && ++i < layer->inputs);
    THUMBNET_NUMBER_ROW(*of_source,
                        thumbnet_stream_upwards(run) ? layer->steps - 1 - next->y : next->y);
    void *band[THUMBNET_MAX_BAND];
    void *const out = thumbnet_stream_out(run, next, band);
    uint8_t *const scratch = run->arena + operation->scratch;
#if THUMBNET_TILES
    /* A band begins anywhere in a row: its window is empty then. */
    if (x == thumbnet_stream_left(run, operation->position) && layer->out_row_size != 0 &&
        layer->clear != 0) {
        thumbnet_clear(scratch, layer->clear);
    }
#endif
    layer->kernel(layer->constants, rows, out, x, n, scratch);
    thumbnet_stream_state_t *const state = next->state;
    if (x + n != right) {
        state->x = (uint16_t)(x + n);
        return next->n > n;
    }
    {
        const int32_t bottom = thumbnet_stream_bottom(run, operation->position, layer->steps);
        const int32_t below =
            next->y + 1 + thumbnet_stream_more(&run->stage->tensors[operation->output]);
        state->x = (uint16_t)thumbnet_stream_left(run, operation->position);
        state->y = (uint16_t)(below < bottom ? below : bottom);
        if (operation->position != operation->output && below == layer->steps) {
            run->state[operation->output].y = run->stage->tensors[operation->output].height;
        }
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
        thumbnet_clear(run->arena + operation->scratch, operation->layer->clear);
    }
}

/* Runs every operator as far as its input goes, from operator `number` back. After a run, only
 * readers of what it made can have become ready: the search goes on at the last of them and comes
 * back. Operators whose last run left nothing of their input are passed over: only a run of one
 * before them brings more. */
static THUMBNET_NOINLINE void thumbnet_stream_advance(const thumbnet_stream_run_t *run,
                                                      uint32_t number)
{
    const thumbnet_stream_operator_t *const first = run->stage->operators;
    thumbnet_stream_next_t next;
    uint32_t drained = 0; /* bit i: the operator i before this one; what is further back is not */
    next.operation = first + number;
    for (;;) {
        if ((drained & 1u) == 0 && thumbnet_stream_ready(run, &next)) {
            const uint32_t ahead = next.operation->ahead;
            if (thumbnet_stream_make(run, &next) == 0) {
                drained |= 1u;
            }
            drained = ahead < 32u ? drained << ahead : 0u;
            next.operation += ahead;
        } else if (next.operation != first) {
            next.operation--;
            drained >>= 1;
        } else {
            return;
        }
    }
}

/* Runs a stage whose inputs are whole. */
static THUMBNET_NOINLINE void thumbnet_run_stream(const thumbnet_stream_t *stage,
                                                  thumbnet_arena_t arena,
                                                  const void *const *buffers)
{
    const thumbnet_stream_run_t run = thumbnet_stream_resume(stage, arena, buffers);
    thumbnet_stream_begin(&run);
    thumbnet_stream_advance(&run, stage->operator_count - 1u);
}

/* Starts a stage whose first tensor is pushed row by row. */
static inline void thumbnet_begin_stream(const thumbnet_stream_t *stage, thumbnet_arena_t arena)
{
    const thumbnet_stream_run_t run = thumbnet_stream_resume(stage, arena, NULL);
    thumbnet_stream_begin(&run);
    /* Rows that lie in the padding alone; from then on a pushed row is all that is new. */
    thumbnet_stream_advance(&run, stage->operator_count - 1u);
}

/* Takes one more row of the stage's first tensor, which is pushed. */
static THUMBNET_NOINLINE void thumbnet_push_stream(const thumbnet_stream_t *stage,
                                                   thumbnet_arena_t arena, const void *row)
{
    const thumbnet_stream_run_t run = thumbnet_stream_resume(stage, arena, &row);
    run.state[0].y++;
    run.state[0].first = 0;
    thumbnet_stream_advance(&run, stage->pushed_reader);
    thumbnet_stream_flush(&run, 0);
}

#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC pop_options
#endif

#endif
