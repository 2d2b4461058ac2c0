/* The portable row kernels of all operators: see check_kernels.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel_constants.h"

#include "check_kernels.h"

void run_dsp_kernels(void);
void run_mve_kernels(void);
void run_wide_kernels(void);
void run_scalar_kernels(void);

void setUp(void)
{
}

void tearDown(void)
{
}

static void test_conv_2d_s8(void)
{
    CHECK_CASES(golden_conv_2d_s8);
}

static void test_conv_2d_1x1_s8(void)
{
    CHECK_CASES(golden_conv_2d_1x1_s8);
}

static void test_fully_connected_s8(void)
{
    CHECK_CASES(golden_fully_connected_s8);
}

static void test_depthwise_conv_2d_s8(void)
{
    CHECK_CASES(golden_depthwise_conv_2d_s8);
}

static void test_depthwise_conv_2d_multiplier_s8(void)
{
    CHECK_CASES(golden_depthwise_conv_2d_multiplier_s8);
}

static void test_conv_2d_general_s8(void)
{
    CHECK_CASES(golden_conv_2d_general_s8);
}

static void test_dilated_conv_2d_s8(void)
{
    CHECK_CASES(golden_dilated_conv_2d_s8);
}

static void test_wide_channels_s8(void)
{
    CHECK_CASES(golden_wide_channels_s8);
}

static void test_inverted_bottleneck_s8(void)
{
    CHECK_CASES(golden_inverted_bottleneck_s8);
}

static void test_add_s8(void)
{
    CHECK_CASES(golden_add_s8);
}

static void test_add_broadcast_s8(void)
{
    CHECK_CASES(golden_add_broadcast_s8);
}

static void test_mul_s8(void)
{
    CHECK_CASES(golden_mul_s8);
}

static void test_mul_broadcast_s8(void)
{
    CHECK_CASES(golden_mul_broadcast_s8);
}

static void test_binary_s8(void)
{
    CHECK_CASES(golden_binary_s8);
}

static void test_select_s8(void)
{
    CHECK_CASES(golden_select_s8);
}

static void test_batch_matmul_s8(void)
{
    CHECK_CASES(golden_batch_matmul_s8);
}

static void test_reduce_row_s8(void)
{
    CHECK_CASES(golden_reduce_row_s8);
}

static void test_reduce_plane_s8(void)
{
    CHECK_CASES(golden_reduce_plane_s8);
}

static void test_l2_normalization_s8(void)
{
    CHECK_CASES(golden_l2_normalization_s8);
}

static void test_log_softmax_s8(void)
{
    CHECK_CASES(golden_log_softmax_s8);
}

static void test_cast(void)
{
    CHECK_CASES(golden_cast);
}

static void test_average_pool_2d_s8(void)
{
    CHECK_CASES(golden_average_pool_2d_s8);
}

static void test_average_pool_2d_plane_s8(void)
{
    CHECK_CASES(golden_average_pool_2d_plane_s8);
}

static void test_max_pool_2d_s8(void)
{
    CHECK_CASES(golden_max_pool_2d_s8);
}

static void test_max_pool_2d_plane_s8(void)
{
    CHECK_CASES(golden_max_pool_2d_plane_s8);
}

static void test_mean_row_s8(void)
{
    CHECK_CASES(golden_mean_row_s8);
}

static void test_mean_plane_s8(void)
{
    CHECK_CASES(golden_mean_plane_s8);
}

static void test_add_even_s8(void)
{
    CHECK_CASES(golden_add_even_s8);
}

static void test_add_even_broadcast_s8(void)
{
    CHECK_CASES(golden_add_even_broadcast_s8);
}

static void test_mul_even_s8(void)
{
    CHECK_CASES(golden_mul_even_s8);
}

static void test_mul_even_broadcast_s8(void)
{
    CHECK_CASES(golden_mul_even_broadcast_s8);
}

static void test_softmax_even_s8(void)
{
    CHECK_CASES(golden_softmax_even_s8);
}

static void test_softmax_s8(void)
{
    CHECK_CASES(golden_softmax_s8);
}

static void test_lookup_u8(void)
{
    CHECK_CASES(golden_lookup_u8);
}

static void test_concatenation_rows(void)
{
    CHECK_CASES(golden_concatenation_rows);
}

static void test_concatenation_columns(void)
{
    CHECK_CASES(golden_concatenation_columns);
}

static void test_concatenation_channels(void)
{
    CHECK_CASES(golden_concatenation_channels);
}

static void test_pad_s8(void)
{
    CHECK_CASES(golden_pad_s8);
}

static void test_resize_nearest_neighbor(void)
{
    CHECK_CASES(golden_resize_nearest_neighbor);
}

static void test_transpose(void)
{
    CHECK_CASES(golden_transpose);
}

static void test_pad(void)
{
    CHECK_CASES(golden_pad);
}

static void test_pick(void)
{
    CHECK_CASES(golden_pick);
}

static void test_pick_columns(void)
{
    CHECK_CASES(golden_pick_columns);
}

static void test_space_to_depth(void)
{
    CHECK_CASES(golden_space_to_depth);
}

static void test_depth_to_space(void)
{
    CHECK_CASES(golden_depth_to_space);
}

static void test_resize_bilinear_s8(void)
{
    CHECK_CASES(golden_resize_bilinear_s8);
}

static void test_reshape(void)
{
    CHECK_CASES(golden_reshape);
}

static void test_quantize_f32(void)
{
    CHECK_CASES(golden_quantize_f32);
}

static void test_dequantize_f32(void)
{
    CHECK_CASES(golden_dequantize_f32);
}

static void test_lstm_s8(void)
{
    CHECK_CASES(golden_lstm_s8);
}

static void test_svdf_s8(void)
{
    CHECK_CASES(golden_svdf_s8);
}

static void test_softmax_s8_s16(void)
{
    CHECK_CASES(golden_softmax_s8_s16);
}

int main(void)
{
    UNITY_BEGIN();
    RUN_TEST(test_conv_2d_s8);
    RUN_TEST(test_conv_2d_1x1_s8);
    RUN_TEST(test_fully_connected_s8);
    RUN_TEST(test_depthwise_conv_2d_s8);
    RUN_TEST(test_depthwise_conv_2d_multiplier_s8);
    RUN_TEST(test_conv_2d_general_s8);
    RUN_TEST(test_dilated_conv_2d_s8);
    RUN_TEST(test_wide_channels_s8);
    RUN_TEST(test_inverted_bottleneck_s8);
    RUN_TEST(test_add_s8);
    RUN_TEST(test_add_broadcast_s8);
    RUN_TEST(test_mul_s8);
    RUN_TEST(test_mul_broadcast_s8);
    RUN_TEST(test_binary_s8);
    RUN_TEST(test_select_s8);
    RUN_TEST(test_batch_matmul_s8);
    RUN_TEST(test_reduce_row_s8);
    RUN_TEST(test_reduce_plane_s8);
    RUN_TEST(test_l2_normalization_s8);
    RUN_TEST(test_log_softmax_s8);
    RUN_TEST(test_cast);
    RUN_TEST(test_average_pool_2d_s8);
    RUN_TEST(test_average_pool_2d_plane_s8);
    RUN_TEST(test_max_pool_2d_s8);
    RUN_TEST(test_max_pool_2d_plane_s8);
    RUN_TEST(test_mean_row_s8);
    RUN_TEST(test_mean_plane_s8);
    RUN_TEST(test_add_even_s8);
    RUN_TEST(test_add_even_broadcast_s8);
    RUN_TEST(test_mul_even_s8);
    RUN_TEST(test_mul_even_broadcast_s8);
    RUN_TEST(test_softmax_even_s8);
    RUN_TEST(test_softmax_s8);
    RUN_TEST(test_lookup_u8);
    RUN_TEST(test_concatenation_rows);
    RUN_TEST(test_concatenation_columns);
    RUN_TEST(test_concatenation_channels);
    RUN_TEST(test_pad_s8);
    RUN_TEST(test_resize_nearest_neighbor);
    RUN_TEST(test_transpose);
    RUN_TEST(test_pad);
    RUN_TEST(test_pick);
    RUN_TEST(test_pick_columns);
    RUN_TEST(test_space_to_depth);
    RUN_TEST(test_depth_to_space);
    RUN_TEST(test_resize_bilinear_s8);
    RUN_TEST(test_reshape);
    RUN_TEST(test_quantize_f32);
    RUN_TEST(test_dequantize_f32);
    RUN_TEST(test_lstm_s8);
    RUN_TEST(test_svdf_s8);
    RUN_TEST(test_softmax_s8_s16);
    run_dsp_kernels();
    run_mve_kernels();
    run_wide_kernels();
    run_scalar_kernels();
    return UNITY_END();
}
