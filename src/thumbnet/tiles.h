/* Streamed stages that run over tiles, for less RAM and more work.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tile is a part of the columns of the stage's last output, or of its rows, too. The stage runs
 * once for each; of what lies between its inputs, which are whole, and its output it makes only
 * what the tile needs. So line buffers are only as wide as that, and what neighbours share, the
 * halo, is made again. */
#ifndef THUMBNET_TILES_H
#define THUMBNET_TILES_H

#include "thumbnet/stream.h"

#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC push_options
#pragma GCC optimize("Os")
#endif

static inline int32_t thumbnet_stream_clamp(int32_t value, int32_t least, int32_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* What an operator reads through one source becomes part of what is made of that tensor. */
static inline void thumbnet_stream_need(const thumbnet_stream_run_t *run,
                                        const thumbnet_source_t *source, uint32_t reader,
                                        uint32_t number)
{
    const thumbnet_stream_region_t *made = &run->regions[reader];
    thumbnet_stream_region_t *region = &run->regions[number];
    thumbnet_stream_state_t *state = &run->state[number];
    const int32_t width = (int32_t)(source->row_size / run->stage->tensors[number].pixel_size);
    const int32_t height = source->height;
    const int32_t y = run->state[reader].y;
    const int32_t row = y * source->stride - source->pad;
    const int32_t column = made->left * source->stride_width - source->pad_left;
    /* A band reads the rows of its last, of which a source says the height of a whole one. */
    const int32_t window =
        source->kernel_height - thumbnet_stream_more(&run->stage->tensors[reader]) * source->stride;
    const int32_t top = thumbnet_stream_clamp(row, 0, height - 1);
    const int32_t left = thumbnet_stream_clamp(column, 0, width - 1);
    const int32_t bottom = thumbnet_stream_clamp(
        (made->bottom - 1) * source->stride - source->pad + window, top + 1, height);
    const int32_t right = thumbnet_stream_clamp((made->right - 1) * source->stride_width -
                                                    source->pad_left + source->kernel_width,
                                                left + 1, width);
    state->y = (uint16_t)(top < state->y ? top : state->y);
    region->left = (uint16_t)(left < region->left ? left : region->left);
    region->right = (uint16_t)(right > region->right ? right : region->right);
    region->bottom = (uint16_t)(bottom > region->bottom ? bottom : region->bottom);
}

/* Where tile `column` begins among `width` columns. */
static inline uint16_t thumbnet_stream_tile(const thumbnet_stream_t *stage, uint32_t width,
                                            uint32_t column)
{
    const uint32_t edge = stage->tile_edge;
    if (column == 0 || column == stage->tile_columns) {
        return (uint16_t)(column == 0 ? 0u : width);
    }
    return (uint16_t)(edge + column * (width - 2u * edge) / stage->tile_columns);
}

/* Starts tile (row, column): what it needs of each tensor, from the last operator to the first. */
static inline void thumbnet_stream_begin_tile(const thumbnet_stream_run_t *run, uint32_t row,
                                              uint32_t column)
{
    const thumbnet_stream_t *stage = run->stage;
    const thumbnet_stream_region_t nothing = {0xffffu, 0, 0};
    for (uint32_t i = 0; i < stage->state_count; i++) {
        const thumbnet_stream_tensor_t *tensor = &stage->tensors[i];
        const thumbnet_stream_region_t whole = {0, tensor->width, tensor->height};
        run->regions[i] = i < stage->input_count ? whole : nothing;
        run->state[i].y = (uint16_t)(i < stage->input_count ? tensor->height : 0xffffu);
    }
    for (int32_t number = stage->operator_count - 1; number >= 0; number--) {
        const thumbnet_stream_operator_t *operation = &stage->operators[number];
        const thumbnet_layer_t *layer = operation->layer;
        const uint8_t *inputs = operation->inputs;
        thumbnet_stream_region_t *region = &run->regions[operation->output];
        if (number == stage->operator_count - 1) {
            const uint32_t height = layer->steps;
            run->state[operation->output].y = (uint16_t)(row * height / stage->tile_rows);
            region->bottom = (uint16_t)((row + 1u) * height / stage->tile_rows);
            region->left = thumbnet_stream_tile(stage, layer->width, column);
            region->right = thumbnet_stream_tile(stage, layer->width, column + 1u);
        }
        for (uint32_t i = 0; i < layer->inputs; i++) {
            if (inputs[i] >= stage->input_count) {
                thumbnet_stream_need(run, &layer->sources[i], operation->output, inputs[i]);
            }
        }
    }
    for (uint32_t i = 0; i < stage->state_count; i++) {
        run->state[i].x = run->regions[i].left;
        run->state[i].first = THUMBNET_STREAM_NONE;
    }
}

/* Runs a stage tile by tile; its inputs are whole. */
static THUMBNET_NOINLINE void thumbnet_run_tiles(const thumbnet_stream_t *stage,
                                                 thumbnet_arena_t arena, const void *const *buffers)
{
    const thumbnet_stream_run_t run = thumbnet_stream_resume(stage, arena, buffers);
    for (uint32_t row = 0; row < stage->tile_rows; row++) {
        for (uint32_t column = 0; column < stage->tile_columns; column++) {
            thumbnet_stream_begin_tile(&run, row, column);
            thumbnet_stream_advance(&run, stage->operator_count - 1u);
        }
    }
}

#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC pop_options
#endif

#endif
