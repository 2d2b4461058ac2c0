/* The row kernels against TFLite's outputs (kernel_vectors.h), in every way in which schedules run
 * them: whole layers, layers whose output lies over their input, tensors as one long row, and runs
 * of several widths that see no more of a row than they may read.
 *
 * Included behind the constants of cases (kernel_constants*.h), each of which are a source file's.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_KERNELS_H
#define CHECK_KERNELS_H

#include <unity.h>

#include <stdio.h>
#include <string.h>

#define GUARD 16u /* bytes on both sides of what a kernel may touch */
#define UNTOUCHED 0x5a
#define ALIGN8(size) (((size) + 7u) / 8u * 8u)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* An output with guards, and an input above it for outputs that grow over their input. */
static THUMBNET_ALIGNED uint8_t
    out_memory[ALIGN8(GOLDEN_MOST_OUTPUT + GOLDEN_MOST_INPUT + GOLDEN_MOST_OVERLAP + 3u * GUARD)];
static uint8_t out_before[GOLDEN_MOST_OUTPUT];
static THUMBNET_ALIGNED uint8_t scratch_memory[ALIGN8(GOLDEN_MOST_SCRATCH) + 2u * GUARD];
/* The parts of input rows that a run may read, each between guards. */
static THUMBNET_ALIGNED uint8_t
    rows_memory[ALIGN8(GOLDEN_MOST_ROWS_SIZE) + THUMBNET_MAX_ROWS * (8u + 2u * GUARD)];
/* What kernels change besides their output. */
static THUMBNET_ALIGNED uint8_t state_memory[GOLDEN_MOST_STATES];
static uint8_t *const out = out_memory + GUARD;
static uint8_t *const scratch = scratch_memory + GUARD;

/* How the case at hand is run, for messages. */
static char how[96];

/* The number of an input among the states, from 1; 0 where it is none. */
static uint32_t state_number(const golden_case_t *golden, uint32_t number)
{
    const int32_t overlap = golden->inputs[number].overlap;
    return overlap < -1 ? (uint32_t)(-1 - overlap) : 0u;
}

static uint32_t input_size(const golden_case_t *golden, uint32_t number)
{
    const thumbnet_source_t *source = &golden->layer->sources[number];
    return (uint32_t)source->height * source->row_size;
}

static const void *const *sample_inputs(const golden_case_t *golden, uint32_t sample)
{
    uint32_t states = 0;
    for (uint32_t i = 0; i < golden->layer->inputs; i++) {
        states += state_number(golden, i) != 0 ? 1u : 0u;
    }
    return golden->vectors + sample * (golden->layer->inputs + 1u + states);
}

/* The sample's inputs, states where they may be changed. */
static void fresh_inputs(const golden_case_t *golden, uint32_t sample, const void **inputs)
{
    uint8_t *place = state_memory;
    memcpy(inputs, sample_inputs(golden, sample), golden->layer->inputs * sizeof inputs[0]);
    for (uint32_t i = 0; i < golden->layer->inputs; i++) {
        if (state_number(golden, i) != 0) {
            inputs[i] = memcpy(place, inputs[i], input_size(golden, i));
            place += ALIGN8(input_size(golden, i));
        }
    }
}

static void check_output(const golden_case_t *golden, uint32_t sample, const void *found)
{
    const void *const *expected = sample_inputs(golden, sample) + golden->layer->inputs;
    const uint8_t *state = state_memory;
    TEST_ASSERT_EQUAL_HEX8_ARRAY_MESSAGE(expected[0], found, golden->out_size, how);
    for (uint32_t i = 0; i < golden->layer->inputs; i++) {
        if (state_number(golden, i) != 0) {
            TEST_ASSERT_EQUAL_HEX8_ARRAY_MESSAGE(expected[state_number(golden, i)], state,
                                                 input_size(golden, i), how);
            state += ALIGN8(input_size(golden, i));
        }
    }
}

static void check_same(const uint8_t *before, const uint8_t *after, uint32_t size)
{
    TEST_ASSERT_TRUE_MESSAGE(memcmp(before, after, size) == 0, how);
}

