/* Streamed stages: operators that advance together along rows, each tensor between them kept only
 * as a line buffer. SPDX-License-Identifier: Apache-2.0
 *
 * A line buffer holds the last `rows` finished rows and a strip of the newest one: the columns of
 * the run being made and `margin` columns before it. What leaves the strip goes to the slot of the
 * oldest row, whose columns up to there nothing reads any more. Every operator runs as soon as its
 * input exists, the one furthest back in the stage first, so that the plan's sizes suffice. */
#ifndef THUMBNET_STREAM_H
#define THUMBNET_STREAM_H

#include "thumbnet/layer.h"

/* Kernels are where the time goes: these loops are better small than fast. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC push_options
#pragma GCC optimize("Os")
#endif

/* A model's arena, or its two where the generated file defines THUMBNET_TWO_MEMORIES first: then
 * the top bit of a whole tensor's offset is the number of its arena; all else is in the fast one.
 */
#ifdef THUMBNET_TWO_MEMORIES
#define THUMBNET_STREAM_SLOW ((uint32_t)THUMBNET_SLOW << 31)
typedef uint8_t *const *thumbnet_stream_arena_t;
#else
typedef uint8_t *thumbnet_stream_arena_t;
#endif

/* Where a tensor of a stage lies. */
enum {
    THUMBNET_STREAM_LINES,  /* a line buffer in the arena */
    THUMBNET_STREAM_WHOLE,  /* a whole tensor in the arena, at slots */
    THUMBNET_STREAM_CALLER, /* a whole tensor in the caller's buffer */
    THUMBNET_STREAM_PUSHED  /* rows come one by one; the newest is the caller's */
};

typedef struct {
    uint32_t slots; /* offset in the arena of the kept rows or of the whole tensor; of a tensor in
                     * the caller's buffer, the number of that buffer */
    uint32_t strip; /* offset in the arena of the strip */
    uint16_t rows;  /* kept rows */
    uint16_t margin;
    uint16_t height;
    uint16_t width;
    uint16_t pixel_size; /* bytes */
    uint8_t place;
    uint8_t more; /* rows that are made together with the newest, column by column */
} thumbnet_stream_tensor_t;

/* The most rows that an operator of this model makes together. */
#ifndef THUMBNET_MAX_BAND
#define THUMBNET_MAX_BAND 1
#endif

/* Whether a stage of this model runs over tiles (tiles.h). Of each tensor it then makes a region at
 * a time, and the columns of line buffers count from the region's first. */
#ifndef THUMBNET_TILES
#define THUMBNET_TILES 0
#endif

static inline int32_t thumbnet_stream_more(const thumbnet_stream_tensor_t *tensor)
{
    return THUMBNET_MAX_BAND > 1 ? tensor->more : 0;
}

typedef struct {
    thumbnet_row_kernel_t kernel;
    const thumbnet_layer_t *layer;
    uint32_t scratch;    /* offset in the arena */
    uint16_t inputs;     /* where they begin in the stage's list, one a source of the layer */
    uint16_t segment;    /* most pixels of a run */
    uint8_t output;      /* number of a tensor */
    uint8_t position;    /* number of a state: the output's, of an accumulating kernel its own */
    uint8_t last_reader; /* number of the last operator that reads the output, or its own */
} thumbnet_stream_operator_t;

typedef struct {
    const thumbnet_stream_tensor_t *tensors;
    const thumbnet_stream_operator_t *operators;
    const uint8_t *inputs; /* of all operators: numbers of tensors */
    uint32_t state;        /* offset in the arena of the states: one a tensor, then the others */
    uint8_t state_count;
    uint8_t input_count; /* the first tensors are those that the stage only reads */
    uint8_t operator_count;
    uint8_t upwards; /* row 0 of every tensor is its last: outputs grow over inputs from the end */
#if THUMBNET_TILES
    uint8_t tile_columns; /* tiles side by side; 0: the stage runs once */
    uint8_t tile_rows;
    uint8_t tile_edge; /* columns of the output that the outermost tiles have more */
#endif
} thumbnet_stream_t;

/* Whether stages of this model run upwards. */
#ifndef THUMBNET_UPWARDS
#define THUMBNET_UPWARDS 0
#endif

/* The next pixel that its operator makes, and the strip's first column. */
typedef struct {
    uint16_t y;
    uint16_t x;
    uint16_t first; /* THUMBNET_STREAM_NONE while the strip holds nothing */
} thumbnet_stream_state_t;

#define THUMBNET_STREAM_NONE 0xffffu

#if THUMBNET_TILES
/* What is made of a tensor for the tile: columns [left, right), rows up to bottom. */
typedef struct {
    uint16_t left;
    uint16_t right;
    uint16_t bottom;
} thumbnet_stream_region_t;
#endif

