/* Several models in one firmware, compiled by PlatformIO's build hook from the manifests in this
 * folder: exact outputs, errors, and which memory they touch. Expected outputs are TFLite's
 * (test/golden/model_vectors.h). SPDX-License-Identifier: Apache-2.0 */
#include "models.h"

#include <unity.h>

#include <string.h>

static THUMBNET_ALIGNED uint8_t caller_memory[BORDERS][MOST_INPUT];

void setUp(void)
{
    for (size_t i = 0; i < MODELS; i++) {
        models[i].forget();
    }
}

void tearDown(void)
{
}

/* All samples, whatever the arena held before. */
static void check_exact(const model_t *model)
{
    static const uint8_t before[] = {0x00, 0xff, UNTOUCHED};
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, model->init(arena, model->arena_size));
    for (uint32_t sample = 0; sample < model->samples; sample++) {
        for (size_t i = 0; i < COUNT(before); i++) {
            fill(before[i]);
            TEST_ASSERT_EQUAL_INT_MESSAGE(THUMBNET_OK, run(model, sample), model->name);
            check_outputs(model, sample);
        }
    }
}

static void test_residual_is_exact(void)
{
    check_exact(&models[RESIDUAL]);
}

static void test_residual_buffer_is_exact(void)
{
    check_exact(&models[RESIDUAL_BUFFER]);
}

static void test_residual_small_is_exact(void)
{
    check_exact(&models[RESIDUAL_SMALL]);
    TEST_ASSERT_LESS_THAN_UINT(RESIDUAL_ARENA_SIZE, RESIDUAL_SMALL_ARENA_SIZE);
}

static void test_residual_rows_is_exact(void)
{
    check_exact(&models[RESIDUAL_ROWS]);
}

static void test_every_operator_is_exact(void)
{
    check_exact(&models[EVERY_OPERATOR]);
}

static void test_two_ways_is_exact(void)
{
    check_exact(&models[TWO_WAYS]);
}

static void test_digits_is_exact(void)
{
    check_exact(&models[DIGITS]);
}

/* With other samples between, and with what the last inference left in the arena. */
static void test_inferences_are_repeatable(void)
{
    for (size_t i = 0; i < MODELS; i++) {
        const model_t *model = &models[i];
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, model->init(arena, model->arena_size));
        for (uint32_t turn = 0; turn < 3; turn++) {
            for (uint32_t sample = model->samples; sample-- > 0;) {
                memset(out_memory, UNTOUCHED, sizeof out_memory);
                TEST_ASSERT_EQUAL_INT_MESSAGE(THUMBNET_OK, run(model, sample), model->name);
                check_outputs(model, sample);
            }
        }
    }
}

static void test_nothing_outside_the_arena_is_written(void)
{
    for (size_t i = 0; i < MODELS; i++) {
        const model_t *model = &models[i];
        fill(UNTOUCHED);
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, model->init(arena, model->arena_size));
        TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(UNTOUCHED, memory, sizeof memory, model->name);
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, run(model, 0));
        check_guards(model, model->arena_size);
    }
}

static void test_models_share_an_arena(void)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < MODELS; i++) {
        largest = models[i].arena_size > largest ? models[i].arena_size : largest;
    }
    fill(UNTOUCHED);
    for (size_t i = 0; i < MODELS; i++) {
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, models[i].init(arena, largest));
    }
    for (uint32_t sample = 0; sample < 2; sample++) {
        for (size_t i = 0; i < MODELS; i++) {
            memset(out_memory, UNTOUCHED, sizeof out_memory);
            TEST_ASSERT_EQUAL_INT(THUMBNET_OK, run(&models[i], sample));
            check_outputs(&models[i], sample);
            check_guards(&models[i], largest);
        }
    }
}