static void check_untouched(const uint8_t *bytes, uint32_t size)
{
    TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(UNTOUCHED, bytes, size, how);
}

static void clear_memory(void)
{
    memset(out_memory, UNTOUCHED, sizeof out_memory);
    memset(scratch_memory, UNTOUCHED, sizeof scratch_memory);
}

static void check_guards(const golden_case_t *golden)
{
    check_untouched(out_memory, GUARD);
    check_untouched(out + golden->out_size, GUARD);
    check_untouched(scratch_memory, GUARD);
    check_untouched(scratch + golden->scratch_size, GUARD);
}

/* Whole tensors, each in its own place. */
static void check_layer(const golden_case_t *golden, const thumbnet_layer_t *layer, uint32_t sample)
{
    const void *inputs[GOLDEN_MOST_INPUTS];
    clear_memory();
    fresh_inputs(golden, sample, inputs);
    thumbnet_run_layer(golden->kernel, layer, inputs, out, scratch);
    check_output(golden, sample, out);
    check_guards(golden);
}

/* The output as near below input `number` as the lowering promises to be safe. */
static void check_overlapped(const golden_case_t *golden, uint32_t sample, uint32_t number)
{
    const thumbnet_layer_t *layer = golden->layer;
    const void *const *given = sample_inputs(golden, sample);
    const void *inputs[GOLDEN_MOST_INPUTS];
    const uint32_t distance = (uint32_t)golden->inputs[number].overlap;
    const uint32_t size = input_size(golden, number);
    const uint32_t end = distance + size > golden->out_size ? distance + size : golden->out_size;
    clear_memory();
    fresh_inputs(golden, sample, inputs);
    inputs[number] = memcpy(out + distance, given[number], size);
    thumbnet_run_layer(golden->kernel, layer, inputs, out, scratch);
    check_output(golden, sample, out);
    check_untouched(out_memory, GUARD);
    check_untouched(out + end, GUARD);
    check_untouched(scratch_memory, GUARD);
    check_untouched(scratch + golden->scratch_size, GUARD);
}

/* The first column of an input that pixel x reads. */
static uint32_t first_column(const thumbnet_source_t *source, int32_t x, uint32_t width)
{
    const int32_t column = x * source->stride_width - source->pad_left;
    const uint32_t first = column > 0 ? (uint32_t)column : 0u;
    return first < width ? first : width;
}

/* The column after the last one that a run of n pixels reads. */
static uint32_t end_column(const thumbnet_source_t *source, int32_t x, int32_t n, uint32_t width)
{
    const int32_t end =
        (x + n - 1) * source->stride_width - source->pad_left + source->kernel_width;
    return end < 0 ? 0u : (uint32_t)end < width ? (uint32_t)end : width;
}

/* Bytes of a row in front of what its pointer points at. */
static uint32_t left_out(const thumbnet_source_t *source)
{
#if THUMBNET_CROPS
    return source->left_out;
#else
    (void)source;
    return 0u;
#endif
}

/* Copies what a run may read of its rows to a place between guards of great values of both signs;
 * rows outside the tensor stay NULL. */
static void cut_rows(const golden_case_t *golden, const void *const *inputs, int32_t y, int32_t x,
                     int32_t n, const void **rows)
{
    const thumbnet_layer_t *layer = golden->layer;
    uint8_t *place = rows_memory + GUARD;
    uint32_t count = 0;
    for (uint32_t i = 0; i < sizeof rows_memory; i++) {
        rows_memory[i] = i & 1u ? 0x7f : 0x80;
    }
    for (uint32_t i = 0; i < layer->inputs; i++) {
        const golden_input_t *input = &golden->inputs[i];
        const thumbnet_source_t *source = &layer->sources[i];
        const uint32_t first = first_column(source, x, input->width);
        const uint32_t end = end_column(source, x, n, input->width);
        const uint32_t size = end > first ? (end - first) * input->pixel_size : 0u;
        const uint32_t found =
            thumbnet_source_rows(source, (const uint8_t *)inputs[i], y, rows + count);
        for (uint32_t k = count; k < count + found; k++) {
            if (rows[k] != NULL && state_number(golden, i) == 0) {
                const uint8_t *row = (const uint8_t *)rows[k] - left_out(source);
                rows[k] = memcpy(place, row + first * input->pixel_size, size);
                place += ALIGN8(size) + 2u * GUARD;
            }
        }
        count += found;
    }
    THUMBNET_NUMBER_ROW(rows[count], y);
    TEST_ASSERT_TRUE((size_t)(place - rows_memory) <= sizeof rows_memory + GUARD);
}

