/* The row kernels for Helium, or their plain C where there is none: see
 * check_kernels.h. SPDX-License-Identifier: Apache-2.0 */
#include "kernel_constants_mve.h"

#include "check_kernels.h"

static void test_conv_2d_mve_s8(void)
{
    CHECK_CASES(golden_conv_2d_mve_s8);
}

static void test_conv_2d_1x1_mve_s8(void)
{
    CHECK_CASES(golden_conv_2d_1x1_mve_s8);
}

static void test_depthwise_conv_2d_mve_s8(void)
{
    CHECK_CASES(golden_depthwise_conv_2d_mve_s8);
}

static void test_add_mve_s8(void)
{
    CHECK_CASES(golden_add_mve_s8);
}

void run_mve_kernels(void);

void run_mve_kernels(void)
{
    UnitySetTestFile(__FILE__);
    RUN_TEST(test_conv_2d_mve_s8);
    RUN_TEST(test_conv_2d_1x1_mve_s8);
    RUN_TEST(test_depthwise_conv_2d_mve_s8);
    RUN_TEST(test_add_mve_s8);
}