/* Two objects of one model with an arena each. */
static void test_instances_are_independent(void)
{
    static THUMBNET_ARENA(other_arena, TWO_WAYS_ARENA_SIZE);
    static two_ways_t nets[2];
    int8_t after[TWO_WAYS_AFTER_SIZE];
    int8_t scores[TWO_WAYS_SCORES_SIZE];
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, two_ways_init(&nets[0], arena, TWO_WAYS_ARENA_SIZE));
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, two_ways_init(&nets[1], other_arena, sizeof other_arena));
    /* Both inputs lie ready before either runs. */
    for (size_t i = 0; i < COUNT(nets); i++) {
        memcpy(two_ways_image(&nets[i]), two_ways_input_0[i], TWO_WAYS_IMAGE_SIZE);
        memcpy(two_ways_before(&nets[i]), two_ways_input_1[i], TWO_WAYS_BEFORE_SIZE);
    }
    for (size_t i = 0; i < COUNT(nets); i++) {
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, two_ways_run(&nets[i], two_ways_image(&nets[i]),
                                                        two_ways_before(&nets[i]), after, scores));
        TEST_ASSERT_EQUAL_INT8_ARRAY(two_ways_output_0[i], after, TWO_WAYS_AFTER_SIZE);
        TEST_ASSERT_EQUAL_INT8_ARRAY(two_ways_output_1[i], scores, TWO_WAYS_SCORES_SIZE);
    }
}

static void test_init_names_its_errors(void)
{
    for (size_t i = 0; i < MODELS; i++) {
        const model_t *model = &models[i];
        const uint32_t size = model->arena_size;
        TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, model->init_nothing(arena, size));
        TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, model->init(NULL, size));
        TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_ARENA_SIZE, model->init(arena, size - 1));
        TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_ARENA_SIZE, model->init(arena, 0));
        for (uint32_t shift = 1; shift < THUMBNET_ARENA_ALIGNMENT; shift++) {
            TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_ARENA_ALIGNMENT, model->init(arena + shift, size));
        }
        /* None of these has initialised it. */
        TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NOT_INITIALIZED, run(model, 0));
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, model->init(arena, size));
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, model->init(arena + THUMBNET_ARENA_ALIGNMENT, size + 1));
    }
}

static void test_run_refuses_null(void)
{
    for (size_t i = 0; i < MODELS; i++) {
        const model_t *model = &models[i];
        const void *inputs[BORDERS] = {model->inputs[0].samples, model->inputs[1].samples};
        void *outputs[BORDERS] = {out_memory[0], out_memory[1]};
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, model->init(arena, model->arena_size));
        fill(UNTOUCHED);
        TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, model->run_nothing(inputs, outputs));
        for (uint32_t border = 0; border < BORDERS; border++) {
            if (model->inputs[border].size != 0) {
                inputs[border] = NULL;
                TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, model->run(inputs, outputs));
                inputs[border] = model->inputs[border].samples;
            }
            if (model->outputs[border].size != 0) {
                outputs[border] = NULL;
                TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, model->run(inputs, outputs));
                outputs[border] = out_memory[border];
            }
        }
        TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(UNTOUCHED, memory, sizeof memory, model->name);
        TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(UNTOUCHED, out_memory, sizeof out_memory, model->name);
    }
}

static void test_run_refuses_what_is_not_initialized(void)
{
    for (size_t i = 0; i < MODELS; i++) {
        fill(UNTOUCHED);
        TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NOT_INITIALIZED, run(&models[i], 0));
        TEST_ASSERT_EACH_EQUAL_HEX8(UNTOUCHED, memory, sizeof memory);
        TEST_ASSERT_EACH_EQUAL_HEX8(UNTOUCHED, out_memory, sizeof out_memory);
    }
}

/* Above all with `input: buffer`, where no copy of them is made. */
static void test_inputs_of_the_caller_are_left_as_they_are(void)
{
    const void *const inputs[BORDERS] = {caller_memory[0], caller_memory[1]};
    for (size_t i = 0; i < MODELS; i++) {
        const model_t *model = &models[i];
        for (uint32_t border = 0; border < BORDERS; border++) {
            const border_t *input = &model->inputs[border];
            TEST_ASSERT_TRUE_MESSAGE(input->size < MOST_INPUT, model->name);
            memset(caller_memory[border], UNTOUCHED, MOST_INPUT);
            if (input->size != 0) {
                memcpy(caller_memory[border], sample_of(input, 1), input->size);
            }
        }
        fill(UNTOUCHED);
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, model->init(arena, model->arena_size));
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, run_with(model, inputs));
        check_outputs(model, 1);
        for (uint32_t border = 0; border < BORDERS; border++) {
            const border_t *input = &model->inputs[border];
            if (input->size != 0) {
                TEST_ASSERT_EQUAL_HEX8_ARRAY_MESSAGE(sample_of(input, 1), caller_memory[border],
                                                     input->size, model->name);
            }
            TEST_ASSERT_EACH_EQUAL_HEX8_MESSAGE(UNTOUCHED, caller_memory[border] + input->size,
                                                MOST_INPUT - input->size, model->name);
        }
    }
}

