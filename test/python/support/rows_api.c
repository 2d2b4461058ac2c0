/* Uses two generated models whose input is pushed row by row, rightly and wrongly.
 * Arguments: a scenario, then for each model the files with its input and with LiteRT's output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "left.h"
#include "right.h"

#define GUARD 64u
#define PAINT 0xC6

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s\n", __LINE__, #condition);                                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* Arenas between guards, checked after every scenario. */
static THUMBNET_ALIGNED uint8_t left_memory[GUARD + LEFT_ARENA_SIZE + GUARD];
static THUMBNET_ALIGNED uint8_t right_memory[GUARD + RIGHT_ARENA_SIZE + GUARD];

static int8_t left_image[LEFT_INPUT_SIZE], right_image[RIGHT_INPUT_SIZE];
static int8_t left_expected[LEFT_OUTPUT_SIZE], right_expected[RIGHT_OUTPUT_SIZE];
static int8_t left_scores[LEFT_OUTPUT_SIZE], right_scores[RIGHT_OUTPUT_SIZE];
static left_t left;
static right_t right;

static void read_file(const char *name, void *bytes, size_t size)
{
    FILE *file = fopen(name, "rb");
    CHECK(file != NULL && fread(bytes, 1, size, file) == size && fgetc(file) == EOF);
    fclose(file);
}

static int guards_are_whole(const uint8_t *memory, size_t size)
{
    for (size_t i = 0; i < GUARD; i++) {
        if (memory[i] != PAINT || memory[GUARD + size + i] != PAINT) {
            return 0;
        }
    }
    return 1;
}

static void initialize(void)
{
    CHECK(left_init(&left, left_memory + GUARD, LEFT_ARENA_SIZE) == THUMBNET_OK);
    CHECK(right_init(&right, right_memory + GUARD, RIGHT_ARENA_SIZE) == THUMBNET_OK);
}

static const int8_t *left_row(uint32_t y)
{
    return left_image + y * LEFT_INPUT_ROW_SIZE;
}

static const int8_t *right_row(uint32_t y)
{
    return right_image + y * RIGHT_INPUT_ROW_SIZE;
}

static void push_left(uint32_t from, uint32_t end)
{
    for (uint32_t y = from; y < end; y++) {
        CHECK(left_push_row(&left, left_row(y)) == THUMBNET_OK);
    }
}

static void finish_left(void)
{
    memset(left_scores, 0, sizeof left_scores);
    CHECK(left_finish(&left, left_scores) == THUMBNET_OK);
    CHECK(memcmp(left_scores, left_expected, sizeof left_scores) == 0);
}

static void finish_right(void)
{
    memset(right_scores, 0, sizeof right_scores);
    CHECK(right_finish(&right, right_scores) == THUMBNET_OK);
    CHECK(memcmp(right_scores, right_expected, sizeof right_scores) == 0);
}

static void in_order(void)
{
    initialize();
    for (int32_t i = 0; i < 2; i++) {
        CHECK(left_begin(&left) == THUMBNET_OK);
        push_left(0, LEFT_INPUT_ROWS);
        finish_left();
    }
}

static void run_equals_rows(void)
{
    initialize();
    CHECK(left_run(&left, left_image, left_scores) == THUMBNET_OK);
    CHECK(memcmp(left_scores, left_expected, sizeof left_scores) == 0);
    CHECK(right_run(&right, right_image, right_scores) == THUMBNET_OK);
    CHECK(memcmp(right_scores, right_expected, sizeof right_scores) == 0);
    in_order();
}

static void push_before_begin(void)
{
    initialize();
    CHECK(left_push_row(&left, left_image) == THUMBNET_ERROR_ROWS);
    CHECK(left_finish(&left, left_scores) == THUMBNET_ERROR_ROWS);
    for (size_t i = 0; i < LEFT_ARENA_SIZE; i++) {
        CHECK(left_memory[GUARD + i] == PAINT);
    }
    in_order();
}

