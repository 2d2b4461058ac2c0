/* What every other suite stands on: the C environment of the emulated boards, their instruction
 * count and their stack measuring, and the runtime header. SPDX-License-Identifier: Apache-2.0 */
#include <thumbnet.h>

#include <unity.h>

#include <string.h>

#ifdef __arm__
#include <emulated.h>
#endif
#ifdef __ARM_FEATURE_MVE
#include <arm_mve.h>
#endif

static int initialized = 42;
static int zeroed;
static THUMBNET_ARENA(arena, 24);

void setUp(void)
{
}

void tearDown(void)
{
}

static void test_static_data_is_initialized(void)
{
    TEST_ASSERT_EQUAL_INT(42, initialized);
    TEST_ASSERT_EQUAL_INT(0, zeroed);
    initialized = 1;
    zeroed = 1;
}

static void test_arena_is_aligned(void)
{
    TEST_ASSERT_EQUAL_UINT(0u, (unsigned)((uintptr_t)arena % THUMBNET_ARENA_ALIGNMENT));
    TEST_ASSERT_EQUAL_UINT(24u, (unsigned)sizeof arena);
}

static void test_floating_point_works(void)
{
    volatile float third = 1.0f / 3.0f;
    volatile double precise = 1.0 / 3.0;
    TEST_ASSERT_TRUE(third * 3.0f == 1.0f);
    TEST_ASSERT_TRUE(precise * 3.0 == 1.0);
}

#ifdef __ARM_FEATURE_MVE
static void test_helium_works(void)
{
    int8_t values[16];
    for (int index = 0; index < 16; ++index) {
        values[index] = (int8_t)index;
    }
    const int8x16_t vector = vld1q_s8(values);
    TEST_ASSERT_EQUAL_INT(1240, vmladavq_s8(vector, vector));
}
#endif

#ifdef __arm__

/* Executes 2 n instructions, and the call's own. */
THUMBNET_NOINLINE static void spin(uint32_t n)
{
    __asm__ volatile(".syntax unified\n1: subs %0, %0, #1\n bne 1b\n" : "+l"(n) : : "cc");
}

static uint32_t measure(uint32_t n)
{
    const uint64_t before = emulated_instructions();
    spin(n);
    return (uint32_t)(emulated_instructions() - before);
}

static void test_instructions_are_counted_exactly(void)
{
    const uint32_t fixed = measure(1) - 2u;
    for (uint32_t n = 1; n < 200u; ++n) {
        TEST_ASSERT_EQUAL_UINT32(2u * n, measure(n) - fixed);
    }
    /* Longer than SysTick's 24 bits would reach. */
    TEST_ASSERT_EQUAL_UINT32(2u * 20000000u, measure(20000000u) - fixed);
    TEST_ASSERT_LESS_THAN_UINT32(200u, fixed);
}

THUMBNET_NOINLINE static int use_stack(void)
{
    volatile uint8_t bytes[512];
    for (unsigned index = 0; index < sizeof bytes; ++index) {
        bytes[index] = (uint8_t)index;
    }
    return bytes[511];
}

static void test_stack_is_measured(void)
{
    emulated_stack_paint();
    TEST_ASSERT_EQUAL_UINT(0u, (unsigned)emulated_stack_used());
    emulated_stack_paint();
    TEST_ASSERT_EQUAL_INT(255, use_stack());
    const unsigned used = (unsigned)emulated_stack_used();
    TEST_ASSERT_GREATER_OR_EQUAL_UINT(512u, used);
    TEST_ASSERT_LESS_THAN_UINT(512u + 64u, used);
    TEST_ASSERT_LESS_THAN_UINT((unsigned)emulated_stack_free(), used);
}

static void test_host_files_are_read(void)
{
    char text[8] = {0};
    const int file = emulated_open("library.json", EMULATED_READ);
    TEST_ASSERT_NOT_EQUAL_INT(-1, file);
    TEST_ASSERT_GREATER_THAN_INT32(8, emulated_file_size(file));
    TEST_ASSERT_EQUAL_UINT(5u, (unsigned)emulated_read(file, text, 5));
    TEST_ASSERT_EQUAL_STRING("{\n  \"", text);
    TEST_ASSERT_EQUAL_INT(0, emulated_close(file));
    TEST_ASSERT_EQUAL_INT(-1, emulated_open("there is no such file", EMULATED_READ));
}

#endif

int main(void)
{
    UNITY_BEGIN();
    RUN_TEST(test_static_data_is_initialized);
    RUN_TEST(test_arena_is_aligned);
    RUN_TEST(test_floating_point_works);
#ifdef __ARM_FEATURE_MVE
    RUN_TEST(test_helium_works);
#endif
#ifdef __arm__
    RUN_TEST(test_instructions_are_counted_exactly);
    RUN_TEST(test_stack_is_measured);
    RUN_TEST(test_host_files_are_read);
#endif
    return UNITY_END();
}