static void check_within_arena(const void *place, uint32_t size, uint32_t arena_size,
                               size_t alignment)
{
    const uint8_t *begin = (const uint8_t *)place;
    TEST_ASSERT_TRUE(begin >= arena && begin + size <= arena + arena_size);
    TEST_ASSERT_TRUE((uintptr_t)begin % alignment == 0);
}

/* Inputs that are written into the arena itself. */
static void test_inputs_are_taken_from_the_arena(void)
{
    fill(UNTOUCHED);
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_init(&residual_object, arena, RESIDUAL_ARENA_SIZE));
    int8_t *image = residual_image(&residual_object);
    check_within_arena(image, RESIDUAL_IMAGE_SIZE, RESIDUAL_ARENA_SIZE, 1);
    for (uint32_t sample = 0; sample < RESIDUAL_SAMPLES; sample++) {
        memcpy(image, residual_input_0[sample], RESIDUAL_IMAGE_SIZE);
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK,
                              run_with(&models[RESIDUAL], (const void *const[]){image, NULL}));
        check_outputs(&models[RESIDUAL], sample);
    }
}

/* Of two inputs, both, neither or one of them. */
static void test_each_input_may_lie_in_the_arena(void)
{
    const model_t *model = &models[EVERY_OPERATOR];
    for (uint32_t choice = 0; choice < 4; choice++) {
        fill(UNTOUCHED);
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, model->init(arena, model->arena_size));
        void *const places[BORDERS] = {every_operator_image(&every_operator_object),
                                       every_operator_camera(&every_operator_object)};
        const void *inputs[BORDERS];
        check_within_arena(places[0], model->inputs[0].size, model->arena_size, sizeof(float));
        check_within_arena(places[1], model->inputs[1].size, model->arena_size, 1);
        for (uint32_t border = 0; border < BORDERS; border++) {
            inputs[border] = sample_of(&model->inputs[border], 1);
            if (choice >> border & 1u) {
                inputs[border] = memcpy(places[border], inputs[border], model->inputs[border].size);
            }
        }
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, run_with(model, inputs));
        check_outputs(model, 1);
    }
}

/* Pushes rows [first, end) of a sample, each from the same buffer. */
static void push_rows(residual_rows_t *net, uint32_t sample, uint32_t first, uint32_t end)
{
    int8_t row[RESIDUAL_ROWS_IMAGE_ROW_SIZE];
    for (uint32_t y = first; y < end; y++) {
        memcpy(row, residual_input_0[sample] + y * sizeof row, sizeof row);
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_push_row(net, row));
        memset(row, UNTOUCHED, sizeof row);
    }
}

static void test_rows_are_pushed(void)
{
    residual_rows_t *net = &residual_rows_object;
    int8_t *scores = (int8_t *)out_memory[0] + GUARD;
    TEST_ASSERT_EQUAL_UINT(RESIDUAL_ROWS_IMAGE_SIZE,
                           RESIDUAL_ROWS_IMAGE_ROWS * RESIDUAL_ROWS_IMAGE_ROW_SIZE);
    fill(0xff);
    memset(arena + RESIDUAL_ROWS_ARENA_SIZE, UNTOUCHED, MOST_ARENA - RESIDUAL_ROWS_ARENA_SIZE);
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_init(net, arena, RESIDUAL_ROWS_ARENA_SIZE));
    for (uint32_t sample = 0; sample < RESIDUAL_SAMPLES; sample++) {
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_begin(net));
        push_rows(net, sample, 0, RESIDUAL_ROWS_IMAGE_ROWS);
        TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_finish(net, scores));
        check_outputs(&models[RESIDUAL_ROWS], sample);
        check_guards(&models[RESIDUAL_ROWS], RESIDUAL_ROWS_ARENA_SIZE);
    }
}