/* A running stage: what its functions share. */
typedef struct {
    const thumbnet_stream_t *stage;
    thumbnet_stream_state_t *state;
    uint8_t *arena;
    const void *const *buffers; /* the caller's: whole tensors, or the newest row */
#ifdef THUMBNET_TWO_MEMORIES
    thumbnet_stream_arena_t arenas;
#endif
#if THUMBNET_TILES
    thumbnet_stream_region_t *regions; /* behind the states; NULL: all of every tensor */
#endif
} thumbnet_stream_run_t;

static inline thumbnet_stream_run_t thumbnet_stream_resume(const thumbnet_stream_t *stage,
                                                           thumbnet_stream_arena_t arenas,
                                                           const void *const *buffers)
{
#ifdef THUMBNET_TWO_MEMORIES
    uint8_t *const arena = arenas[THUMBNET_FAST];
#else
    uint8_t *const arena = arenas;
#endif
    thumbnet_stream_state_t *const state =
        (thumbnet_stream_state_t *)(void *)(arena + stage->state);
#if THUMBNET_TILES
    void *const behind = state + stage->state_count;
#endif
    const thumbnet_stream_run_t run = {
        .stage = stage,
        .state = state,
        .arena = arena,
        .buffers = buffers,
#ifdef THUMBNET_TWO_MEMORIES
        .arenas = arenas,
#endif
#if THUMBNET_TILES
        .regions = stage->tile_columns != 0 ? (thumbnet_stream_region_t *)behind : NULL,
#endif
    };
    return run;
}

static inline int thumbnet_stream_upwards(const thumbnet_stream_run_t *run)
{
    return THUMBNET_UPWARDS && run->stage->upwards;
}

/* Where row `row` of a whole tensor is among its rows. */
static inline uint32_t thumbnet_stream_place(const thumbnet_stream_run_t *run,
                                             const thumbnet_stream_tensor_t *tensor, uint32_t row)
{
    return thumbnet_stream_upwards(run) ? tensor->height - 1u - row : row;
}

/* Where a tensor's slots are. */
static inline uint8_t *thumbnet_stream_slots(const thumbnet_stream_run_t *run, uint32_t offset)
{
#ifdef THUMBNET_TWO_MEMORIES
    return run->arenas[offset >> 31] + (offset & ~THUMBNET_STREAM_SLOW);
#else
    return run->arena + offset;
#endif
}

/* The first column that is made of a tensor, the one behind the last, and the row behind the last.
 */
#if THUMBNET_TILES
#define THUMBNET_STREAM_REGION(run, number, side, whole)                                           \
    ((run)->regions != NULL ? (run)->regions[number].side : (whole))
#else
#define THUMBNET_STREAM_REGION(run, number, side, whole) (whole)
#endif

/* The row of a line buffer that is newest. */
THUMBNET_INLINE uint32_t thumbnet_stream_newest(const thumbnet_stream_run_t *run, uint32_t number)
{
    const thumbnet_stream_state_t *state = &run->state[number];
    return state->x != THUMBNET_STREAM_REGION(run, number, left, 0) ? state->y : state->y - 1u;
}

static inline const uint8_t *thumbnet_stream_row(const thumbnet_stream_run_t *run)
{
    return (const uint8_t *)run->buffers[0];
}

/* Moves columns [first, end) of the strip to the slot of their row. */
static THUMBNET_NOINLINE void thumbnet_stream_retire(const thumbnet_stream_run_t *run,
                                                     uint32_t number, uint32_t end)
{
    const thumbnet_stream_tensor_t *tensor = &run->stage->tensors[number];
    thumbnet_stream_state_t *state = &run->state[number];
    const uint32_t size = tensor->pixel_size;
    if (tensor->rows != 0 && end > state->first) {
        const uint32_t row = thumbnet_stream_newest(run, number);
        const uint32_t column =
            state->first - (uint32_t)THUMBNET_STREAM_REGION(run, number, left, 0);
        const uint8_t *strip = tensor->place == THUMBNET_STREAM_PUSHED ? thumbnet_stream_row(run)
                                                                       : run->arena + tensor->strip;
        memcpy(run->arena + tensor->slots + ((row % tensor->rows) * tensor->width + column) * size,
               strip, (end - state->first) * size);
    }
    state->first = (uint16_t)end;
}

/* The whole strip: its row is finished, or is read again from its start. */
static inline void thumbnet_stream_flush(const thumbnet_stream_run_t *run, uint32_t number)
{
    const thumbnet_stream_state_t *state = &run->state[number];
    if (state->first != THUMBNET_STREAM_NONE) {
        const int32_t end =
            state->x != THUMBNET_STREAM_REGION(run, number, left, 0)
                ? state->x
                : THUMBNET_STREAM_REGION(run, number, right, run->stage->tensors[number].width);
        thumbnet_stream_retire(run, number, (uint32_t)end);
        run->state[number].first = THUMBNET_STREAM_NONE;
    }
}

