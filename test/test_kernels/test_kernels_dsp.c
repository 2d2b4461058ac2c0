/* The row kernels for Arm's DSP extension, or their plain C where there is none: see
 * check_kernels.h. SPDX-License-Identifier: Apache-2.0 */
#include "kernel_constants_dsp.h"

#include "check_kernels.h"

static void test_conv_2d_gathered_dsp_s8(void)
{
    CHECK_CASES(golden_conv_2d_gathered_dsp_s8);
}

static void test_conv_2d_dsp_s8(void)
{
    CHECK_CASES(golden_conv_2d_dsp_s8);
}

static void test_conv_2d_1x1_dsp_s8(void)
{
    CHECK_CASES(golden_conv_2d_1x1_dsp_s8);
}

static void test_fully_connected_dsp_s8(void)
{
    CHECK_CASES(golden_fully_connected_dsp_s8);
}

static void test_depthwise_conv_2d_dsp_s8(void)
{
    CHECK_CASES(golden_depthwise_conv_2d_dsp_s8);
}

static void test_add_dsp_s8(void)
{
    CHECK_CASES(golden_add_dsp_s8);
}

static void test_lstm_dsp_s8(void)
{
    CHECK_CASES(golden_lstm_dsp_s8);
}

void run_dsp_kernels(void);

void run_dsp_kernels(void)
{
    UnitySetTestFile(__FILE__);
    RUN_TEST(test_conv_2d_gathered_dsp_s8);
    RUN_TEST(test_conv_2d_dsp_s8);
    RUN_TEST(test_conv_2d_1x1_dsp_s8);
    RUN_TEST(test_fully_connected_dsp_s8);
    RUN_TEST(test_depthwise_conv_2d_dsp_s8);
    RUN_TEST(test_add_dsp_s8);
    RUN_TEST(test_lstm_dsp_s8);
}
