/* What a streamed stage keeps of its tensors, and where. SPDX-License-Identifier: Apache-2.0
 *
 * A line buffer holds the last `rows` finished rows and a strip of the newest one: the columns of
 * the run being made and `margin` columns before it. What leaves the strip goes to the slot of the
 * oldest row, whose columns up to there nothing reads any more. */
#ifndef THUMBNET_LINE_BUFFERS_H
#define THUMBNET_LINE_BUFFERS_H

#include "thumbnet/layer.h"

/* Kernels are where the time goes: these loops are better small than fast. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC push_options
#pragma GCC optimize("Os")
#endif

/* Where a tensor of a stage lies. */
enum {
    THUMBNET_STREAM_LINES,  /* a line buffer in the arena */
    THUMBNET_STREAM_WHOLE,  /* a whole tensor in the arena, at slots */
    THUMBNET_STREAM_CALLER, /* a whole tensor in the caller's buffer */
    THUMBNET_STREAM_PUSHED  /* rows come one by one; the newest is the caller's */
};

typedef struct {
    THUMBNET_SIZE slots; /* offset in the arena of the kept rows or of the whole tensor; of a tensor
                          * in the caller's buffer, the number of that buffer */
    THUMBNET_SIZE strip; /* offset in the arena of the strip */
    uint16_t rows;       /* kept rows */
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

/* Whether a stage of this model gets its first tensor row by row. */
#ifndef THUMBNET_PUSHED
#define THUMBNET_PUSHED 0
#endif

static inline int32_t thumbnet_stream_more(const thumbnet_stream_tensor_t *tensor)
{
    return THUMBNET_MAX_BAND > 1 ? tensor->more : 0;
}

typedef struct {
    const thumbnet_layer_t *layer;
    THUMBNET_SIZE scratch; /* offset in the arena */
    uint16_t segment;      /* most pixels of a run */
    uint8_t output;        /* number of a tensor */
    uint8_t position;      /* number of a state: the output's, of an accumulating kernel its own */
    uint8_t ahead;         /* how many operators further the last one is that reads the output */
    uint8_t inputs[THUMBNET_MAX_INPUTS]; /* numbers of tensors, one a source of the layer */
} thumbnet_stream_operator_t;

typedef struct {
    const thumbnet_stream_tensor_t *tensors;
    const thumbnet_stream_operator_t *operators;
    uint32_t state; /* offset in the arena of the states: one a tensor, then the others */
    uint8_t state_count;
    uint8_t input_count; /* the first tensors are those that the stage only reads */
    uint8_t operator_count;
    uint8_t pushed_reader; /* number of the last operator that reads the first tensor */
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
    thumbnet_arena_t arenas;
#endif
#if THUMBNET_TILES
    thumbnet_stream_region_t *regions; /* behind the states; NULL: all of every tensor */
#endif
} thumbnet_stream_run_t;

static inline thumbnet_stream_run_t thumbnet_stream_resume(const thumbnet_stream_t *stage,
                                                           thumbnet_arena_t arenas,
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
    return thumbnet_at(run->arenas, offset);
#else
    return run->arena + offset;
#endif
}

/* The first column that is made of a tensor, the one behind the last, and the row behind the last.
 */
THUMBNET_INLINE int32_t thumbnet_stream_left(const thumbnet_stream_run_t *run, uint32_t number)
{
#if THUMBNET_TILES
    return run->regions != NULL ? run->regions[number].left : 0;
#else
    (void)run;
    (void)number;
    return 0;
#endif
}

THUMBNET_INLINE int32_t thumbnet_stream_right(const thumbnet_stream_run_t *run, uint32_t number,
                                              int32_t width)
{
#if THUMBNET_TILES
    return run->regions != NULL ? run->regions[number].right : width;
#else
    (void)run;
    (void)number;
    return width;
#endif
}

THUMBNET_INLINE int32_t thumbnet_stream_bottom(const thumbnet_stream_run_t *run, uint32_t number,
                                               int32_t height)
{
#if THUMBNET_TILES
    return run->regions != NULL ? run->regions[number].bottom : height;
#else
    (void)run;
    (void)number;
    return height;
#endif
}

/* The row of a line buffer that is newest. */
THUMBNET_INLINE uint32_t thumbnet_stream_newest(const thumbnet_stream_run_t *run, uint32_t number)
{
    const thumbnet_stream_state_t *state = &run->state[number];
    return state->x != thumbnet_stream_left(run, number) ? state->y : state->y - 1u;
}

/* The strip of a tensor that has one. */
THUMBNET_INLINE const uint8_t *thumbnet_stream_strip(const thumbnet_stream_run_t *run,
                                                     const thumbnet_stream_tensor_t *tensor)
{
    return THUMBNET_PUSHED && tensor->place == THUMBNET_STREAM_PUSHED
               ? (const uint8_t *)run->buffers[0]
               : run->arena + tensor->strip;
}

THUMBNET_INLINE int thumbnet_stream_is_whole(const thumbnet_stream_tensor_t *tensor)
{
    return tensor->place == THUMBNET_STREAM_WHOLE || tensor->place == THUMBNET_STREAM_CALLER;
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
        const uint32_t column = state->first - (uint32_t)thumbnet_stream_left(run, number);
        thumbnet_move(run->arena + tensor->slots +
                          ((row % tensor->rows) * tensor->width + column) * size,
                      thumbnet_stream_strip(run, tensor), (end - state->first) * size);
    }
    state->first = (uint16_t)end;
}

