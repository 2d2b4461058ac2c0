/* The row kernels for cores without SIMD instructions: see
 * check_kernels.h. SPDX-License-Identifier: Apache-2.0 */
#include "kernel_constants_scalar.h"

#include "check_kernels.h"

static void test_conv_2d_pairs_s8(void)
{
    CHECK_CASES(golden_conv_2d_pairs_s8);
}

static void test_conv_2d_1x1_pairs_s8(void)
{
    CHECK_CASES(golden_conv_2d_1x1_pairs_s8);
}

static void test_fully_connected_quads_s8(void)
{
    CHECK_CASES(golden_fully_connected_quads_s8);
}

static void test_depthwise_conv_2d_columns_s8(void)
{
    CHECK_CASES(golden_depthwise_conv_2d_columns_s8);
}

void run_scalar_kernels(void);

void run_scalar_kernels(void)
{
    UnitySetTestFile(__FILE__);
    RUN_TEST(test_conv_2d_pairs_s8);
    RUN_TEST(test_conv_2d_1x1_pairs_s8);
    RUN_TEST(test_fully_connected_quads_s8);
    RUN_TEST(test_depthwise_conv_2d_columns_s8);
}