/* Wrong calls are refused, and the inference under way comes out right all the same. */
static void test_rows_at_the_wrong_time_are_refused(void)
{
    residual_rows_t *net = &residual_rows_object;
    const int8_t *row = residual_input_0[0];
    int8_t *scores = (int8_t *)out_memory[0] + GUARD;
    fill(0xff);
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NOT_INITIALIZED, residual_rows_begin(net));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NOT_INITIALIZED, residual_rows_push_row(net, row));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NOT_INITIALIZED, residual_rows_finish(net, scores));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, residual_rows_begin(NULL));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, residual_rows_push_row(NULL, row));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, residual_rows_finish(NULL, scores));
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_init(net, arena, RESIDUAL_ROWS_ARENA_SIZE));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_ROWS, residual_rows_push_row(net, row));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_ROWS, residual_rows_finish(net, scores));

    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_begin(net));
    push_rows(net, 1, 0, RESIDUAL_ROWS_IMAGE_ROWS - 1);
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_ROWS, residual_rows_finish(net, scores));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, residual_rows_push_row(net, NULL));
    push_rows(net, 1, RESIDUAL_ROWS_IMAGE_ROWS - 1, RESIDUAL_ROWS_IMAGE_ROWS);
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_ROWS, residual_rows_push_row(net, row));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_NULL, residual_rows_finish(net, NULL));
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_finish(net, scores));
    check_outputs(&models[RESIDUAL_ROWS], 1);
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_ROWS, residual_rows_finish(net, scores));
    TEST_ASSERT_EQUAL_INT(THUMBNET_ERROR_ROWS, residual_rows_push_row(net, row));
}

static void test_an_inference_may_be_given_up(void)
{
    residual_rows_t *net = &residual_rows_object;
    int8_t *scores = (int8_t *)out_memory[0] + GUARD;
    fill(0xff);
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_init(net, arena, RESIDUAL_ROWS_ARENA_SIZE));
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_begin(net));
    push_rows(net, 0, 0, 7);
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_begin(net));
    push_rows(net, 1, 0, RESIDUAL_ROWS_IMAGE_ROWS);
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_finish(net, scores));
    check_outputs(&models[RESIDUAL_ROWS], 1);
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, residual_rows_begin(net));
    push_rows(net, 1, 0, 5);
    TEST_ASSERT_EQUAL_INT(THUMBNET_OK, run(&models[RESIDUAL_ROWS], 0));
    check_outputs(&models[RESIDUAL_ROWS], 0);
}

int main(void)
{
    UNITY_BEGIN();
    RUN_TEST(test_residual_is_exact);
    RUN_TEST(test_residual_buffer_is_exact);
    RUN_TEST(test_residual_small_is_exact);
    RUN_TEST(test_residual_rows_is_exact);
    RUN_TEST(test_every_operator_is_exact);
    RUN_TEST(test_two_ways_is_exact);
    RUN_TEST(test_digits_is_exact);
    RUN_TEST(test_inferences_are_repeatable);
    RUN_TEST(test_nothing_outside_the_arena_is_written);
    RUN_TEST(test_models_share_an_arena);
    RUN_TEST(test_instances_are_independent);
    RUN_TEST(test_init_names_its_errors);
    RUN_TEST(test_run_refuses_null);
    RUN_TEST(test_run_refuses_what_is_not_initialized);
    RUN_TEST(test_inputs_of_the_caller_are_left_as_they_are);
    RUN_TEST(test_inputs_are_taken_from_the_arena);
    RUN_TEST(test_each_input_may_lie_in_the_arena);
    RUN_TEST(test_rows_are_pushed);
    RUN_TEST(test_rows_at_the_wrong_time_are_refused);
    RUN_TEST(test_an_inference_may_be_given_up);
    return UNITY_END();
}