/* Run by run, each of which writes its own pixels and nothing else; an accumulating kernel writes
 * at its last run. */
static void check_runs(const golden_case_t *golden, uint32_t sample, int32_t width)
{
    const thumbnet_layer_t *layer = golden->layer;
    const int32_t row_width = (int32_t)layer->width;
    const void *rows[THUMBNET_MAX_ROWS + THUMBNET_ROW_NUMBERS];
    const void *inputs[GOLDEN_MOST_INPUTS];
    clear_memory();
    fresh_inputs(golden, sample, inputs);
    memset(scratch, 0, layer->clear);
    for (int32_t y = 0; y < layer->steps; y++) {
        for (int32_t x = 0; x < row_width; x += width) {
            const int32_t n = x + width < row_width ? width : row_width - x;
            uint32_t begin =
                (uint32_t)y * layer->out_row_size + (uint32_t)x * golden->out_pixel_size;
            uint32_t size = (uint32_t)n * golden->out_pixel_size;
            if (layer->out_row_size == 0) {
                begin = 0;
                size = y + 1 == layer->steps && x + n == row_width ? golden->out_size : 0u;
            }
            memcpy(out_before, out, golden->out_size);
            cut_rows(golden, inputs, y, x, n, rows);
            golden->kernel(layer->constants, rows, out + begin, x, n, scratch);
            check_same(out_before, out, begin);
            check_same(out_before + begin + size, out + begin + size,
                       golden->out_size - begin - size);
        }
    }
    check_output(golden, sample, out);
    check_guards(golden);
}

/* The tensors of a pointwise kernel as one long row. */
static void check_long_row(const golden_case_t *golden, uint32_t sample)
{
    thumbnet_source_t sources[GOLDEN_MOST_INPUTS];
    thumbnet_layer_t layer = *golden->layer;
    for (uint32_t i = 0; i < layer.inputs; i++) {
        sources[i] = layer.sources[i];
        sources[i].row_size *= sources[i].height;
        sources[i].height = 1;
    }
    layer.sources = sources;
    layer.width *= layer.steps;
    layer.out_row_size *= layer.steps;
    layer.steps = 1;
    check_layer(golden, &layer, sample);
}

static void check_case(const golden_case_t *golden)
{
    static const int32_t widths[] = {1, 2, 3, 5};
    for (uint32_t sample = 0; sample < golden->samples; sample++) {
        const unsigned shown = (unsigned)sample;
        snprintf(how, sizeof how, "%s, sample %u: whole layer", golden->name, shown);
        check_layer(golden, golden->layer, sample);
        for (uint32_t i = 0; i < golden->layer->inputs; i++) {
            if (golden->inputs[i].overlap >= 0) {
                snprintf(how, sizeof how, "%s, sample %u: over input %u", golden->name, shown,
                         (unsigned)i);
                check_overlapped(golden, sample, i);
            }
        }
        for (uint32_t i = 0; i <= COUNT(widths); i++) {
            const int32_t width = i < COUNT(widths) ? widths[i] : (int32_t)golden->layer->width;
            snprintf(how, sizeof how, "%s, sample %u: runs of %d", golden->name, shown, (int)width);
            check_runs(golden, sample, width);
        }
        if (golden->pointwise) {
            snprintf(how, sizeof how, "%s, sample %u: one long row", golden->name, shown);
            check_long_row(golden, sample);
        }
    }
}

static void check_cases(const golden_case_t *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_case(&cases[i]);
    }
}

#define CHECK_CASES(cases) check_cases(cases, COUNT(cases))

#endif