/* The whole strip: its row is finished, or is read again from its start. */
static inline void thumbnet_stream_flush(const thumbnet_stream_run_t *run, uint32_t number)
{
    const thumbnet_stream_state_t *state = &run->state[number];
    if (state->first != THUMBNET_STREAM_NONE) {
        const int32_t end =
            state->x != thumbnet_stream_left(run, number)
                ? state->x
                : thumbnet_stream_right(run, number, run->stage->tensors[number].width);
        thumbnet_stream_retire(run, number, (uint32_t)end);
        run->state[number].first = THUMBNET_STREAM_NONE;
    }
}

/* Pointers to the rows of a source from `row` on, which begin at column `column`: rows that have
 * been made and are still kept; NULL is a row outside the tensor. */
THUMBNET_INLINE void thumbnet_stream_rows(const thumbnet_stream_run_t *run, uint32_t number,
                                          const thumbnet_source_t *source, int32_t row,
                                          uint32_t column, const void **rows)
{
    const thumbnet_stream_tensor_t *tensor = &run->stage->tensors[number];
    const uint32_t size = tensor->pixel_size;
    const uint32_t height = source->height;
    uint32_t count = source->kernel_height;
    int32_t line = (int32_t)(tensor->width * size);
    uint32_t kept = tensor->rows;
    uint32_t newest = 0xffffffffu; /* the row that is in the strip */
    const uint8_t *strip = NULL;
    const uint8_t *start = thumbnet_stream_slots(run, tensor->slots);
    const uint32_t first = run->state[number].first;
    if (first != THUMBNET_STREAM_NONE) {
        newest = thumbnet_stream_newest(run, number);
        strip = thumbnet_stream_strip(run, tensor);
        if (column >= first) {
            strip += (column - first) * size;
        } else if (newest - (uint32_t)row < count) {
            thumbnet_stream_flush(run, number);
            newest = 0xffffffffu;
        }
    }
#ifdef THUMBNET_CALLER
    if (tensor->place == THUMBNET_STREAM_CALLER) {
        start = (const uint8_t *)run->buffers[tensor->slots];
    }
#endif
    /* A whole tensor has no strip and keeps all rows. */
    if (thumbnet_stream_upwards(run) && thumbnet_stream_is_whole(tensor)) {
        start += (int32_t)(tensor->height - 1u) * line;
        line = -line;
    }
    column -= (uint32_t)thumbnet_stream_left(run, number);
    start += column * size;
    if (count == 1 && (uint32_t)row == newest) {
        *rows = strip;
        return;
    }
    /* Nothing is kept where a window lies in the padding alone: then nothing is read. */
    uint32_t slot = row > 0 && kept > 1 ? (uint32_t)row % kept : 0u;
    const int32_t step = thumbnet_stream_upwards(run) ? -1 : 1;
    rows += thumbnet_stream_upwards(run) ? count - 1u : 0u;
    for (; count != 0; count--) {
        const void *pointer = NULL;
        if ((uint32_t)row < height) {
            pointer = (uint32_t)row == newest ? strip : start + (int32_t)slot * line;
            slot = slot + 1u < kept ? slot + 1u : 0u;
        }
        *rows = pointer;
        rows += step;
        row++;
    }
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
    if (state->x == thumbnet_stream_left(run, number)) {
        thumbnet_stream_flush(run, number);
        state->first = state->x;
    } else if (state->first == THUMBNET_STREAM_NONE) {
        /* The row was read again from its start; its columns so far are in their slot. */
        state->first = state->x;
    } else if (state->x > state->first + tensor->margin) {
        const uint32_t keep = (uint32_t)state->x - tensor->margin;
        const uint32_t moved = keep - state->first;
        thumbnet_stream_retire(run, number, keep);
        thumbnet_move(strip, strip + moved * size, tensor->margin * size);
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
        tensor->place == THUMBNET_STREAM_LINES ? thumbnet_stream_left(run, number) : 0;
    const uint32_t column = (uint32_t)(state->x - left);
    const uint32_t bottom = (uint32_t)thumbnet_stream_bottom(run, number, tensor->height);
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

#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC pop_options
#endif

#endif
