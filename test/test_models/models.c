/* See models.h. SPDX-License-Identifier: Apache-2.0 */
#include "models.h"

#include <unity.h>

#include <string.h>

#include "../../examples/digits/src/test_images.h"

#if RESIDUAL_ARENA_SIZE > MOST_ARENA || RESIDUAL_BUFFER_ARENA_SIZE > MOST_ARENA ||                 \
    RESIDUAL_SMALL_ARENA_SIZE > MOST_ARENA || RESIDUAL_ROWS_ARENA_SIZE > MOST_ARENA ||             \
    EVERY_OPERATOR_ARENA_SIZE > MOST_ARENA || TWO_WAYS_ARENA_SIZE > MOST_ARENA ||                  \
    DIGITS_ARENA_SIZE > MOST_ARENA
#error "MOST_ARENA is too small"
#endif

/* The adapters to the signature of model_t; `...` are the tensors that run takes. */
#define ADAPTERS(model, ...)                                                                       \
    model##_t model##_object;                                                                      \
    static int model##_do_init(void *arena, size_t size)                                           \
    {                                                                                              \
        return model##_init(&model##_object, arena, size);                                         \
    }                                                                                              \
    static int model##_init_nothing(void *arena, size_t size)                                      \
    {                                                                                              \
        return model##_init(NULL, arena, size);                                                    \
    }                                                                                              \
    static int model##_do_run(const void *const *in, void *const *out)                             \
    {                                                                                              \
        return model##_run(&model##_object, __VA_ARGS__);                                          \
    }                                                                                              \
    static int model##_run_nothing(const void *const *in, void *const *out)                        \
    {                                                                                              \
        return model##_run(NULL, __VA_ARGS__);                                                     \
    }                                                                                              \
    static void model##_forget(void)                                                               \
    {                                                                                              \
        memset(&model##_object, 0, sizeof model##_object);                                         \
    }
#define ADAPTED(model)                                                                             \
    #model, model##_do_init, model##_init_nothing, model##_do_run, model##_run_nothing,            \
        model##_forget
#define BORDER(vectors) {vectors, sizeof(vectors)[0]}

ADAPTERS(residual, in[0], out[0])
ADAPTERS(residual_buffer, in[0], out[0])
ADAPTERS(residual_small, in[0], out[0])
ADAPTERS(residual_rows, in[0], out[0])
ADAPTERS(every_operator, in[0], in[1], out[0], out[1])
ADAPTERS(two_ways, in[0], in[1], out[0], out[1])
ADAPTERS(digits, in[0], out[0])

#define RESIDUAL_VARIANT(model, arena_size)                                                        \
    {                                                                                              \
        ADAPTED(model), arena_size, RESIDUAL_SAMPLES, {BORDER(residual_input_0)},                  \
        {                                                                                          \
            BORDER(residual_output_0)                                                              \
        }                                                                                          \
    }

const model_t models[MODELS] = {
    [RESIDUAL] = RESIDUAL_VARIANT(residual, RESIDUAL_ARENA_SIZE),
    [RESIDUAL_BUFFER] = RESIDUAL_VARIANT(residual_buffer, RESIDUAL_BUFFER_ARENA_SIZE),
    [RESIDUAL_SMALL] = RESIDUAL_VARIANT(residual_small, RESIDUAL_SMALL_ARENA_SIZE),
    [RESIDUAL_ROWS] = RESIDUAL_VARIANT(residual_rows, RESIDUAL_ROWS_ARENA_SIZE),
    [EVERY_OPERATOR] = {ADAPTED(every_operator),
                        EVERY_OPERATOR_ARENA_SIZE,
                        EVERY_OPERATOR_SAMPLES,
                        {BORDER(every_operator_input_0), BORDER(every_operator_input_1)},
                        {BORDER(every_operator_output_0), BORDER(every_operator_output_1)}},
    [TWO_WAYS] = {ADAPTED(two_ways),
                  TWO_WAYS_ARENA_SIZE,
                  TWO_WAYS_SAMPLES,
                  {BORDER(two_ways_input_0), BORDER(two_ways_input_1)},
                  {BORDER(two_ways_output_0), BORDER(two_ways_output_1)}},
    [DIGITS] = {ADAPTED(digits),
                DIGITS_ARENA_SIZE,
                DIGITS_SAMPLES,
                {BORDER(test_images)},
                {BORDER(digits_output_0)}},
};

THUMBNET_ALIGNED uint8_t memory[GUARD + MOST_ARENA + GUARD];
uint8_t *const arena = memory + GUARD;
THUMBNET_ALIGNED uint8_t out_memory[BORDERS][GUARD + MOST_OUTPUT + GUARD];

void fill(uint8_t value)
{
    memset(memory, UNTOUCHED, sizeof memory);
    memset(arena, value, MOST_ARENA);
    memset(out_memory, UNTOUCHED, sizeof out_memory);
}

const void *sample_of(const border_t *border, uint32_t sample)
{
    return border->size == 0 ? NULL : (const uint8_t *)border->samples + sample * border->size;
}

int run_with(const model_t *model, const void *const *inputs)
{
    void *const outputs[BORDERS] = {out_memory[0] + GUARD, out_memory[1] + GUARD};
    return model->run(inputs, outputs);
}

int run(const model_t *model, uint32_t sample)
{
    const void *const inputs[BORDERS] = {sample_of(&model->inputs[0], sample),
                                         sample_of(&model->inputs[1], sample)};
    return run_with(model, inputs);
}

void check_outputs(const model_t *model, uint32_t sample)
{
    for (uint32_t i = 0; i < BORDERS; i++) {
        const uint32_t size = model->outputs[i].size;
        const uint8_t *out = out_memory[i] + GUARD;
        if (size != 0) {
            TEST_ASSERT_EQUAL_HEX8_ARRAY_MESSAGE(sample_of(&model->outputs[i], sample), out, size,
                                                 model->name);
        }
        TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(UNTOUCHED, out_memory[i], GUARD, model->name);
        TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(UNTOUCHED, out + size, GUARD, model->name);
    }
}

void check_guards(const model_t *model, uint32_t size)
{
    TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(UNTOUCHED, memory, GUARD, model->name);
    TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(UNTOUCHED, arena + size, sizeof memory - GUARD - size,
                                        model->name);
}
