/* The row kernels of int16 activations and transposed convolutions: see
 * check_kernels.h. SPDX-License-Identifier: Apache-2.0 */
#include "kernel_constants_wide.h"

#include "check_kernels.h"

static void test_conv_2d_s16(void)
{
    CHECK_CASES(golden_conv_2d_s16);
}

static void test_conv_2d_1x1_s16(void)
{
    CHECK_CASES(golden_conv_2d_1x1_s16);
}

static void test_fully_connected_s16(void)
{
    CHECK_CASES(golden_fully_connected_s16);
}

static void test_depthwise_conv_2d_s16(void)
{
    CHECK_CASES(golden_depthwise_conv_2d_s16);
}

static void test_transpose_conv(void)
{
    CHECK_CASES(golden_transpose_conv);
}

static void test_binary_s16(void)
{
    CHECK_CASES(golden_binary_s16);
}

static void test_requantize_wide(void)
{
    CHECK_CASES(golden_requantize_wide);
}

static void test_leaky_relu_s16(void)
{
    CHECK_CASES(golden_leaky_relu_s16);
}

static void test_sigmoid_s16(void)
{
    CHECK_CASES(golden_sigmoid_s16);
}

static void test_quantize_f32_s16(void)
{
    CHECK_CASES(golden_quantize_f32_s16);
}

static void test_dequantize_s16_f32(void)
{
    CHECK_CASES(golden_dequantize_s16_f32);
}

static void test_softmax_s16(void)
{
    CHECK_CASES(golden_softmax_s16);
}

static void test_pool_2d_s16(void)
{
    CHECK_CASES(golden_pool_2d_s16);
}

static void test_mean_plane_s16(void)
{
    CHECK_CASES(golden_mean_plane_s16);
}

static void test_mean_row_s16(void)
{
    CHECK_CASES(golden_mean_row_s16);
}

void run_wide_kernels(void);

void run_wide_kernels(void)
{
    UnitySetTestFile(__FILE__);
    RUN_TEST(test_conv_2d_s16);
    RUN_TEST(test_conv_2d_1x1_s16);
    RUN_TEST(test_fully_connected_s16);
    RUN_TEST(test_depthwise_conv_2d_s16);
    RUN_TEST(test_transpose_conv);
    RUN_TEST(test_binary_s16);
    RUN_TEST(test_requantize_wide);
    RUN_TEST(test_leaky_relu_s16);
    RUN_TEST(test_sigmoid_s16);
    RUN_TEST(test_quantize_f32_s16);
    RUN_TEST(test_dequantize_s16_f32);
    RUN_TEST(test_softmax_s16);
    RUN_TEST(test_pool_2d_s16);
    RUN_TEST(test_mean_plane_s16);
    RUN_TEST(test_mean_row_s16);
}