static void too_many_rows(void)
{
    initialize();
    CHECK(left_begin(&left) == THUMBNET_OK);
    push_left(0, LEFT_INPUT_ROWS);
    for (int32_t i = 0; i < 70000; i++) {
        CHECK(left_push_row(&left, left_image) == THUMBNET_ERROR_ROWS);
    }
    finish_left();
}

static void finish_early(void)
{
    initialize();
    CHECK(left_begin(&left) == THUMBNET_OK);
    for (uint32_t y = 0; y < LEFT_INPUT_ROWS; y++) {
        memset(left_scores, 0x11, sizeof left_scores);
        CHECK(left_finish(&left, left_scores) == THUMBNET_ERROR_ROWS);
        CHECK(left_scores[0] == 0x11 && left_scores[LEFT_OUTPUT_SIZE - 1u] == 0x11);
        CHECK(left_push_row(&left, left_row(y)) == THUMBNET_OK);
    }
    finish_left();
}

static void after_finish(void)
{
    in_order();
    CHECK(left_push_row(&left, left_image) == THUMBNET_ERROR_ROWS);
    CHECK(left_finish(&left, left_scores) == THUMBNET_ERROR_ROWS);
    CHECK(left_run(&left, left_image, left_scores) == THUMBNET_OK);
    CHECK(left_push_row(&left, left_image) == THUMBNET_ERROR_ROWS);
    CHECK(left_finish(&left, left_scores) == THUMBNET_ERROR_ROWS);
    in_order();
}

static void not_initialized(void)
{
    CHECK(left_begin(&left) == THUMBNET_ERROR_NOT_INITIALIZED);
    CHECK(left_push_row(&left, left_image) == THUMBNET_ERROR_NOT_INITIALIZED);
    CHECK(left_finish(&left, left_scores) == THUMBNET_ERROR_NOT_INITIALIZED);
    CHECK(left_run(&left, left_image, left_scores) == THUMBNET_ERROR_NOT_INITIALIZED);
    /* What init refuses stays so. */
    CHECK(left_init(&left, left_memory + GUARD, LEFT_ARENA_SIZE - 1u) == THUMBNET_ERROR_ARENA_SIZE);
    CHECK(left_begin(&left) == THUMBNET_ERROR_NOT_INITIALIZED);
}

static void null_pointers(void)
{
    initialize();
    CHECK(left_begin(NULL) == THUMBNET_ERROR_NULL);
    CHECK(left_push_row(NULL, left_image) == THUMBNET_ERROR_NULL);
    CHECK(left_finish(NULL, left_scores) == THUMBNET_ERROR_NULL);
    CHECK(left_run(NULL, left_image, left_scores) == THUMBNET_ERROR_NULL);
    CHECK(left_begin(&left) == THUMBNET_OK);
    push_left(0, 3);
    CHECK(left_push_row(&left, NULL) == THUMBNET_ERROR_NULL);
    CHECK(left_run(&left, NULL, left_scores) == THUMBNET_ERROR_NULL);
    CHECK(left_run(&left, left_image, NULL) == THUMBNET_ERROR_NULL);
    push_left(3, LEFT_INPUT_ROWS);
    CHECK(left_finish(&left, NULL) == THUMBNET_ERROR_NULL);
    finish_left();
}

static void begin_and_run_start_afresh(void)
{
    initialize();
    CHECK(left_begin(&left) == THUMBNET_OK);
    push_left(0, 5);
    CHECK(left_begin(&left) == THUMBNET_OK);
    push_left(0, LEFT_INPUT_ROWS);
    CHECK(left_begin(&left) == THUMBNET_OK);
    push_left(0, 2);
    CHECK(left_run(&left, left_image, left_scores) == THUMBNET_OK);
    CHECK(memcmp(left_scores, left_expected, sizeof left_scores) == 0);
    CHECK(left_begin(&left) == THUMBNET_OK);
    push_left(0, LEFT_INPUT_ROWS);
    CHECK(left_init(&left, left_memory + GUARD, LEFT_ARENA_SIZE) == THUMBNET_OK);
    CHECK(left_finish(&left, left_scores) == THUMBNET_ERROR_ROWS);
}