/* Pixel (row, column) of a tensor that has been made and is still kept. */
static inline const uint8_t *thumbnet_stream_pixel(const thumbnet_stream_run_t *run,
                                                   uint32_t number, uint32_t row, uint32_t column)
{
    const thumbnet_stream_tensor_t *tensor = &run->stage->tensors[number];
    const uint8_t *start = thumbnet_stream_slots(run, tensor->slots);
    if (tensor->place == THUMBNET_STREAM_CALLER || tensor->place == THUMBNET_STREAM_WHOLE) {
        if (tensor->place == THUMBNET_STREAM_CALLER) {
            start = (const uint8_t *)run->buffers[tensor->slots];
        }
        row = thumbnet_stream_place(run, tensor, row);
    } else {
        const thumbnet_stream_state_t *state = &run->state[number];
        const int in_strip =
            row == thumbnet_stream_newest(run, number) && state->first != THUMBNET_STREAM_NONE;
        if (in_strip && column >= state->first) {
            start = tensor->place == THUMBNET_STREAM_PUSHED ? thumbnet_stream_row(run)
                                                            : run->arena + tensor->strip;
            column -= state->first;
            row = 0;
        } else {
            if (in_strip) {
                thumbnet_stream_flush(run, number);
            }
            /* Nothing is kept where a window lies in the padding alone: then nothing is read. */
            row = tensor->rows > 1 ? row % tensor->rows : 0u;
            column -= (uint32_t)THUMBNET_STREAM_REGION(run, number, left, 0);
        }
    }
    return start + (row * tensor->width + column) * tensor->pixel_size;
}

/* Moves bytes to `distance` bytes lower, from the left in pieces that do not overlap: memcpy is
 * linked anyway, memmove would not be. */
static inline void thumbnet_stream_move_down(uint8_t *to, uint32_t distance, uint32_t size)
{
    for (; size > distance; size -= distance) {
        memcpy(to, to + distance, distance);
        to += distance;
    }
    memcpy(to, to + distance, size);
}

/* Room for pixels [x, x + n) of the newest row. */
static inline uint8_t *thumbnet_stream_room(const thumbnet_stream_run_t *run, uint32_t number)
{
    const thumbnet_stream_tensor_t *tensor = &run->stage->tensors[number];
    thumbnet_stream_state_t *state = &run->state[number];
    const uint32_t size = tensor->pixel_size;
    if (tensor->place == THUMBNET_STREAM_WHOLE) {
        return thumbnet_stream_slots(run, tensor->slots) +
               (thumbnet_stream_place(run, tensor, state->y) * tensor->width + state->x) * size;
    }
    uint8_t *strip = run->arena + tensor->strip;
    if (state->x == THUMBNET_STREAM_REGION(run, number, left, 0)) {
        thumbnet_stream_flush(run, number);
        state->first = state->x;
    } else if (state->first == THUMBNET_STREAM_NONE) {
        /* The row was read again from its start; its columns so far are in their slot. */
        state->first = state->x;
    } else if (state->x > state->first + tensor->margin) {
        const uint32_t keep = (uint32_t)state->x - tensor->margin;
        const uint32_t moved = keep - state->first;
        thumbnet_stream_retire(run, number, keep);
        thumbnet_stream_move_down(strip, moved * size, tensor->margin * size);
    }
    return strip + (uint32_t)(state->x - state->first) * size;
}

#if THUMBNET_MAX_BAND > 1
/* Where pixel x of each row of the newest band goes, from the top of the tensor: these rows have no
 * strip. NULL: no such row. */
static inline void thumbnet_stream_band(const thumbnet_stream_run_t *run, uint32_t number,
                                        void **band)
{
    const thumbnet_stream_tensor_t *tensor = &run->stage->tensors[number];
    const thumbnet_stream_state_t *state = &run->state[number];
    const int32_t left =
        tensor->place == THUMBNET_STREAM_LINES ? THUMBNET_STREAM_REGION(run, number, left, 0) : 0;
    const uint32_t column = (uint32_t)(state->x - left);
    const uint32_t bottom = (uint32_t)THUMBNET_STREAM_REGION(run, number, bottom, tensor->height);
    for (uint32_t i = 0; i <= tensor->more; i++) {
        const uint32_t row = state->y + i;
        const uint32_t slot = tensor->place == THUMBNET_STREAM_WHOLE
                                  ? thumbnet_stream_place(run, tensor, row)
                                  : row % tensor->rows;
        band[thumbnet_stream_upwards(run) ? tensor->more - i : i] =
            row < bottom ? thumbnet_stream_slots(run, tensor->slots) +
                               (slot * tensor->width + column) * tensor->pixel_size
                         : NULL;
    }
}
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
    const int32_t bottom = THUMBNET_STREAM_REGION(run, number, bottom, source->height);
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
    const int32_t left = THUMBNET_STREAM_REGION(run, operation->position, left, 0);
    const int32_t right =
        THUMBNET_STREAM_REGION(run, operation->position, right, (int32_t)layer->width);
    const int32_t bottom = THUMBNET_STREAM_REGION(run, operation->position, bottom, layer->steps);
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