/* One row buffer, at an odd address, overwritten as soon as push_row is back. */
static void one_row_buffer(void)
{
    int8_t *row = (int8_t *)malloc(LEFT_INPUT_ROW_SIZE + 1u) + 1;
    initialize();
    CHECK(left_begin(&left) == THUMBNET_OK);
    for (uint32_t y = 0; y < LEFT_INPUT_ROWS; y++) {
        memcpy(row, left_row(y), LEFT_INPUT_ROW_SIZE);
        CHECK(left_push_row(&left, row) == THUMBNET_OK);
        CHECK(memcmp(row, left_row(y), LEFT_INPUT_ROW_SIZE) == 0);
        memset(row, 0x6D, LEFT_INPUT_ROW_SIZE);
    }
    free(row - 1);
    finish_left();
}

static void interleaved(void)
{
    initialize();
    CHECK(left_begin(&left) == THUMBNET_OK);
    CHECK(right_begin(&right) == THUMBNET_OK);
    for (uint32_t y = 0; y < LEFT_INPUT_ROWS || y < RIGHT_INPUT_ROWS; y++) {
        if (y < RIGHT_INPUT_ROWS) {
            CHECK(right_push_row(&right, right_row(y)) == THUMBNET_OK);
        }
        if (y < LEFT_INPUT_ROWS) {
            CHECK(left_push_row(&left, left_row(y)) == THUMBNET_OK);
        }
    }
    finish_right();
    finish_left();
}

/* Between inferences the arena is anybody's. */
static void one_arena(void)
{
    static THUMBNET_ARENA(arena, LEFT_ARENA_SIZE + RIGHT_ARENA_SIZE);
    CHECK(left_init(&left, arena, sizeof arena) == THUMBNET_OK);
    CHECK(right_init(&right, arena, sizeof arena) == THUMBNET_OK);
    for (int32_t i = 0; i < 2; i++) {
        memset(arena, 0x99, sizeof arena);
        CHECK(left_begin(&left) == THUMBNET_OK);
        push_left(0, LEFT_INPUT_ROWS);
        finish_left();
        CHECK(right_run(&right, right_image, right_scores) == THUMBNET_OK);
        CHECK(memcmp(right_scores, right_expected, sizeof right_scores) == 0);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"in_order", in_order},
    {"run_equals_rows", run_equals_rows},
    {"push_before_begin", push_before_begin},
    {"too_many_rows", too_many_rows},
    {"finish_early", finish_early},
    {"after_finish", after_finish},
    {"not_initialized", not_initialized},
    {"null_pointers", null_pointers},
    {"begin_and_run_start_afresh", begin_and_run_start_afresh},
    {"one_row_buffer", one_row_buffer},
    {"interleaved", interleaved},
    {"one_arena", one_arena},
};

int main(int count, char **words)
{
    CHECK(count == 6);
    read_file(words[2], left_image, sizeof left_image);
    read_file(words[3], left_expected, sizeof left_expected);
    read_file(words[4], right_image, sizeof right_image);
    read_file(words[5], right_expected, sizeof right_expected);
    memset(left_memory, PAINT, sizeof left_memory);
    memset(right_memory, PAINT, sizeof right_memory);
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(scenarios[i].name, words[1]) == 0) {
            scenarios[i].run();
            CHECK(guards_are_whole(left_memory, LEFT_ARENA_SIZE));
            CHECK(guards_are_whole(right_memory, RIGHT_ARENA_SIZE));
            puts("ok");
        }
    }
    return 0;
}
