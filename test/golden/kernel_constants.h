/* How thumbnet lowers the models of kernel_vectors.h, and its cases by kernel.
 *
 * Made by make_golden.py, do not edit: the models and their seeds are in kernel_cases.py and
 * networks.py. Outputs are those of TFLite's interpreter with its built-in kernels and no
 * delegates: ai-edge-litert 2.3.0, BUILTIN_WITHOUT_DEFAULT_DELEGATES (for the operators
 * quantize and dequantize BUILTIN_REF, see kernel_cases.py); of names with "even", onnxruntime's.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_KERNEL_CONSTANTS_H
#define GOLDEN_KERNEL_CONSTANTS_H

/* clang-format off */

#define THUMBNET_MAX_ROWS 7
#define THUMBNET_CROPS 1
#define THUMBNET_ROW_NUMBERS 1

#include "golden.h"
#include "kernel_vectors.h"

#include <thumbnet/kernels/batch_matmul.h>
#include <thumbnet/kernels/binary.h>
#include <thumbnet/kernels/cast.h>
#include <thumbnet/kernels/conv_2d.h>
#include <thumbnet/kernels/conv_2d_general.h>
#include <thumbnet/kernels/copy.h>
#include <thumbnet/kernels/depthwise_conv_2d.h>
#include <thumbnet/kernels/dilated_conv_2d.h>
#include <thumbnet/kernels/elementwise.h>
#include <thumbnet/kernels/elementwise_even.h>
#include <thumbnet/kernels/inverted_bottleneck.h>
#include <thumbnet/kernels/lookup.h>
#include <thumbnet/kernels/lstm.h>
#include <thumbnet/kernels/mean.h>
#include <thumbnet/kernels/normalize.h>
#include <thumbnet/kernels/pick.h>
#include <thumbnet/kernels/pool.h>
#include <thumbnet/kernels/quantize.h>
#include <thumbnet/kernels/reduce.h>
#include <thumbnet/kernels/resize_bilinear.h>
#include <thumbnet/kernels/select.h>
#include <thumbnet/kernels/softmax.h>
#include <thumbnet/kernels/softmax_even.h>
#include <thumbnet/kernels/softmax_to_int16.h>
#include <thumbnet/kernels/svdf.h>
#include <thumbnet/kernels/wide_channels.h>

#define GOLDEN_MOST_OUTPUT 256
#define GOLDEN_MOST_INPUT 256
#define GOLDEN_MOST_OVERLAP 152
#define GOLDEN_MOST_ROWS_SIZE 132 /* all that a run may read */
#define GOLDEN_MOST_INPUTS 3
#define GOLDEN_MOST_STATES 40
#define GOLDEN_MOST_SCRATCH 144

GOLDEN_KERNEL(run_conv_2d_s8_3_3, thumbnet_conv_2d_s8, constants, 3, 3)
GOLDEN_KERNEL(run_conv_2d_s8_2_4, thumbnet_conv_2d_s8, constants, 2, 4)
GOLDEN_KERNEL(run_conv_2d_s8_5_5, thumbnet_conv_2d_s8, constants, 5, 5)
GOLDEN_KERNEL(run_conv_2d_1x1_s8, thumbnet_conv_2d_1x1_s8, constants)
GOLDEN_KERNEL(run_fully_connected_s8, thumbnet_fully_connected_s8, constants)
GOLDEN_KERNEL(run_depthwise_conv_2d_s8_3_3_1, thumbnet_depthwise_conv_2d_s8, constants, 3, 3, 1)
GOLDEN_KERNEL(run_depthwise_conv_2d_s8_3_3_0, thumbnet_depthwise_conv_2d_s8, constants, 3, 3, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_s8_5_5_1, thumbnet_depthwise_conv_2d_s8, constants, 5, 5, 1)
GOLDEN_KERNEL(run_depthwise_conv_2d_s8_7_7_1, thumbnet_depthwise_conv_2d_s8, constants, 7, 7, 1)
GOLDEN_KERNEL(run_depthwise_conv_2d_multiplier_s8_3_3, thumbnet_depthwise_conv_2d_multiplier_s8, constants, 3, 3)
GOLDEN_KERNEL(run_add_s8, thumbnet_add_s8, constants)
GOLDEN_KERNEL(run_inverted_bottleneck_s8, thumbnet_inverted_bottleneck_s8, constants)
GOLDEN_KERNEL(run_add_broadcast_s8, thumbnet_add_broadcast_s8, constants)
GOLDEN_KERNEL(run_mul_s8, thumbnet_mul_s8, constants)
GOLDEN_KERNEL(run_mul_broadcast_s8, thumbnet_mul_broadcast_s8, constants)
GOLDEN_KERNEL(run_average_pool_2d_s8_2_2, thumbnet_average_pool_2d_s8, constants, 2, 2)
GOLDEN_KERNEL(run_average_pool_2d_s8_3_3, thumbnet_average_pool_2d_s8, constants, 3, 3)
GOLDEN_KERNEL(run_average_pool_2d_plane_s8, thumbnet_average_pool_2d_plane_s8, constants)
GOLDEN_KERNEL(run_max_pool_2d_s8_2_2, thumbnet_max_pool_2d_s8, constants, 2, 2)
GOLDEN_KERNEL(run_max_pool_2d_s8_3_3, thumbnet_max_pool_2d_s8, constants, 3, 3)
GOLDEN_KERNEL(run_max_pool_2d_plane_s8, thumbnet_max_pool_2d_plane_s8, constants)
GOLDEN_KERNEL(run_mean_row_s8, thumbnet_mean_row_s8, constants)
GOLDEN_KERNEL(run_mean_plane_s8_0, thumbnet_mean_plane_s8, constants, 0)
GOLDEN_KERNEL(run_mean_plane_s8_1, thumbnet_mean_plane_s8, constants, 1)
GOLDEN_KERNEL(run_softmax_s8, thumbnet_softmax_s8, constants)
GOLDEN_KERNEL(run_lookup_u8, thumbnet_lookup_u8, constants)
GOLDEN_KERNEL(run_concatenation_rows, thumbnet_concatenation_rows, constants)
GOLDEN_KERNEL(run_concatenation_columns, thumbnet_concatenation_columns, constants)
GOLDEN_KERNEL(run_concatenation_channels, thumbnet_concatenation_channels, constants)
GOLDEN_KERNEL(run_pad_s8, thumbnet_pad_s8, constants)
GOLDEN_KERNEL(run_resize_nearest_neighbor, thumbnet_resize_nearest_neighbor, constants)
GOLDEN_KERNEL(run_transpose, thumbnet_transpose, constants)
GOLDEN_KERNEL(run_reshape, thumbnet_reshape, constants)
GOLDEN_KERNEL(run_pick, thumbnet_pick, constants)
GOLDEN_KERNEL(run_pick_columns, thumbnet_pick_columns, constants)
GOLDEN_KERNEL(run_space_to_depth, thumbnet_space_to_depth, constants)
GOLDEN_KERNEL(run_depth_to_space, thumbnet_depth_to_space, constants)
GOLDEN_KERNEL(run_resize_bilinear_s8, thumbnet_resize_bilinear_s8, constants)
GOLDEN_KERNEL(run_pad, thumbnet_pad, constants)
GOLDEN_KERNEL(run_quantize_f32, thumbnet_quantize_f32, constants)
GOLDEN_KERNEL(run_dequantize_f32_0, thumbnet_dequantize_f32, constants, 0)
GOLDEN_KERNEL(run_dequantize_f32_1, thumbnet_dequantize_f32, constants, 1)
GOLDEN_KERNEL(run_lstm_s8, thumbnet_lstm_s8, constants)
GOLDEN_KERNEL(run_svdf_s8_1, thumbnet_svdf_s8, constants, 1)
GOLDEN_KERNEL(run_softmax_s8_s16, thumbnet_softmax_s8_s16, constants)
GOLDEN_KERNEL(run_binary_s8_0_0, thumbnet_binary_s8, constants, 0, 0)
GOLDEN_KERNEL(run_binary_s8_3_0, thumbnet_binary_s8, constants, 3, 0)
GOLDEN_KERNEL(run_select_s8, thumbnet_select_s8, constants)
GOLDEN_KERNEL(run_batch_matmul_s8_0_1_0, thumbnet_batch_matmul_s8, constants, 0, 1, 0)
GOLDEN_KERNEL(run_reduce_plane_s8_0_0, thumbnet_reduce_plane_s8, constants, 0, 0)
GOLDEN_KERNEL(run_reduce_row_s8_1, thumbnet_reduce_row_s8, constants, 1)
GOLDEN_KERNEL(run_reduce_plane_s8_3_0, thumbnet_reduce_plane_s8, constants, 3, 0)
GOLDEN_KERNEL(run_l2_normalization_s8, thumbnet_l2_normalization_s8, constants)
GOLDEN_KERNEL(run_log_softmax_s8, thumbnet_log_softmax_s8, constants)
GOLDEN_KERNEL(run_cast_0_3, thumbnet_cast, constants, 0, 3)
GOLDEN_KERNEL(run_conv_2d_s8_3_2, thumbnet_conv_2d_s8, constants, 3, 2)
GOLDEN_KERNEL(run_dilated_conv_2d_s8_1, thumbnet_dilated_conv_2d_s8, constants, 1)
GOLDEN_KERNEL(run_conv_2d_general_s8_0, thumbnet_conv_2d_general_s8, constants, 0)
GOLDEN_KERNEL(run_wide_channels_s8, thumbnet_wide_channels_s8, constants)
GOLDEN_KERNEL(run_add_even_s8, thumbnet_add_even_s8, constants)
GOLDEN_KERNEL(run_add_even_broadcast_s8, thumbnet_add_even_broadcast_s8, constants)
GOLDEN_KERNEL(run_mul_even_s8, thumbnet_mul_even_s8, constants)
GOLDEN_KERNEL(run_mul_even_broadcast_s8, thumbnet_mul_even_broadcast_s8, constants)
GOLDEN_KERNEL(run_softmax_even_s8, thumbnet_softmax_even_s8, constants)

static const int8_t conv_2d_3x3_weights[135] =
{13,16,-8,50,-9,32,1,8,-61,-29,-6,35,28,-10,-3,-95,-46,-57,-62,47,-29,-48,18,-20,5,50,-21,15,-16,
25,5,-27,-62,14,34,15,61,-16,23,37,57,-4,13,-58,39,59,-20,-59,-14,-32,-67,46,15,-20,-19,-37,23,
-18,33,1,-24,-9,21,37,51,-37,-51,-48,69,42,22,8,18,-63,-37,20,28,1,40,-33,61,-13,-73,84,-39,-3,
-38,42,14,-34,-61,-73,-94,-34,52,-22,67,23,-57,21,60,-1,-36,-78,-6,9,93,-12,-46,13,-30,-44,13,7,
-29,-1,49,-8,79,-21,18,5,19,-15,-16,-10,22,-11,-70,-1,55,3,47,6,14};
static const int32_t conv_2d_3x3_bias[5] = {-4731,-1449,27063,17332,11888};
static const int32_t conv_2d_3x3_edge_bias[5] = {5922,-4788,21816,28409,9344};
static const int32_t conv_2d_3x3_mantissa[5] =
{1345095782,1182165531,1231476317,1223319918,1635821838};
static const int8_t conv_2d_3x3_shift[5] = {-8,-8,-8,-10,-11};
static const thumbnet_conv_2d_t conv_2d_3x3_constants =
{.weights = conv_2d_3x3_weights, .bias = conv_2d_3x3_bias, .edge_bias = conv_2d_3x3_edge_bias,
.mantissa = conv_2d_3x3_mantissa, .shift = conv_2d_3x3_shift, .in_channels = 3,
.out_channels = 5, .in_width = 5, .stride_width = 1, .pad_left = 1, .in_zero_point = -53,
.out_zero_point = -97, .low = -128, .high = 127};
static const thumbnet_source_t conv_2d_3x3_sources[1] =
{{.row_size = 15, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_3x3, 25, 3, 1, 5, 0)
static const golden_input_t conv_2d_3x3_inputs[1] = {{5, 3, 54}};

static const int8_t conv_2d_stride_2_weights[72] =
{-8,-73,-2,50,48,-9,-6,-32,46,-52,5,25,29,-1,-55,12,11,-60,30,-56,104,-78,40,65,13,4,39,-56,19,
46,39,-18,-83,-9,-22,4,43,75,27,54,28,54,21,14,6,-19,66,37,27,26,-63,-2,-4,0,-23,-21,5,30,37,-41,
5,25,-8,50,7,64,15,-12,48,-54,36,-38};
static const int32_t conv_2d_stride_2_bias[4] = {-25659,29204,73674,13119};
static const int32_t conv_2d_stride_2_edge_bias[4] = {-16443,18836,23754,-2881};
static const int32_t conv_2d_stride_2_mantissa[4] = {1623768887,1359100050,1395450794,1428424310};
static const int8_t conv_2d_stride_2_shift[4] = {-9,-6,-8,-6};
static const thumbnet_conv_2d_t conv_2d_stride_2_constants =
{.weights = conv_2d_stride_2_weights, .bias = conv_2d_stride_2_bias,
.edge_bias = conv_2d_stride_2_edge_bias, .mantissa = conv_2d_stride_2_mantissa,
.shift = conv_2d_stride_2_shift, .in_channels = 2, .out_channels = 4, .in_width = 6,
.stride_width = 2, .in_zero_point = -128, .out_zero_point = -82, .low = -82, .high = 127};
static const thumbnet_source_t conv_2d_stride_2_sources[1] =
{{.row_size = 12, .height = 6, .kernel_height = 3, .stride = 2, .kernel_width = 3,
.stride_width = 2}};
GOLDEN_LAYER(conv_2d_stride_2, 12, 3, 1, 3, 0)
static const golden_input_t conv_2d_stride_2_inputs[1] = {{6, 2, 8}};

static const int8_t conv_2d_wide_stride_weights[24] =
{-40,-10,-2,-56,39,-36,-55,79,-18,-54,80,-86,61,5,7,-18,-22,-11,58,-31,1,-22,9,-13};
static const int32_t conv_2d_wide_stride_bias[3] = {3151,6741,-4427};
static const int32_t conv_2d_wide_stride_mantissa[3] = {1343080945,1343080945,1343080945};
static const int8_t conv_2d_wide_stride_shift[3] = {-6,-6,-6};
static const thumbnet_conv_2d_t conv_2d_wide_stride_constants =
{.weights = conv_2d_wide_stride_weights, .bias = conv_2d_wide_stride_bias,
.mantissa = conv_2d_wide_stride_mantissa, .shift = conv_2d_wide_stride_shift, .in_channels = 1,
.out_channels = 3, .in_width = 8, .stride_width = 3, .out_zero_point = -78, .low = -128,
.high = 127};
static const thumbnet_source_t conv_2d_wide_stride_sources[1] =
{{.row_size = 8, .height = 7, .kernel_height = 2, .stride = 1, .kernel_width = 4,
.stride_width = 3}};
GOLDEN_LAYER(conv_2d_wide_stride, 6, 6, 1, 2, 0)
static const golden_input_t conv_2d_wide_stride_inputs[1] = {{8, 1, 6}};

static const int8_t conv_2d_window_over_all_weights[150] =
{63,-34,-98,110,-33,34,-46,47,108,95,-1,26,32,20,69,16,-6,101,84,46,-44,-14,-42,-18,-18,-14,19,
-33,-55,-42,77,-25,36,35,29,-19,-67,13,-64,-20,8,79,4,-21,-3,46,-47,-19,-64,-9,6,26,11,-10,75,25,
28,-34,-66,54,-33,-19,19,76,49,-61,15,-103,-4,81,31,57,79,-14,-50,-73,-74,72,40,30,-6,-75,-13,37,
-62,-48,-18,23,58,-61,-2,-6,-70,72,1,-16,51,-15,27,81,20,-58,-3,68,47,-7,16,-57,36,-31,35,52,-34,
-63,14,3,-37,-59,41,-15,43,12,18,-67,-44,-28,58,32,121,-26,62,-29,25,-26,-19,15,-36,-11,-22,-50,
40,-18,62,4,44,-89,48,35,-87,-54};
static const int32_t conv_2d_window_over_all_bias[3] = {-97107,-37906,23451};
static const int32_t conv_2d_window_over_all_edge_bias[3] = {-53800,-13649,21038};
static const int32_t conv_2d_window_over_all_mantissa[3] = {1211471462,2003262559,1892593460};
static const int8_t conv_2d_window_over_all_shift[3] = {-8,-8,-11};
static const thumbnet_conv_2d_t conv_2d_window_over_all_constants =
{.weights = conv_2d_window_over_all_weights, .bias = conv_2d_window_over_all_bias,
.edge_bias = conv_2d_window_over_all_edge_bias, .mantissa = conv_2d_window_over_all_mantissa,
.shift = conv_2d_window_over_all_shift, .in_channels = 2, .out_channels = 3, .in_width = 4,
.stride_width = 1, .pad_left = 2, .in_zero_point = 127, .out_zero_point = 80, .low = -128,
.high = 127};
static const thumbnet_source_t conv_2d_window_over_all_sources[1] =
{{.row_size = 8, .height = 3, .kernel_height = 5, .stride = 1, .pad = 2, .kernel_width = 5,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(conv_2d_window_over_all, 12, 3, 1, 4, 0)
static const golden_input_t conv_2d_window_over_all_inputs[1] = {{4, 2, 36}};

static const int8_t conv_2d_1x1_weights[63] =
{-23,-44,-69,27,24,49,41,-72,-11,14,-84,-28,-9,-7,-40,40,-40,33,13,6,-67,-72,42,-14,59,-54,8,-10,
34,-40,-38,-29,-81,20,53,4,-17,-27,-40,-7,92,-28,-26,-39,29,65,-58,-49,32,8,-56,29,-9,6,-7,35,
-17,127,-11,-24,98,51,-8};
static const int32_t conv_2d_1x1_bias[7] = {-6558,-17932,-9276,-13550,-11453,819,32645};
static const int32_t conv_2d_1x1_mantissa[7] =
{1990417197,1749236810,1799390332,1768157069,1390259314,1378866247,1303050780};
static const int8_t conv_2d_1x1_shift[7] = {-7,-6,-6,-7,-6,-7,-7};
static const thumbnet_conv_2d_t conv_2d_1x1_constants =
{.weights = conv_2d_1x1_weights, .bias = conv_2d_1x1_bias, .mantissa = conv_2d_1x1_mantissa,
.shift = conv_2d_1x1_shift, .in_channels = 9, .out_channels = 7, .in_width = 3,
.stride_width = 1, .in_zero_point = -128, .out_zero_point = 127, .low = -128, .high = 127};
static const thumbnet_source_t conv_2d_1x1_sources[1] =
{{.row_size = 27, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1, 21, 3, 1, 3, 0)
static const golden_input_t conv_2d_1x1_inputs[1] = {{3, 9, 14}};

static const int8_t conv_2d_1x1_even_weights[16] =
{-10,24,10,-53,-36,22,-42,21,31,-64,23,-32,-26,-13,-1,30};
static const int32_t conv_2d_1x1_even_bias[4] = {1219,7393,-10876,-4665};
static const int32_t conv_2d_1x1_even_mantissa[4] = {1521695724,2049925780,2101251710,1596447673};
static const int8_t conv_2d_1x1_even_shift[4] = {-7,-6,-8,-6};
static const thumbnet_conv_2d_t conv_2d_1x1_even_constants =
{.weights = conv_2d_1x1_even_weights, .bias = conv_2d_1x1_even_bias,
.mantissa = conv_2d_1x1_even_mantissa, .shift = conv_2d_1x1_even_shift, .in_channels = 4,
.out_channels = 4, .in_width = 4, .stride_width = 1, .high = 127};
static const thumbnet_source_t conv_2d_1x1_even_sources[1] =
{{.row_size = 16, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1_even, 16, 2, 1, 4, 0)
static const golden_input_t conv_2d_1x1_even_inputs[1] = {{4, 4, 8}};

static const int8_t conv_2d_coarse_weights[6] = {-2,2,1,2,-1,-1};
static const int32_t conv_2d_coarse_bias[3] = {4,-25,6};
static const int32_t conv_2d_coarse_mantissa[3] = {1288490240,1073741824,2093796608};
static const int8_t conv_2d_coarse_shift[3] = {-1,1,2};
static const thumbnet_conv_2d_t conv_2d_coarse_constants =
{.weights = conv_2d_coarse_weights, .bias = conv_2d_coarse_bias,
.mantissa = conv_2d_coarse_mantissa, .shift = conv_2d_coarse_shift, .in_channels = 2,
.out_channels = 3, .in_width = 5, .stride_width = 1, .in_zero_point = 3, .out_zero_point = -7,
.low = -128, .high = 127};
static const thumbnet_source_t conv_2d_coarse_sources[1] =
{{.row_size = 10, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_coarse, 15, 3, 1, 5, 0)
static const golden_input_t conv_2d_coarse_inputs[1] = {{5, 2, 19}};

static const int8_t conv_2d_ties_weights[12] = {1,-9,5,2,-3,-2,-8,-7,1,-5,-9,-6};
static const int32_t conv_2d_ties_bias[4] = {-48,-73,-47,-133};
static const int32_t conv_2d_ties_mantissa[4] = {1073741824,1073741824,1073741824,1073741824};
static const int8_t conv_2d_ties_shift[4] = {-4,-2,-3,-4};
static const thumbnet_conv_2d_t conv_2d_ties_constants =
{.weights = conv_2d_ties_weights, .bias = conv_2d_ties_bias, .mantissa = conv_2d_ties_mantissa,
.shift = conv_2d_ties_shift, .in_channels = 3, .out_channels = 4, .in_width = 5,
.stride_width = 1, .in_zero_point = -9, .low = -128, .high = 127};
static const thumbnet_source_t conv_2d_ties_sources[1] =
{{.row_size = 15, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_ties, 20, 3, 1, 5, 0)
static const golden_input_t conv_2d_ties_inputs[1] = {{5, 3, 21}};

static const int8_t fully_connected_weights[180] =
{-31,-5,-27,15,-5,-27,-40,28,68,25,40,15,12,61,33,-5,8,-7,-37,-44,-15,56,-66,45,38,13,-24,35,31,
48,106,0,-33,69,-32,-22,35,-39,-20,-82,-26,3,-34,10,3,-34,-62,-79,-27,-13,8,-25,-7,-25,19,5,64,
17,-23,-29,-26,-40,44,26,3,-8,77,60,-9,5,27,11,-38,-1,-36,-33,-101,44,-52,2,3,14,11,45,-9,20,13,
-26,18,17,24,75,57,-116,48,-41,14,-14,39,12,-8,-43,-28,100,30,18,-44,3,15,-19,-24,-4,62,-69,45,
99,-17,-48,85,-16,50,-127,-17,-54,14,-48,25,8,-31,56,14,-55,-42,9,72,34,22,-3,-127,-27,-7,10,64,
-17,22,36,35,-55,-20,-82,10,-12,36,-15,16,47,-2,-38,23,20,1,-14,-23,-34,12,106,57,-13,-35,17,-35,
58,11,-32,48,-43,-54,27,39,7};
static const int32_t fully_connected_bias[6] = {11257,32306,13215,-24388,54019,-59464};
static const int32_t fully_connected_mantissa[6] =
{1904768144,1904768144,1904768144,1904768144,1904768144,1904768144};
static const int8_t fully_connected_shift[6] = {-8,-8,-8,-8,-8,-8};
static const thumbnet_conv_2d_t fully_connected_constants =
{.weights = fully_connected_weights, .bias = fully_connected_bias,
.mantissa = fully_connected_mantissa, .shift = fully_connected_shift, .in_channels = 30,
.out_channels = 6, .in_width = 1, .stride_width = 1, .in_zero_point = 127,
.out_zero_point = -128, .low = -128, .high = 127};
static const thumbnet_source_t fully_connected_sources[1] =
{{.row_size = 30, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected, 6, 1, 1, 1, 0)
static const golden_input_t fully_connected_inputs[1] = {{1, 30, 6}};

static const int8_t fully_connected_relu_weights[27] =
{-32,-107,4,-55,6,-72,-91,-45,8,-24,-14,-61,38,92,53,-26,-38,2,12,41,-92,8,-24,-79,-14,-27,-35};
static const int32_t fully_connected_relu_bias[3] = {39146,-2536,27257};
static const int32_t fully_connected_relu_mantissa[3] = {1102366729,1595129606,1294412710};
static const int8_t fully_connected_relu_shift[3] = {-7,-5,-6};
static const thumbnet_conv_2d_t fully_connected_relu_constants =
{.weights = fully_connected_relu_weights, .bias = fully_connected_relu_bias,
.mantissa = fully_connected_relu_mantissa, .shift = fully_connected_relu_shift, .in_channels = 9,
.out_channels = 3, .in_width = 1, .stride_width = 1, .in_zero_point = 127,
.out_zero_point = -128, .low = -128, .high = 127};
static const thumbnet_source_t fully_connected_relu_sources[1] =
{{.row_size = 9, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_relu, 3, 1, 1, 1, 0)
static const golden_input_t fully_connected_relu_inputs[1] = {{1, 9, 3}};

static const int8_t depthwise_3x3_weights[45] =
{-45,-14,-22,2,14,-2,-16,-24,-41,0,82,-23,-51,-49,-23,20,39,-51,-34,1,25,-12,8,-36,15,-7,-72,3,
36,-31,-31,71,18,18,118,-14,66,-18,-31,5,-43,-87,24,-62,3};
static const int32_t depthwise_3x3_bias[5] = {2082,-11740,-9671,3625,-319};
static const int16_t depthwise_3x3_weight_sums[5] = {-148,-56,-112,188,-143};
static const int32_t depthwise_3x3_mantissa[5] =
{1902293504,1963185569,1086305499,1122699306,1668891053};
static const int8_t depthwise_3x3_shift[5] = {-7,-7,-6,-8,-9};
static const thumbnet_depthwise_conv_2d_t depthwise_3x3_constants =
{.weights = depthwise_3x3_weights, .bias = depthwise_3x3_bias,
.weight_sums = depthwise_3x3_weight_sums, .mantissa = depthwise_3x3_mantissa,
.shift = depthwise_3x3_shift, .channels = 5, .in_width = 5, .multiplier = 1, .stride_width = 1,
.pad_left = 1, .in_zero_point = -39, .out_zero_point = 127, .low = -128, .high = 127};
static const thumbnet_source_t depthwise_3x3_sources[1] =
{{.row_size = 25, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_3x3, 25, 3, 1, 5, 0)
static const golden_input_t depthwise_3x3_inputs[1] = {{5, 5, 35}};

static const int8_t depthwise_whole_vectors_weights[72] =
{25,89,-56,-11,1,-47,-9,-5,-23,26,-81,-31,-47,8,15,-37,27,-9,6,6,-84,-20,-17,127,-9,-46,-40,-35,
-13,28,14,75,42,40,75,66,42,-34,3,18,-81,-64,4,61,0,29,-21,15,-46,-55,5,-110,-17,17,80,-55,19,
-15,-47,27,-42,2,41,-13,-38,-15,54,1,-5,-48,41,-28};
static const int32_t depthwise_whole_vectors_bias[8] =
{4342,-2016,-1972,4703,21000,3753,1825,8927};
static const int16_t depthwise_whole_vectors_weight_sums[8] = {-36,-129,-77,292,-51,-183,10,-51};
static const int32_t depthwise_whole_vectors_mantissa[8] =
{1361054092,1846618427,1696224547,1548503023,1229367153,1215812355,2072053888,1242445757};
static const int8_t depthwise_whole_vectors_shift[8] = {-7,-7,-7,-9,-8,-8,-8,-9};
static const thumbnet_depthwise_conv_2d_t depthwise_whole_vectors_constants =
{.weights = depthwise_whole_vectors_weights, .bias = depthwise_whole_vectors_bias,
.weight_sums = depthwise_whole_vectors_weight_sums, .mantissa = depthwise_whole_vectors_mantissa,
.shift = depthwise_whole_vectors_shift, .channels = 8, .in_width = 3, .ties_up = 8,
.multiplier = 1, .stride_width = 1, .pad_left = 1, .in_zero_point = 28, .out_zero_point = -128,
.low = -128, .high = 127};
static const thumbnet_source_t depthwise_whole_vectors_sources[1] =
{{.row_size = 24, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_whole_vectors, 24, 3, 1, 3, 0)
static const golden_input_t depthwise_whole_vectors_inputs[1] = {{3, 8, 40}};

static const int8_t depthwise_stride_2_weights[27] =
{7,16,-32,65,-48,13,-17,-127,48,-74,25,5,81,5,-24,25,82,-48,-17,-32,32,-56,51,-28,29,19,8};
static const int32_t depthwise_stride_2_bias[3] = {16317,-2981,1874};
static const int16_t depthwise_stride_2_weight_sums[3] = {-75,77,6};
static const int32_t depthwise_stride_2_mantissa[3] = {1488339879,1955031470,1455377746};
static const int8_t depthwise_stride_2_shift[3] = {-8,-9,-7};
static const thumbnet_depthwise_conv_2d_t depthwise_stride_2_constants =
{.weights = depthwise_stride_2_weights, .bias = depthwise_stride_2_bias,
.weight_sums = depthwise_stride_2_weight_sums, .mantissa = depthwise_stride_2_mantissa,
.shift = depthwise_stride_2_shift, .channels = 3, .in_width = 5, .ties_up = 3, .multiplier = 1,
.stride_width = 2, .pad_left = 1, .in_zero_point = 127, .high = 127};
static const thumbnet_source_t depthwise_stride_2_sources[1] =
{{.row_size = 15, .height = 5, .kernel_height = 3, .stride = 2, .pad = 1, .kernel_width = 3,
.stride_width = 2, .pad_left = 1}};
GOLDEN_LAYER(depthwise_stride_2, 9, 3, 1, 3, 0)
static const golden_input_t depthwise_stride_2_inputs[1] = {{5, 3, 3}};

static const int8_t depthwise_5x5_weights[75] =
{-46,-39,-25,46,-77,-54,2,-57,-7,-39,0,92,-38,42,-1,9,-89,-67,26,-73,-3,20,31,-45,36,27,-8,-57,
-47,50,31,-18,-27,7,2,-9,-64,127,-11,-30,7,-77,-32,-15,-79,-8,41,-12,14,-27,-16,-30,-2,-86,-55,
15,-20,-1,-29,-59,13,5,8,45,20,-33,45,-26,-67,10,-87,60,27,-37,-35};
static const int32_t depthwise_5x5_bias[3] = {-53179,-32746,-34322};
static const int16_t depthwise_5x5_weight_sums[3] = {-356,-215,-335};
static const int32_t depthwise_5x5_mantissa[3] = {1665950122,1665950122,1665950122};
static const int8_t depthwise_5x5_shift[3] = {-8,-8,-8};
static const thumbnet_depthwise_conv_2d_t depthwise_5x5_constants =
{.weights = depthwise_5x5_weights, .bias = depthwise_5x5_bias,
.weight_sums = depthwise_5x5_weight_sums, .mantissa = depthwise_5x5_mantissa,
.shift = depthwise_5x5_shift, .channels = 3, .in_width = 5, .multiplier = 1, .stride_width = 1,
.pad_left = 2, .in_zero_point = -128, .out_zero_point = 127, .low = -128, .high = 127};
static const thumbnet_source_t depthwise_5x5_sources[1] =
{{.row_size = 15, .height = 3, .kernel_height = 5, .stride = 1, .pad = 2, .kernel_width = 5,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(depthwise_5x5, 15, 3, 1, 5, 0)
static const golden_input_t depthwise_5x5_inputs[1] = {{5, 3, 39}};

static const int8_t depthwise_7x7_weights[98] =
{-18,-49,22,-105,-36,-8,5,-8,52,57,-5,61,-36,-16,59,45,-15,101,116,19,36,27,-71,38,-9,-2,18,-61,
-43,71,-97,-25,-6,-39,71,-44,24,20,-27,48,27,46,23,-42,-94,55,12,-36,24,-74,45,42,-42,5,51,18,1,
-6,-21,24,7,24,61,-30,17,77,-17,-43,64,-56,-79,4,-19,51,-8,38,-20,-37,-37,67,17,18,-39,-79,21,
-43,-61,4,-1,16,52,-30,15,78,-95,7,23,-3};
static const int32_t depthwise_7x7_bias[2] = {-30092,-4164};
static const int16_t depthwise_7x7_weight_sums[2] = {185,7};
static const int32_t depthwise_7x7_mantissa[2] = {1662313636,1421081043};
static const int8_t depthwise_7x7_shift[2] = {-8,-7};
static const thumbnet_depthwise_conv_2d_t depthwise_7x7_constants =
{.weights = depthwise_7x7_weights, .bias = depthwise_7x7_bias,
.weight_sums = depthwise_7x7_weight_sums, .mantissa = depthwise_7x7_mantissa,
.shift = depthwise_7x7_shift, .channels = 2, .in_width = 9, .multiplier = 1, .stride_width = 1,
.pad_left = 3, .out_zero_point = 127, .low = -128, .high = 127};
static const thumbnet_source_t depthwise_7x7_sources[1] =
{{.row_size = 18, .height = 3, .kernel_height = 7, .stride = 1, .pad = 3, .kernel_width = 7,
.stride_width = 1, .pad_left = 3}};
GOLDEN_LAYER(depthwise_7x7, 18, 3, 1, 9, 0)
static const golden_input_t depthwise_7x7_inputs[1] = {{9, 2, 44}};

static const int8_t depthwise_padded_weights[27] =
{0,7,29,-5,-11,24,-16,31,-27,-44,-23,61,-78,-4,47,-63,-7,6,12,42,49,-39,-58,23,91,-3,-15};
static const int32_t depthwise_padded_bias[3] = {10760,-3472,13737};
static const int16_t depthwise_padded_weight_sums[3] = {32,-105,102};
static const int32_t depthwise_padded_mantissa[3] = {1374389504,1374389504,2061584256};
static const int8_t depthwise_padded_shift[3] = {-8,-7,-8};
static const thumbnet_depthwise_conv_2d_t depthwise_padded_constants =
{.weights = depthwise_padded_weights, .bias = depthwise_padded_bias,
.weight_sums = depthwise_padded_weight_sums, .mantissa = depthwise_padded_mantissa,
.shift = depthwise_padded_shift, .channels = 3, .in_width = 4, .multiplier = 1,
.stride_width = 2, .in_zero_point = -100, .out_zero_point = 20, .low = -128, .high = 127};
static const thumbnet_source_t depthwise_padded_sources[1] =
{{.row_size = 12, .height = 4, .kernel_height = 3, .stride = 2, .pad = 4, .kernel_width = 3,
.stride_width = 2}};
GOLDEN_LAYER(depthwise_padded, 12, 4, 1, 4, 0)
static const golden_input_t depthwise_padded_inputs[1] = {{4, 3, 27}};

static const int8_t depthwise_ties_weights[99] =
{9,-8,2,-2,0,4,-3,-9,-2,6,4,-9,4,0,9,-9,2,3,0,3,-5,-5,3,-3,-6,5,-9,0,-1,9,3,-4,-1,-9,-1,8,7,8,0,
-9,1,-8,7,-3,-1,-5,-7,0,1,-3,0,-3,6,1,-9,-3,7,-6,9,6,2,-1,-5,-2,4,-6,-1,6,7,-7,0,-1,2,-5,9,-2,-5,
-3,1,-1,5,5,-6,6,6,-6,4,4,8,-9,8,-7,-7,-6,1,-8,-7,2,6};
static const int32_t depthwise_ties_bias[11] = {-74,-2,-112,51,-38,0,-41,84,-85,-65,46};
static const int16_t depthwise_ties_weight_sums[11] = {-9,10,-17,4,2,-10,0,0,1,12,-18};
static const int32_t depthwise_ties_mantissa[11] =
{1073741824,1073741824,1073741824,1073741824,1073741824,1073741824,1073741824,1073741824,
1073741824,1073741824,1073741824};
static const int8_t depthwise_ties_shift[11] = {-4,-3,-5,0,-4,-5,-4,-5,-4,-1,-5};
static const thumbnet_depthwise_conv_2d_t depthwise_ties_constants =
{.weights = depthwise_ties_weights, .bias = depthwise_ties_bias,
.weight_sums = depthwise_ties_weight_sums, .mantissa = depthwise_ties_mantissa,
.shift = depthwise_ties_shift, .channels = 11, .in_width = 4, .ties_up = 8, .multiplier = 1,
.stride_width = 1, .pad_left = 1, .in_zero_point = -2, .low = -128, .high = 127};
static const thumbnet_source_t depthwise_ties_sources[1] =
{{.row_size = 44, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_ties, 44, 3, 1, 4, 0)
static const golden_input_t depthwise_ties_inputs[1] = {{4, 11, 66}};

static const int8_t depthwise_multiplier_weights[54] =
{46,-66,-26,-2,-57,-12,27,-12,-11,123,-15,31,-27,45,0,3,27,23,-68,59,-13,40,-62,59,-61,-9,-3,-28,
-17,53,11,-23,-43,-64,-41,-57,5,34,-46,28,-68,-18,-58,14,-19,26,29,-51,-22,18,19,69,-1,73};
static const int32_t depthwise_multiplier_bias[6] = {-14256,-5623,1533,13009,20515,5031};
static const int16_t depthwise_multiplier_weight_sums[6] = {-113,210,-58,-209,-128,160};
static const int32_t depthwise_multiplier_mantissa[6] =
{1214773921,1971516485,1252235670,1999582882,1367764474,1246479605};
static const int8_t depthwise_multiplier_shift[6] = {-6,-7,-6,-6,-5,-5};
static const thumbnet_depthwise_conv_2d_t depthwise_multiplier_constants =
{.weights = depthwise_multiplier_weights, .bias = depthwise_multiplier_bias,
.weight_sums = depthwise_multiplier_weight_sums, .mantissa = depthwise_multiplier_mantissa,
.shift = depthwise_multiplier_shift, .channels = 2, .in_width = 5, .multiplier = 3,
.stride_width = 1, .pad_left = 1, .in_zero_point = -4, .out_zero_point = 2, .low = -128,
.high = 127};
static const thumbnet_source_t depthwise_multiplier_sources[1] =
{{.row_size = 10, .height = 4, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_multiplier, 30, 4, 1, 5, 0)
static const golden_input_t depthwise_multiplier_inputs[1] = {{5, 2, 94}};

static const int8_t block_residual_expand_weights[6] = {-26,-3,7,27,-11,63};
static const int32_t block_residual_expand_bias[3] = {-254,224,324};
static const int32_t block_residual_expand_mantissa[3] = {1964166881,1266287682,1990310880};
static const int8_t block_residual_expand_shift[3] = {-7,-6,-7};
static const thumbnet_conv_2d_t block_residual_expand_constants =
{.weights = block_residual_expand_weights, .bias = block_residual_expand_bias,
.mantissa = block_residual_expand_mantissa, .shift = block_residual_expand_shift,
.in_channels = 2, .out_channels = 3, .in_width = 4, .stride_width = 1, .in_zero_point = -7,
.out_zero_point = -128, .low = -128, .high = 127};
static const int8_t block_residual_depthwise_weights[27] =
{-27,127,-3,-90,6,23,17,26,44,-14,96,73,14,106,-76,-39,5,-28,-50,-25,3,-21,-7,15,-7,-56,55};
static const int32_t block_residual_depthwise_bias[3] = {15824,17632,-11845};
static const int16_t block_residual_depthwise_weight_sums[3] = {123,137,-93};
static const int32_t block_residual_depthwise_mantissa[3] = {2054297529,1427332767,1643871035};
static const int8_t block_residual_depthwise_shift[3] = {-7,-7,-7};
static const thumbnet_depthwise_conv_2d_t block_residual_depthwise_constants =
{.weights = block_residual_depthwise_weights, .bias = block_residual_depthwise_bias,
.weight_sums = block_residual_depthwise_weight_sums,
.mantissa = block_residual_depthwise_mantissa, .shift = block_residual_depthwise_shift,
.channels = 3, .in_width = 4, .ties_up = 3, .multiplier = 1, .stride_width = 1, .pad_left = 1,
.in_zero_point = -128, .out_zero_point = -128, .low = -128, .high = 127};
static const int8_t block_residual_project_weights[6] = {44,-91,-12,51,-10,-14};
static const int32_t block_residual_project_bias[2] = {-7501,3543};
static const int32_t block_residual_project_mantissa[2] = {1983115449,1277733245};
static const int8_t block_residual_project_shift[2] = {-7,-7};
static const thumbnet_conv_2d_t block_residual_project_constants =
{.weights = block_residual_project_weights, .bias = block_residual_project_bias,
.mantissa = block_residual_project_mantissa, .shift = block_residual_project_shift,
.in_channels = 3, .out_channels = 2, .in_width = 4, .stride_width = 1, .in_zero_point = -128,
.out_zero_point = 5, .low = -128, .high = 127};
static const thumbnet_add_t block_residual_add_constants =
{.first.row = 1, .first.column_step = 2, .first.channel_step = 1, .second.column_step = 2,
.second.channel_step = 1, .first_factor = 524288, .offset = 3670016,
.second_mantissa = 2029718485, .out_mantissa = 1619756532, .second_shift = 1, .out_shift = 19,
.second_sign = 1, .second_zero_point = 5, .channels = 2, .out_zero_point = 2, .low = -128,
.high = 127};
static const thumbnet_inverted_bottleneck_t block_residual_constants =
{.expand = {run_conv_2d_1x1_s8, &block_residual_expand_constants},
.depthwise = {run_depthwise_conv_2d_s8_3_3_0, &block_residual_depthwise_constants},
.project = {run_conv_2d_1x1_s8, &block_residual_project_constants},
.add = {run_add_s8, &block_residual_add_constants}, .in_width = 4, .in_channels = 2,
.expanded = 3, .band = 1, .rows = 3, .stride = 1, .kernel_width = 3, .stride_width = 1,
.pad_top = 1, .pad_left = 1, .residual = 1, .columns = 4};
static const thumbnet_source_t block_residual_sources[1] =
{{.row_size = 8, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(block_residual, 8, 3, 1, 4, 4)
static const golden_input_t block_residual_inputs[1] = {{4, 2, 16}};

static const int8_t block_stride_2_expand_weights[3] = {-96,5,95};
static const int32_t block_stride_2_expand_bias[3] = {-650,127,605};
static const int32_t block_stride_2_expand_mantissa[3] = {1528894850,2137452727,1226729009};
static const int8_t block_stride_2_expand_shift[3] = {-6,-7,-6};
static const thumbnet_conv_2d_t block_stride_2_expand_constants =
{.weights = block_stride_2_expand_weights, .bias = block_stride_2_expand_bias,
.mantissa = block_stride_2_expand_mantissa, .shift = block_stride_2_expand_shift,
.in_channels = 1, .out_channels = 3, .in_width = 5, .stride_width = 1, .in_zero_point = -7,
.out_zero_point = -128, .low = -128, .high = 127};
static const int8_t block_stride_2_depthwise_weights[27] =
{50,-26,-62,49,38,-1,-25,18,27,16,-82,11,1,-22,-10,-44,-115,-35,11,19,-38,22,4,-75,-12,-4,-36};
static const int32_t block_stride_2_depthwise_bias[3] = {8694,-35807,-13910};
static const int16_t block_stride_2_depthwise_weight_sums[3] = {68,-280,-109};
static const int32_t block_stride_2_depthwise_mantissa[3] = {1179936464,1427996454,1561105653};
static const int8_t block_stride_2_depthwise_shift[3] = {-6,-7,-7};
static const thumbnet_depthwise_conv_2d_t block_stride_2_depthwise_constants =
{.weights = block_stride_2_depthwise_weights, .bias = block_stride_2_depthwise_bias,
.weight_sums = block_stride_2_depthwise_weight_sums,
.mantissa = block_stride_2_depthwise_mantissa, .shift = block_stride_2_depthwise_shift,
.channels = 3, .in_width = 5, .ties_up = 3, .multiplier = 1, .stride_width = 2, .pad_left = 1,
.in_zero_point = -128, .out_zero_point = -128, .low = -128, .high = 127};
static const int8_t block_stride_2_project_weights[9] = {31,-124,8,-16,2,-44,-39,-44,-25};
static const int32_t block_stride_2_project_bias[3] = {-10952,-7348,-13777};
static const int32_t block_stride_2_project_mantissa[3] = {1861619123,1378097827,2038495193};
static const int8_t block_stride_2_project_shift[3] = {-7,-7,-7};
static const thumbnet_conv_2d_t block_stride_2_project_constants =
{.weights = block_stride_2_project_weights, .bias = block_stride_2_project_bias,
.mantissa = block_stride_2_project_mantissa, .shift = block_stride_2_project_shift,
.in_channels = 3, .out_channels = 3, .in_width = 3, .stride_width = 1, .in_zero_point = -128,
.out_zero_point = 5, .low = -128, .high = 127};
static const thumbnet_inverted_bottleneck_t block_stride_2_constants =
{.expand = {run_conv_2d_1x1_s8, &block_stride_2_expand_constants},
.depthwise = {run_depthwise_conv_2d_s8_3_3_0, &block_stride_2_depthwise_constants},
.project = {run_conv_2d_1x1_s8, &block_stride_2_project_constants}, .in_width = 5,
.in_channels = 1, .expanded = 3, .band = 1, .rows = 3, .stride = 2, .kernel_width = 3,
.stride_width = 2, .pad_left = 1, .columns = 5};
static const thumbnet_source_t block_stride_2_sources[1] =
{{.row_size = 5, .height = 4, .kernel_height = 3, .stride = 2, .kernel_width = 3,
.stride_width = 2, .pad_left = 1}};
GOLDEN_LAYER(block_stride_2, 9, 2, 1, 3, 4)
static const golden_input_t block_stride_2_inputs[1] = {{5, 1, 9}};

static const thumbnet_add_t add_constants =
{.first.column_step = 5, .first.channel_step = 1, .second.row = 1, .second.column_step = 5,
.second.channel_step = 1, .first_factor = 524288, .offset = 41418752,
.second_mantissa = 1655004639, .out_mantissa = 1192745051, .second_shift = 4, .out_shift = 18,
.second_sign = 1, .channels = 5, .out_zero_point = -102, .low = -102, .high = 127};
static const thumbnet_source_t add_sources[2] =
{{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(add, 20, 2, 2, 4, 0)
static const golden_input_t add_inputs[2] = {{4, 5, 0}, {4, 5, 0}};

static const thumbnet_add_t sub_constants =
{.first.column_step = 5, .first.channel_step = 1, .second.row = 1, .second.column_step = 5,
.second.channel_step = 1, .first_factor = 524288, .offset = 67108864,
.second_mantissa = 1303992150, .out_mantissa = 1133382811, .second_shift = 5, .out_shift = 18,
.second_sign = -1, .second_zero_point = 127, .channels = 5, .out_zero_point = -128, .low = -128,
.high = 127};
static const thumbnet_source_t sub_sources[2] =
{{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(sub, 20, 2, 2, 4, 0)
static const golden_input_t sub_inputs[2] = {{4, 5, 0}, {4, 5, 0}};

static const thumbnet_add_t add_channels_constants =
{.first.row = 1, .first.channel_step = 1, .second.column_step = 5, .second.channel_step = 1,
.first_factor = 524288, .offset = -66584576, .second_mantissa = 1637874025,
.out_mantissa = 1397813176, .second_shift = 1, .out_shift = 19, .second_sign = 1,
.second_zero_point = -77, .channels = 5, .out_zero_point = 68, .low = -128, .high = 127};
static const thumbnet_source_t add_channels_sources[2] =
{{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 5, .height = 1, .kernel_height = 1, .kernel_width = 1}};
GOLDEN_LAYER(add_channels, 20, 2, 2, 4, 0)
static const golden_input_t add_channels_inputs[2] = {{4, 5, 0}, {1, 5, -1}};

static const thumbnet_add_t sub_columns_constants =
{.first.row = 1, .first.column_step = 5, .first.channel_step = 1, .second.column_step = 1,
.first_factor = -524288, .second_mantissa = 1715445570, .out_mantissa = 1743274795,
.second_shift = 1, .out_shift = 19, .second_sign = 1, .channels = 5, .out_zero_point = -22,
.low = -128, .high = 127};
static const thumbnet_source_t sub_columns_sources[2] =
{{.row_size = 4, .height = 1, .kernel_height = 1, .kernel_width = 1, .stride_width = 1},
{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(sub_columns, 20, 2, 2, 4, 0)
static const golden_input_t sub_columns_inputs[2] = {{4, 1, -1}, {4, 5, 0}};

static const int8_t add_constant_operand[20] =
{-38,-20,-20,-24,-6,69,-101,-42,-32,-24,-6,-72,-88,42,46,-32,31,116,-59,78};
static const thumbnet_add_t add_constant_constants =
{.first.constant = add_constant_operand, .first.row = 1, .first.column_step = 5,
.first.channel_step = 1, .second.column_step = 5, .second.channel_step = 1,
.first_factor = 524288, .offset = -4718592, .second_mantissa = 1301629707,
.out_mantissa = 1838189762, .second_shift = 1, .out_shift = 19, .second_sign = 1,
.second_zero_point = -20, .channels = 5, .out_zero_point = 4, .low = -128, .high = 127};
static const thumbnet_source_t add_constant_sources[1] =
{{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(add_constant, 20, 2, 1, 4, 0)
static const golden_input_t add_constant_inputs[1] = {{4, 5, 0}};

static const thumbnet_mul_t mul_constants =
{.first.column_step = 5, .first.channel_step = 1, .second.row = 1, .second.column_step = 5,
.second.channel_step = 1, .mantissa = 2105332608, .shift = -7, .first_zero_point = -128,
.second_zero_point = -117, .channels = 5, .out_zero_point = -128, .low = -128, .high = 127};
static const thumbnet_source_t mul_sources[2] =
{{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mul, 20, 2, 2, 4, 0)
static const golden_input_t mul_inputs[2] = {{4, 5, 0}, {4, 5, 0}};

static const thumbnet_mul_t mul_pixels_constants =
{.first.column_step = 5, .first.channel_step = 1, .second.row = 1, .second.column_step = 1,
.mantissa = 1655498496, .shift = -7, .channels = 5, .out_zero_point = -2, .low = -2, .high = 127};
static const thumbnet_source_t mul_pixels_sources[2] =
{{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 4, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mul_pixels, 20, 2, 2, 4, 0)
static const golden_input_t mul_pixels_inputs[2] = {{4, 5, 0}, {4, 1, -1}};

static const int8_t mul_constant_operand[5] = {-20,15,95,-13,68};
static const thumbnet_mul_t mul_constant_constants =
{.first.column_step = 5, .first.channel_step = 1, .second.constant = mul_constant_operand,
.second.row = 1, .second.channel_step = 1, .mantissa = 1852531712, .shift = -6,
.first_zero_point = -20, .second_zero_point = 9, .channels = 5, .out_zero_point = 4, .low = -128,
.high = 127};
static const thumbnet_source_t mul_constant_sources[1] =
{{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mul_constant, 20, 2, 1, 4, 0)
static const golden_input_t mul_constant_inputs[1] = {{4, 5, 0}};

static const thumbnet_pool_2d_t average_pool_2x2_constants =
{.channels = 9, .in_width = 5, .in_height = 4, .out_width = 2, .kernel_width = 2,
.stride_width = 2, .low = -128, .high = 127};
static const thumbnet_source_t average_pool_2x2_sources[1] =
{{.row_size = 45, .height = 4, .kernel_height = 2, .stride = 2, .kernel_width = 2,
.stride_width = 2}};
GOLDEN_LAYER(average_pool_2x2, 18, 2, 1, 2, 0)
static const golden_input_t average_pool_2x2_inputs[1] = {{5, 9, 9}};

static const thumbnet_pool_2d_t average_pool_same_constants =
{.channels = 3, .in_width = 5, .in_height = 4, .out_width = 5, .kernel_width = 3,
.stride_width = 1, .pad_left = 1, .high = 127};
static const thumbnet_source_t average_pool_same_sources[1] =
{{.row_size = 15, .height = 4, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(average_pool_same, 15, 4, 1, 5, 0)
static const golden_input_t average_pool_same_inputs[1] = {{5, 3, 21}};

static const thumbnet_pool_2d_t average_pool_plane_constants =
{.channels = 3, .in_width = 5, .in_height = 4, .out_width = 3, .kernel_width = 3,
.stride_width = 2, .pad_left = 1, .low = -128, .high = 127};
static const thumbnet_source_t average_pool_plane_sources[1] =
{{.row_size = 15, .height = 4, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(average_pool_plane, 0, 4, 1, 5, 40)
static const golden_input_t average_pool_plane_inputs[1] = {{5, 3, 0}};

static const thumbnet_pool_2d_t max_pool_2x2_constants =
{.channels = 9, .in_width = 5, .in_height = 4, .out_width = 2, .kernel_width = 2,
.stride_width = 2, .low = -128, .high = 127};
static const thumbnet_source_t max_pool_2x2_sources[1] =
{{.row_size = 45, .height = 4, .kernel_height = 2, .stride = 2, .kernel_width = 2,
.stride_width = 2}};
GOLDEN_LAYER(max_pool_2x2, 18, 2, 1, 2, 0)
static const golden_input_t max_pool_2x2_inputs[1] = {{5, 9, 9}};

static const thumbnet_pool_2d_t max_pool_same_constants =
{.channels = 3, .in_width = 5, .in_height = 4, .out_width = 5, .kernel_width = 3,
.stride_width = 1, .pad_left = 1, .low = -128, .high = 127};
static const thumbnet_source_t max_pool_same_sources[1] =
{{.row_size = 15, .height = 4, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(max_pool_same, 15, 4, 1, 5, 0)
static const golden_input_t max_pool_same_inputs[1] = {{5, 3, 21}};

static const thumbnet_pool_2d_t max_pool_plane_constants =
{.channels = 3, .in_width = 5, .in_height = 4, .out_width = 3, .kernel_width = 3,
.stride_width = 2, .pad_left = 1, .low = -128, .high = 127};
static const thumbnet_source_t max_pool_plane_sources[1] =
{{.row_size = 15, .height = 4, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(max_pool_plane, 0, 4, 1, 5, 16)
static const golden_input_t max_pool_plane_inputs[1] = {{5, 3, 0}};

static const thumbnet_mean_t mean_channels_constants =
{.multiplier = 613566756, .in_offset = -889, .out_offset = 127, .channels = 7, .shift = -1,
.outputs = 1, .count = 7, .pitch = 7, .step = 1};
static const thumbnet_source_t mean_channels_sources[1] =
{{.row_size = 28, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mean_channels, 4, 3, 1, 4, 0)
static const golden_input_t mean_channels_inputs[1] = {{4, 7, 0}};

static const thumbnet_mean_t mean_columns_constants =
{.multiplier = 911166420, .out_offset = -4, .channels = 4, .shift = -1, .outputs = 4, .count = 7,
.pitch = 1, .step = 4};
static const thumbnet_source_t mean_columns_sources[1] =
{{.row_size = 28, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 7}};
GOLDEN_LAYER(mean_columns, 4, 3, 1, 1, 0)
static const golden_input_t mean_columns_inputs[1] = {{7, 4, 0}};

static const thumbnet_mean_t mean_plane_constants =
{.multiplier = 715827882, .channels = 5, .shift = -2, .outputs = 5, .count = 12};
static const thumbnet_source_t mean_plane_sources[1] =
{{.row_size = 15, .height = 4, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mean_plane, 0, 4, 1, 3, 24)
static const golden_input_t mean_plane_inputs[1] = {{3, 5, 0}};

static const thumbnet_mean_t mean_plane_kept_constants =
{.multiplier = 1073741824, .rounded_up = 16, .channels = 19, .shift = -2, .outputs = 19,
.count = 8};
static const thumbnet_source_t mean_plane_kept_sources[1] =
{{.row_size = 76, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mean_plane_kept, 0, 2, 1, 4, 80)
static const golden_input_t mean_plane_kept_inputs[1] = {{4, 19, 0}};

static const thumbnet_mean_t mean_rows_constants =
{.multiplier = 858993459, .channels = 4, .shift = -1, .outputs = 12, .count = 15, .pitch = 4};
static const thumbnet_source_t mean_rows_sources[1] =
{{.row_size = 12, .height = 5, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mean_rows, 0, 5, 1, 3, 52)
static const golden_input_t mean_rows_inputs[1] = {{3, 4, 0}};

static const thumbnet_mean_t mean_all_constants =
{.multiplier = 572662306, .in_offset = 2160, .out_offset = -18, .channels = 6, .shift = -5,
.outputs = 1, .count = 20};
static const thumbnet_source_t mean_all_sources[1] =
{{.row_size = 30, .height = 4, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mean_all, 0, 4, 1, 5, 8)
static const golden_input_t mean_all_inputs[1] = {{5, 6, 0}};

static const thumbnet_mean_t mean_rows_and_channels_constants =
{.multiplier = 954437176, .in_offset = 1548, .out_offset = -86, .channels = 3, .shift = -3,
.outputs = 4, .count = 24, .pitch = 1};
static const thumbnet_source_t mean_rows_and_channels_sources[1] =
{{.row_size = 12, .height = 6, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mean_rows_and_channels, 0, 6, 1, 4, 20)
static const golden_input_t mean_rows_and_channels_inputs[1] = {{4, 3, 0}};

static const uint32_t softmax_table[256] =
{1065353216,1065076794,1064804926,1064537538,1064274555,1064015905,1063761516,1063511319,
1063265244,1063023224,1062785191,1062551080,1062320826,1062094365,1061871636,1061652577,
1061437127,1061225226,1061016817,1060811842,1060610244,1060411967,1060216957,1060025160,
1059836523,1059650994,1059468522,1059289057,1059112548,1058938947,1058768207,1058600280,
1058435119,1058272680,1058112917,1057955787,1057801245,1057649249,1057499758,1057352730,
1057208125,1057065901,1056887434,1056612284,1056341666,1056075509,1055813735,1055556275,
1055303056,1055054010,1054809067,1054568160,1054331222,1054098187,1053868993,1053643574,
1053421869,1053203818,1052989358,1052778433,1052570982,1052366950,1052166280,1051968914,
1051774802,1051583887,1051396117,1051211442,1051029810,1050851170,1050675472,1050502671,
1050332716,1050165561,1050001160,1049839469,1049680441,1049524032,1049370202,1049218906,
1049070102,1048923750,1048779809,1048638241,1048422007,1048148123,1047878751,1047613817,
1047353247,1047096971,1046844918,1046597016,1046353201,1046113402,1045877554,1045645591,
1045417451,1045193069,1044972383,1044755335,1044541863,1044331908,1044125411,1043922317,
1043722570,1043526112,1043332892,1043142856,1042955951,1042772124,1042591328,1042413510,
1042238620,1042066613,1041897440,1041731055,1041567410,1041406462,1041248166,1041092477,
1040939353,1040788753,1040640635,1040494956,1040351678,1040210758,1039956933,1039684309,
1039416176,1039152461,1038893091,1038637995,1038387097,1038140338,1037897643,1037658948,
1037424185,1037193290,1036966199,1036742847,1036523178,1036307128,1036094638,1035885648,
1035680102,1035477943,1035279112,1035083559,1034891228,1034702066,1034516021,1034333041,
1034153076,1033976073,1033801990,1033630774,1033462379,1033296759,1033133868,1032973660,
1032816092,1032661118,1032508699,1032358792,1032211355,1032066346,1031923727,1031768132,
1031492211,1031220841,1030953942,1030691440,1030433263,1030179340,1029929600,1029683972,
1029442394,1029204796,1028971113,1028741281,1028515235,1028292913,1028074251,1027859195,
1027647682,1027439654,1027235054,1027033824,1026835910,1026641254,1026449808,1026261517,
1026076327,1025894189,1025715051,1025538866,1025365580,1025195152,1025027532,1024862674,
1024700532,1024541061,1024384218,1024229956,1024078239,1023929021,1023782262,1023637921,
1023495958,1023302491,1023027840,1022757718,1022492046,1022230752,1021973762,1021721007,
1021472416,1021227918,1020987451,1020750947,1020518339,1020289563,1020064557,1019843258,
1019625602,1019411535,1019200995,1018993924,1018790265,1018589961,1018392957,1018199199,
1018008631,1017821206,1017636868,1017455567,1017277254,1017101879,1016929393,1016759746,
1016592897,1016428800,1016267401,1016108662,1015952542,1015798990,1015647973,1015499439,
1015353357,1015209678,1015068366,1014837204,1014563816,1014294941,1014030487,1013770399};
static const thumbnet_softmax_t softmax_constants = {.table = softmax_table, .channels = 7};
static const thumbnet_source_t softmax_sources[1] =
{{.row_size = 21, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(softmax, 21, 3, 1, 3, 0)
static const golden_input_t softmax_inputs[1] = {{3, 7, 0}};

static const uint8_t logistic_table[256] =
{150,150,151,151,152,152,153,154,154,155,155,156,157,157,158,158,159,160,160,161,162,163,163,164,
165,166,166,167,168,169,170,171,171,172,173,174,175,176,177,178,179,180,181,182,183,184,185,186,
187,189,190,191,192,193,194,196,197,198,199,201,202,203,204,206,207,208,210,211,212,214,215,217,
218,220,221,222,224,225,227,228,230,231,233,234,236,237,239,240,242,244,245,247,248,250,251,253,
254,0,2,3,5,6,8,9,11,12,14,16,17,19,20,22,23,25,26,28,29,31,32,34,35,36,38,39,41,42,44,45,129,
129,129,129,129,129,129,129,129,129,129,129,129,129,129,130,130,130,130,130,130,130,130,130,130,
130,130,130,130,130,130,130,130,130,130,130,131,131,131,131,131,131,131,131,131,131,131,131,131,
131,132,132,132,132,132,132,132,132,132,132,132,133,133,133,133,133,133,133,133,134,134,134,134,
134,134,134,135,135,135,135,135,135,136,136,136,136,136,137,137,137,137,137,138,138,138,138,139,
139,139,139,140,140,140,140,141,141,141,142,142,142,143,143,143,144,144,144,145,145,145,146,146,
147,147,148,148,148,149,149};
static const thumbnet_lookup_t logistic_constants = {.table = logistic_table, .channels = 32};
static const thumbnet_source_t logistic_sources[1] =
{{.row_size = 128, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(logistic, 128, 2, 1, 4, 0)
static const golden_input_t logistic_inputs[1] = {{4, 32, 0}};

static const uint8_t hard_swish_table[256] =
{156,156,156,156,155,155,154,154,153,153,152,152,152,151,151,150,150,150,149,149,149,148,148,148,
147,147,147,146,146,146,146,145,145,145,145,144,144,144,144,144,143,143,143,143,143,143,143,142,
142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,142,
143,143,143,143,143,143,143,144,144,144,144,144,145,145,145,145,145,146,146,146,147,147,147,147,
148,148,148,149,149,149,150,150,151,151,151,152,152,153,153,154,154,155,155,156,156,157,157,158,
158,159,159,160,160,161,161,162,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,
156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,
156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,
156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,
156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,
156,156,156,156,156,156,156,156,156,156,156,156,156,156,156,156};
static const thumbnet_lookup_t hard_swish_constants = {.table = hard_swish_table, .channels = 32};
static const thumbnet_source_t hard_swish_sources[1] =
{{.row_size = 128, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(hard_swish, 128, 2, 1, 4, 0)
static const golden_input_t hard_swish_inputs[1] = {{4, 32, 0}};

static const uint16_t concatenation_rows_sizes[3] = {2,1,3};
static const thumbnet_concatenation_t concatenation_rows_constants =
{.sizes = concatenation_rows_sizes, .inputs = 3, .pixel_size = 4};
static const thumbnet_source_t concatenation_rows_sources[3] =
{{.row_size = 12, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 12, .height = 1, .kernel_height = 1, .stride = 1, .pad = 2, .kernel_width = 1,
.stride_width = 1},
{.row_size = 12, .height = 3, .kernel_height = 1, .stride = 1, .pad = 3, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(concatenation_rows, 12, 6, 3, 3, 0)
static const golden_input_t concatenation_rows_inputs[3] = {{3, 4, 0}, {3, 4, 24}, {3, 4, 36}};

static const uint16_t concatenation_columns_sizes[2] = {2,5};
static const thumbnet_concatenation_t concatenation_columns_constants =
{.sizes = concatenation_columns_sizes, .inputs = 2, .pixel_size = 4};
static const thumbnet_source_t concatenation_columns_sources[2] =
{{.row_size = 8, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 20, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(concatenation_columns, 28, 3, 2, 7, 0)
static const golden_input_t concatenation_columns_inputs[2] = {{2, 4, 40}, {5, 4, 24}};

static const uint16_t concatenation_channels_sizes[3] = {2,1,4};
static const thumbnet_concatenation_t concatenation_channels_constants =
{.sizes = concatenation_channels_sizes, .inputs = 3, .pixel_size = 7};
static const thumbnet_source_t concatenation_channels_sources[3] =
{{.row_size = 8, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 4, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 16, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(concatenation_channels, 28, 3, 3, 4, 0)
static const golden_input_t concatenation_channels_inputs[3] =
{{4, 2, 55}, {4, 1, 68}, {4, 4, 36}};

static const thumbnet_pad_t pad_constants =
{.in_width = 5, .in_channels = 3, .pad_left = 2, .out_channels = 3, .value = 73};
static const thumbnet_source_t pad_sources[1] =
{{.row_size = 15, .height = 4, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(pad, 24, 5, 1, 8, 0)
static const golden_input_t pad_inputs[1] = {{5, 3, 33}};

static const thumbnet_pad_t pad_channels_constants =
{.in_width = 3, .in_channels = 5, .channels_before = 2, .out_channels = 8};
static const thumbnet_source_t pad_channels_sources[1] =
{{.row_size = 15, .height = 2, .kernel_height = 1, .stride = 1, .pad = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(pad_channels, 24, 3, 1, 3, 0)
static const golden_input_t pad_channels_inputs[1] = {{3, 5, 39}};

static const uint16_t resize_map_0[5] = {0,0,1,1,2};
static const uint16_t resize_columns[7] = {0,0,1,1,2,2,3};
static const thumbnet_resize_t resize_constants = {.columns = resize_columns, .pixel_size = 3};
static const thumbnet_source_t resize_sources[1] =
{{.map = resize_map_0, .row_size = 12, .height = 3, .kernel_height = 1, .stride = 1,
.kernel_width = 4}};
GOLDEN_LAYER(resize, 21, 5, 1, 7, 0)
static const golden_input_t resize_inputs[1] = {{4, 3, 69}};

static const uint16_t resize_smaller_map_0[3] = {0,2,4};
static const uint16_t resize_smaller_columns[4] = {0,2,4,6};
static const thumbnet_resize_t resize_smaller_constants =
{.columns = resize_smaller_columns, .pixel_size = 2};
static const thumbnet_source_t resize_smaller_sources[1] =
{{.map = resize_smaller_map_0, .row_size = 14, .height = 5, .kernel_height = 1, .stride = 1,
.kernel_width = 7}};
GOLDEN_LAYER(resize_smaller, 8, 3, 1, 4, 0)
static const golden_input_t resize_smaller_inputs[1] = {{7, 2, 0}};

static const uint32_t transpose_sizes[5] = {2,2,2,2,3};
static const uint32_t transpose_strides[5] = {1,12,2,24,4};
static const thumbnet_transpose_t transpose_constants =
{.sizes = transpose_sizes, .strides = transpose_strides, .block = 1};
static const thumbnet_source_t transpose_sources[1] =
{{.row_size = 48, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(transpose, 48, 1, 1, 1, 0)
static const golden_input_t transpose_inputs[1] = {{1, 48, -1}};

static const uint32_t transpose_blocks_sizes[5] = {1,1,1,3,2};
static const uint32_t transpose_blocks_strides[5] = {0,0,0,8,24};
static const thumbnet_transpose_t transpose_blocks_constants =
{.sizes = transpose_blocks_sizes, .strides = transpose_blocks_strides, .block = 8};
static const thumbnet_source_t transpose_blocks_sources[1] =
{{.row_size = 48, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(transpose_blocks, 48, 1, 1, 1, 0)
static const golden_input_t transpose_blocks_inputs[1] = {{1, 48, -1}};

static const thumbnet_reshape_t reshape_constants = {.element_size = 1};
static const thumbnet_source_t reshape_sources[1] =
{{.row_size = 24, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(reshape, 24, 1, 1, 24, 0)
static const golden_input_t reshape_inputs[1] = {{24, 1, 0}};

static const int32_t pick_slice_pieces[4] = {1,2,1,0};
static const thumbnet_pick_t pick_slice_constants =
{.step = 1, .pieces = pick_slice_pieces, .pixel_size = 3, .count = 1};
static const thumbnet_source_t pick_slice_sources[1] =
{{.row_size = 15, .height = 4, .kernel_height = 1, .stride = 1, .pad = -1, .kernel_width = 1,
.stride_width = 1, .pad_left = -2, .left_out = 6}};
GOLDEN_LAYER(pick_slice, 6, 3, 1, 3, 0)
static const golden_input_t pick_slice_inputs[1] = {{5, 3, 0}};

static const int32_t pick_steps_pieces[4] = {0,2,1,0};
static const thumbnet_pick_t pick_steps_constants =
{.step = 2, .pieces = pick_steps_pieces, .pixel_size = 2, .count = 1};
static const thumbnet_source_t pick_steps_sources[1] =
{{.row_size = 12, .height = 5, .kernel_height = 1, .stride = 2, .pad = -1, .kernel_width = 1,
.stride_width = 2, .pad_left = -1, .left_out = 2}};
GOLDEN_LAYER(pick_steps, 6, 2, 1, 3, 0)
static const golden_input_t pick_steps_inputs[1] = {{6, 2, 0}};

static const uint16_t pick_mirror_map_0[3] = {1,0,1};
static const uint16_t pick_mirror_columns[6] = {1,0,1,2,1,0};
static const int32_t pick_mirror_pieces[8] = {1,1,2,-1,1,1,1,0};
static const thumbnet_pick_t pick_mirror_constants =
{.columns = pick_mirror_columns, .pieces = pick_mirror_pieces, .pixel_size = 2, .count = 2};
static const thumbnet_source_t pick_mirror_sources[1] =
{{.map = pick_mirror_map_0, .row_size = 6, .height = 2, .kernel_height = 1, .stride = 1,
.kernel_width = 3}};
GOLDEN_LAYER(pick_mirror, 18, 3, 1, 6, 0)
static const golden_input_t pick_mirror_inputs[1] = {{3, 2, 46}};

static const thumbnet_depth_t space_to_depth_constants = {.size = 4, .block = 2};
static const thumbnet_source_t space_to_depth_sources[1] =
{{.row_size = 8, .height = 4, .kernel_height = 2, .stride = 2, .kernel_width = 2,
.stride_width = 2}};
GOLDEN_LAYER(space_to_depth, 16, 2, 1, 2, 0)
static const golden_input_t space_to_depth_inputs[1] = {{4, 2, 12}};

static const thumbnet_depth_t depth_to_space_constants = {.size = 4, .block = 2, .width = 2};
static const thumbnet_source_t depth_to_space_sources[1] =
{{.row_size = 16, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 2}};
GOLDEN_LAYER(depth_to_space, 16, 2, 1, 1, 0)
static const golden_input_t depth_to_space_inputs[1] = {{2, 8, 4}};

static const uint16_t bilinear_map_0[4] = {0,0,1,2};
static const uint16_t bilinear_map_1[4] = {0,1,2,2};
static const uint16_t bilinear_rows[4] = {0,640,384,0};
static const uint16_t bilinear_columns[5] = {0,0,1,2,3};
static const uint16_t bilinear_fractions[5] = {0,716,511,306,0};
static const thumbnet_resize_bilinear_t bilinear_constants =
{.rows = bilinear_rows, .columns = bilinear_columns, .fractions = bilinear_fractions,
.channels = 2};
static const thumbnet_source_t bilinear_sources[2] =
{{.map = bilinear_map_0, .row_size = 8, .height = 3, .kernel_height = 1, .stride = 1,
.kernel_width = 4},
{.map = bilinear_map_1, .row_size = 8, .height = 3, .kernel_height = 1, .stride = 1,
.kernel_width = 4}};
GOLDEN_LAYER(bilinear, 10, 4, 2, 5, 0)
static const golden_input_t bilinear_inputs[2] = {{4, 2, 16}, {4, 2, 16}};

static const uint16_t bilinear_corners_map_0[3] = {0,1,3};
static const uint16_t bilinear_corners_map_1[3] = {0,2,3};
static const uint16_t bilinear_corners_rows[3] = {0,512,0};
static const uint16_t bilinear_corners_columns[8] = {0,0,1,1,2,2,3,3};
static const uint16_t bilinear_corners_fractions[8] = {0,585,146,731,292,877,438,1023};
static const thumbnet_resize_bilinear_t bilinear_corners_constants =
{.rows = bilinear_corners_rows, .columns = bilinear_corners_columns,
.fractions = bilinear_corners_fractions, .channels = 1};
static const thumbnet_source_t bilinear_corners_sources[2] =
{{.map = bilinear_corners_map_0, .row_size = 5, .height = 4, .kernel_height = 1, .stride = 1,
.kernel_width = 5},
{.map = bilinear_corners_map_1, .row_size = 5, .height = 4, .kernel_height = 1, .stride = 1,
.kernel_width = 5}};
GOLDEN_LAYER(bilinear_corners, 8, 3, 2, 8, 0)
static const golden_input_t bilinear_corners_inputs[2] = {{5, 1, 7}, {5, 1, 5}};

static const uint8_t pad_elements_element[4] = {0,0,0,0};
static const thumbnet_pad_elements_t pad_elements_constants =
{.in_width = 3, .in_channels = 3, .pad_left = 1, .out_channels = 4,
.element = pad_elements_element, .element_size = 4};
static const thumbnet_source_t pad_elements_sources[1] =
{{.row_size = 36, .height = 3, .kernel_height = 1, .stride = 1, .pad = 1, .kernel_width = 1,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(pad_elements, 64, 4, 1, 4, 0)
static const golden_input_t pad_elements_inputs[1] = {{3, 12, 144}};

static const float quantize_int8_scale[1] = {0.25f};
static const thumbnet_quantize_t quantize_int8_constants =
{.scale = quantize_int8_scale, .channels = 6, .zero_point = -3, .low = -128, .high = 127};
static const thumbnet_source_t quantize_int8_sources[1] =
{{.row_size = 72, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(quantize_int8, 18, 2, 1, 3, 0)
static const golden_input_t quantize_int8_inputs[1] = {{3, 24, 0}};

static const float quantize_uint8_scale[1] = {0.25f};
static const thumbnet_quantize_t quantize_uint8_constants =
{.scale = quantize_uint8_scale, .channels = 6, .zero_point = 120, .high = 255};
static const thumbnet_source_t quantize_uint8_sources[1] =
{{.row_size = 72, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(quantize_uint8, 18, 2, 1, 3, 0)
static const golden_input_t quantize_uint8_inputs[1] = {{3, 24, 0}};

static const float dequantize_int8_scale[1] = {0.012299999594688416f};
static const thumbnet_quantize_t dequantize_int8_constants =
{.scale = dequantize_int8_scale, .channels = 8, .zero_point = 5, .low = -128, .high = 127};
static const thumbnet_source_t dequantize_int8_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(dequantize_int8, 96, 2, 1, 3, 0)
static const golden_input_t dequantize_int8_inputs[1] = {{3, 8, 152}};

static const float dequantize_uint8_scale[1] = {0.012299999594688416f};
static const thumbnet_quantize_t dequantize_uint8_constants =
{.scale = dequantize_uint8_scale, .channels = 8, .zero_point = 120, .high = 255};
static const thumbnet_source_t dequantize_uint8_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(dequantize_uint8, 96, 2, 1, 3, 0)
static const golden_input_t dequantize_uint8_inputs[1] = {{3, 8, 152}};

static const int8_t lstm_weights[60] =
{-88,13,1,-54,-64,-2,-17,21,-63,50,-23,-31,-15,-32,41,17,14,63,11,21,64,83,-16,1,-2,94,38,-33,
-38,-29,-60,47,7,-53,-84,-26,-51,-38,15,-4,-38,-46,60,-6,-14,127,23,65,-34,17,-10,-32,45,4,-17,
21,19,-52,-17,-16};
static const int8_t lstm_recurrent[36] =
{-109,-26,-32,5,-24,-49,-37,-26,-88,6,18,13,32,0,47,-59,49,-14,-18,46,-38,-27,0,-7,-94,-41,-79,
-40,-37,-20,-12,62,35,5,-80,-3};
static const int32_t lstm_bias[24] =
{-23560,12151,-4128,-2088,-3094,-966,-714,-112,-4021,13546,-8925,-1030,602,-574,406,-280,116,
20436,-1039,791,-1344,-784,-2394,266};
static const int32_t lstm_mantissa[8] =
{1163922304,1377885440,1277695616,1664625024,1186070144,1144668032,1196485376,1111975424};
static const int8_t lstm_shift[8] = {2,0,0,1,2,2,2,3};
static const thumbnet_lstm_t lstm_constants =
{.weights = lstm_weights, .recurrent = lstm_recurrent, .bias = lstm_bias,
.mantissa = lstm_mantissa, .shift = lstm_shift, .hidden_mantissa = 1423022848, .in_channels = 5,
.units = 3, .clip = 32767, .hidden_shift = -22, .cell_shift = 18, .cell_bits = 3,
.zero_point = -14};
static const thumbnet_source_t lstm_sources[3] =
{{.row_size = 10, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 3, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1},
{.row_size = 6, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1}};
GOLDEN_LAYER(lstm, 6, 1, 3, 2, 0)
static const golden_input_t lstm_inputs[3] = {{2, 5, 3}, {1, 3, -2}, {1, 6, -3}};

static const int8_t svdf_weights[24] =
{37,-49,25,24,40,15,-50,-23,71,32,-11,17,53,-3,-57,-20,10,-48,-79,-27,46,-85,18,-16};
static const int16_t svdf_time[18] =
{-716,849,-4503,-9201,-3667,-679,-366,369,298,6421,1167,3049,1891,-2702,472,-5744,6189,3267};
static const int32_t svdf_feature_bias[6] = {-4699,2286,-13843,3429,18288,4699};
static const int32_t svdf_bias[3] = {14578748,-6609266,-40268967};
static const thumbnet_svdf_t svdf_constants =
{.weights = svdf_weights, .time = svdf_time, .feature_bias = svdf_feature_bias,
.bias = svdf_bias, .feature_mantissa = 1737446784, .mantissa = 1198695424, .in_channels = 4,
.units = 3, .rank = 2, .memory = 3, .feature_shift = 1, .shift = -20, .zero_point = -108};
static const thumbnet_source_t svdf_sources[2] =
{{.row_size = 4, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 36, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1}};
GOLDEN_LAYER(svdf, 3, 1, 2, 1, 0)
static const golden_input_t svdf_inputs[2] = {{1, 4, 3}, {1, 36, -2}};

static const uint32_t softmax_to_int16_table[256] =
{1065353216,1044058467,1023980136,1002948403,982645782,961894944,941352780,920901914,900103954,
879973446,858902297,838987349,817750989,797622871,776653499,756297705,735613461,715014499,
694634776,673776168,653721615,632585674,612623390,591446310,571267623,550361602,529951795,
509335160,488678544,468370994,447450844,427473399,406271702,386261370,365144463,344914498,
324072703,303608096,283060144,262344950,242110750,221127997,201228866,179960470,159901317,
138845540,118563402,97786875,77266602,56788297,36013792,15853888,2896253,529095,96657,17658,3226,
589,108,20,4,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
0,0,0,0,0,0,0,0,0};
static const thumbnet_softmax_s8_s16_t softmax_to_int16_constants =
{.table = softmax_to_int16_table, .scale = 931135488, .channels = 5, .zero_point = -32768};
static const thumbnet_source_t softmax_to_int16_sources[1] =
{{.row_size = 10, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(softmax_to_int16, 20, 1, 1, 2, 0)
static const golden_input_t softmax_to_int16_inputs[1] = {{2, 5, 15}};

static const thumbnet_binary_t maximum_constants =
{.first.column_step = 3, .first.channel_step = 1, .second.row = 1, .second.column_step = 3,
.second.channel_step = 1, .channels = 3, .low = -128, .high = 127};
static const thumbnet_source_t maximum_sources[2] =
{{.row_size = 6, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 6, .height = 1, .kernel_height = 1, .kernel_width = 1, .stride_width = 1}};
GOLDEN_LAYER(maximum, 6, 2, 2, 2, 0)
static const golden_input_t maximum_inputs[2] = {{2, 3, 0}, {2, 3, -1}};

static const int8_t prelu_second[3] = {54,-72,93};
static const thumbnet_binary_t prelu_constants =
{.first.column_step = 3, .first.channel_step = 1, .second.constant = prelu_second,
.second.row = 1, .second.channel_step = 1, .channels = 3, .low = -128, .high = 127,
.first_mantissa = 1852884992, .second_mantissa = 2095304320, .second_shift = -6,
.first_zero_point = -128, .second_zero_point = -89, .out_zero_point = -36};
static const thumbnet_source_t prelu_sources[1] =
{{.row_size = 6, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(prelu, 6, 2, 1, 2, 0)
static const golden_input_t prelu_inputs[1] = {{2, 3, 0}};

static const int8_t select_second[3] = {65,-40,-21};
static const thumbnet_select_t select_constants =
{.condition.column_step = 1, .first.row = 1, .first.column_step = 3, .first.channel_step = 1,
.second.constant = select_second, .second.row = 2, .second.channel_step = 1, .channels = 3};
static const thumbnet_source_t select_sources[2] =
{{.row_size = 2, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 6, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(select, 6, 2, 2, 2, 0)
static const golden_input_t select_inputs[2] = {{2, 1, -1}, {2, 3, 0}};

static const thumbnet_batch_matmul_t matmul_constants =
{.mantissa = 1073741824, .depth = 3, .first_pixel = 3, .first_step = 1, .second_channel = 3,
.second_step = 1, .channels = 4, .second_row = 1, .shift = -8, .first_zero_point = -9,
.second_zero_point = -108, .out_zero_point = 127, .low = -128, .high = 127};
static const thumbnet_source_t matmul_sources[2] =
{{.row_size = 6, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 12, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 4}};
GOLDEN_LAYER(matmul, 8, 2, 2, 2, 0)
static const golden_input_t matmul_inputs[2] = {{2, 3, 7}, {4, 3, -1}};

static const thumbnet_reduce_t sum_plane_constants =
{.offset = 2402412954496, .multiplier = 1836708608, .channels = 3, .shift = 34,
.out_zero_point = -128, .outputs = 3, .count = 12, .width = 4};
static const thumbnet_source_t sum_plane_sources[1] =
{{.row_size = 12, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(sum_plane, 0, 3, 1, 4, 16)
static const golden_input_t sum_plane_inputs[1] = {{4, 3, 0}};

static const thumbnet_reduce_t reduce_max_row_constants =
{.channels = 3, .outputs = 1, .count = 3, .pitch = 3, .step = 1};
static const thumbnet_source_t reduce_max_row_sources[1] =
{{.row_size = 12, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(reduce_max_row, 4, 3, 1, 4, 0)
static const golden_input_t reduce_max_row_inputs[1] = {{4, 3, 0}};

static const thumbnet_reduce_t arg_max_rows_constants =
{.channels = 3, .outputs = 12, .count = 12, .pitch = 3, .width = 4};
static const thumbnet_source_t arg_max_rows_sources[1] =
{{.row_size = 12, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(arg_max_rows, 0, 3, 1, 4, 52)
static const golden_input_t arg_max_rows_inputs[1] = {{4, 3, 0}};

static const thumbnet_l2_normalization_t l2_normalization_constants =
{.channels = 4, .zero_point = -58};
static const thumbnet_source_t l2_normalization_sources[1] =
{{.row_size = 8, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(l2_normalization, 8, 1, 1, 2, 0)
static const golden_input_t l2_normalization_inputs[1] = {{2, 4, 0}};

static const uint32_t log_softmax_exponentials[256] =
{16777216,14918616,13265914,11796300,10489492,9327454,8294147,7375312,6558266,5831734,5185687,
4611211,4100375,3646131,3242208,2883032,2563647,2279643,2027101,1802537,1602849,1425284,1267389,
1126986,1002137,891119,792400,704617,626559,557148,495426,440542,391739,348341,309752,275437,
244924,217791,193664,172209,153132,136168,121083,107669,95741,85135,75704,67317,59860,53228,
47332,42088,37426,33280,29593,26315,23399,20807,18502,16452,14630,13009,11568,10286,9147,8134,
7233,6431,5719,5085,4522,4021,3576,3179,2827,2514,2236,1988,1768,1572,1398,1243,1105,983,874,777,
691,614,546,486,432,384,342,304,270,240,214,190,169,150,134,119,106,94,83,74,66,59,52,46,41,37,
33,29,26,23,20,18,16,14,13,11,10,9,8,7,6,6,5,4,4,4,3,3,2,2,2,2,2,1,1,1,1,1,1,1,1,1,0,0,0,0,0,0,0,
0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
0,0,0,0,0};
static const thumbnet_log_softmax_t log_softmax_constants =
{.channels = 5, .exponentials = log_softmax_exponentials, .step = 31517528};
static const thumbnet_source_t log_softmax_sources[1] =
{{.row_size = 10, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(log_softmax, 10, 1, 1, 2, 0)
static const golden_input_t log_softmax_inputs[1] = {{2, 5, 0}};

static const thumbnet_cast_t cast_constants = {.channels = 4};
static const thumbnet_source_t cast_sources[1] =
{{.row_size = 8, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(cast, 32, 1, 1, 2, 0)
static const golden_input_t cast_inputs[1] = {{2, 4, 28}};

static const int8_t conv_2d_dilated_part_weights[36] =
{76,21,-53,10,9,-48,90,-30,28,34,1,0,-17,85,-9,-21,3,39,-10,-49,12,66,42,63,-55,-127,0,56,77,-6,
-11,16,-47,-4,-3,52};
static const int32_t conv_2d_dilated_part_bias[3] = {-18310,-31138,-2745};
static const int32_t conv_2d_dilated_part_edge_bias[3] = {-6166,-13186,-7321};
static const int32_t conv_2d_dilated_part_mantissa[3] = {1930738836,1403283197,1539176669};
static const int8_t conv_2d_dilated_part_shift[3] = {-9,-7,-8};
static const thumbnet_conv_2d_t conv_2d_dilated_part_constants =
{.weights = conv_2d_dilated_part_weights, .bias = conv_2d_dilated_part_bias,
.edge_bias = conv_2d_dilated_part_edge_bias, .mantissa = conv_2d_dilated_part_mantissa,
.shift = conv_2d_dilated_part_shift, .in_channels = 2, .out_channels = 3, .in_width = 7,
.stride_width = 1, .in_zero_point = 88, .out_zero_point = 104, .low = -128, .high = 127};
static const thumbnet_dilated_conv_2d_t conv_2d_dilated_constants =
{.part = {run_conv_2d_s8_3_2, &conv_2d_dilated_part_constants}, .in_width = 5, .in_channels = 2,
.out_channels = 3, .pad_left = 1, .kernel_height = 3, .kernel_width = 2, .dilation_height = 1,
.dilation_width = 2, .stride_width = 1, .phases = 2, .stride = 1, .in_zero_point = 88};
static const thumbnet_source_t conv_2d_dilated_sources[1] =
{{.row_size = 10, .height = 4, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_dilated, 15, 4, 1, 5, 0)
static const golden_input_t conv_2d_dilated_inputs[1] = {{5, 2, 40}};

static const int8_t conv_2d_groups_weights[108] =
{-59,-25,27,37,47,-29,61,56,-68,56,-38,101,9,-28,40,59,7,5,-54,-7,54,21,-18,-33,6,49,41,-19,-30,
-6,-32,-31,-66,-15,-49,-25,103,-3,-56,116,-28,14,20,24,-97,39,-56,31,-12,-127,-44,17,-21,-67,-21,
60,31,50,-13,51,33,72,-76,23,8,-9,14,-41,-38,15,56,5,-67,127,-38,-63,4,-27,-11,111,59,1,24,-73,
-15,-16,-16,-34,-33,-33,-24,51,-35,12,-13,-54,7,27,-12,-3,-12,7,-10,-16,-60,-15,-94,7};
static const int32_t conv_2d_groups_bias[6] = {930,1684,18392,-8741,4705,-1404};
static const int32_t conv_2d_groups_mantissa[6] =
{1099963688,1157497604,1597368752,1131333372,1458570172,2101408421};
static const int8_t conv_2d_groups_shift[6] = {-9,-7,-9,-7,-9,-10};
static const thumbnet_conv_2d_general_t conv_2d_groups_constants =
{.weights = conv_2d_groups_weights, .bias = conv_2d_groups_bias,
.mantissa = conv_2d_groups_mantissa, .shift = conv_2d_groups_shift, .groups = 2, .channels = 3,
.depth = 2, .in_width = 3, .pad_left = 1, .kernel_height = 3, .kernel_width = 3,
.stride_width = 1, .in_zero_point = 127, .low = -128, .high = 127};
static const thumbnet_source_t conv_2d_groups_sources[1] =
{{.row_size = 12, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_groups, 18, 3, 1, 3, 0)
static const golden_input_t conv_2d_groups_inputs[1] = {{3, 4, 38}};

static const int8_t depthwise_dilated_part_weights[36] =
{11,8,-22,38,34,-26,-52,0,-33,-70,-61,-30,18,41,34,-64,22,5,-38,18,-51,-30,27,-6,-51,-14,32,26,
121,-77,26,-16,-45,-49,-81,2};
static const int32_t depthwise_dilated_part_bias[4] = {2138,45623,14643,34854};
static const int16_t depthwise_dilated_part_weight_sums[4] = {-42,-105,-113,-93};
static const int32_t depthwise_dilated_part_mantissa[4] =
{1345547114,1090888932,2124492065,1821335258};
static const int8_t depthwise_dilated_part_shift[4] = {-5,-5,-6,-8};
static const thumbnet_depthwise_conv_2d_t depthwise_dilated_part_constants =
{.weights = depthwise_dilated_part_weights, .bias = depthwise_dilated_part_bias,
.weight_sums = depthwise_dilated_part_weight_sums, .mantissa = depthwise_dilated_part_mantissa,
.shift = depthwise_dilated_part_shift, .channels = 2, .in_width = 8, .multiplier = 2,
.stride_width = 1, .in_zero_point = 127, .low = -128, .high = 127};
static const thumbnet_dilated_conv_2d_t depthwise_dilated_constants =
{.part = {run_depthwise_conv_2d_multiplier_s8_3_3, &depthwise_dilated_part_constants},
.in_width = 5, .in_channels = 2, .out_channels = 4, .pad_left = 2, .kernel_height = 3,
.kernel_width = 3, .dilation_height = 2, .dilation_width = 2, .stride_width = 1, .phases = 2,
.stride = 1, .in_zero_point = 127};
static const thumbnet_source_t depthwise_dilated_sources[1] =
{{.row_size = 10, .height = 4, .kernel_height = 5, .stride = 1, .pad = 2, .kernel_width = 5,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(depthwise_dilated, 20, 4, 1, 5, 0)
static const golden_input_t depthwise_dilated_inputs[1] = {{5, 2, 70}};

static const int16_t fully_connected_wide_wide_weights[13] =
{-147,26,-10,-99,-147,-85,-73,-76,-147,11,2,65,-147};
static const int32_t fully_connected_wide_wide_bias[1] = {-7527};
static const int32_t fully_connected_wide_wide_mantissa[1] = {1832519394};
static const int8_t fully_connected_wide_wide_shift[1] = {-9};
static const uint16_t fully_connected_wide_wide_places[1] = {3};
static const uint16_t fully_connected_wide_wide_reads[1] = {0};
static const int8_t fully_connected_wide_rest_weights[65] =
{1,-69,-34,-41,-51,-23,-44,-70,-87,-56,35,3,-34,15,67,46,-37,64,53,59,35,-48,-20,23,-98,65,-47,
-49,-98,-10,35,-40,-13,47,-98,-47,-3,-93,-95,0,0,0,0,0,0,0,0,0,0,0,0,0,-31,17,-85,-23,-12,-33,
-51,-7,-97,-93,-87,-106,-5};
static const int32_t fully_connected_wide_rest_bias[5] = {-3589,2790,-4586,0,-5092};
static const int32_t fully_connected_wide_rest_mantissa[5] =
{1832519394,1832519394,1832519394,1832519394,1832519394};
static const int8_t fully_connected_wide_rest_shift[5] = {-9,-9,-9,-9,-9};
static const thumbnet_conv_2d_t fully_connected_wide_rest_constants =
{.weights = fully_connected_wide_rest_weights, .bias = fully_connected_wide_rest_bias,
.mantissa = fully_connected_wide_rest_mantissa, .shift = fully_connected_wide_rest_shift,
.in_channels = 13, .out_channels = 5, .in_width = 3, .stride_width = 1, .in_zero_point = -9,
.out_zero_point = 7, .low = -128, .high = 127};
static const thumbnet_wide_channels_t fully_connected_wide_constants =
{.rest = {run_conv_2d_1x1_s8, &fully_connected_wide_rest_constants},
.weights = fully_connected_wide_wide_weights, .bias = fully_connected_wide_wide_bias,
.mantissa = fully_connected_wide_wide_mantissa, .shift = fully_connected_wide_wide_shift,
.places = fully_connected_wide_wide_places, .reads = fully_connected_wide_wide_reads,
.channels = 1, .out_channels = 5, .in_channels = 13, .depth = 13, .ties_up = 5,
.kernel_height = 1, .kernel_width = 1, .stride_width = 1, .in_zero_point = -9,
.out_zero_point = 7, .low = -128, .high = 127};
static const thumbnet_source_t fully_connected_wide_sources[1] =
{{.row_size = 39, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_wide, 15, 1, 1, 3, 0)
static const golden_input_t fully_connected_wide_inputs[1] = {{3, 13, 10}};

static const thumbnet_add_even_t add_even_constants =
{.first.column_step = 3, .first.channel_step = 1, .second.row = 1, .second.column_step = 3,
.second.channel_step = 1, .first_factor = 2058866, .second_factor = 1556673, .offset = 117826208,
.margin = 612352, .first_float.mantissa = 8235464, .second_float.mantissa = 6226691,
.constant.mantissa = -10812854, .constant.shift = 7, .point = 21, .fraction = 23, .codes = 128,
.channels = 3, .low = -128, .high = 127};
static const thumbnet_source_t add_even_sources[2] =
{{.row_size = 9, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 9, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(add_even, 9, 2, 2, 3, 0)
static const golden_input_t add_even_inputs[2] = {{3, 3, 0}, {3, 3, 0}};

static const thumbnet_add_even_t add_even_channels_constants =
{.first.column_step = 3, .first.channel_step = 1, .second.row = 1, .second.channel_step = 1,
.first_factor = 4377888, .second_factor = 248022, .offset = 377869270, .margin = 420864,
.first_float.mantissa = 8755776, .first_float.shift = 5, .second_float.mantissa = 15873387,
.constant.mantissa = -13521520, .constant.shift = 10, .point = 22, .fraction = 28, .codes = 128,
.channels = 3, .low = -128, .high = 127};
static const thumbnet_source_t add_even_channels_sources[2] =
{{.row_size = 9, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 3, .height = 1, .kernel_height = 1, .kernel_width = 1}};
GOLDEN_LAYER(add_even_channels, 9, 2, 2, 3, 0)
static const golden_input_t add_even_channels_inputs[2] = {{3, 3, 0}, {1, 3, -1}};

static const thumbnet_mul_even_t mul_even_constants =
{.first.column_step = 3, .first.channel_step = 1, .second.row = 1, .second.column_step = 3,
.second.channel_step = 1, .mantissa = 1506564608, .out_zero_point = 115, .codes = 128,
.shift = -7, .first_zero_point = 127, .channels = 3, .low = -128, .high = 127};
static const thumbnet_source_t mul_even_sources[2] =
{{.row_size = 9, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 9, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mul_even, 9, 2, 2, 3, 0)
static const golden_input_t mul_even_inputs[2] = {{3, 3, 0}, {3, 3, 0}};

static const thumbnet_mul_even_t mul_even_pixels_constants =
{.first.column_step = 3, .first.channel_step = 1, .second.row = 1, .second.column_step = 1,
.mantissa = 1152353280, .out_zero_point = 43, .codes = 128, .shift = -7,
.first_zero_point = -128, .second_zero_point = -47, .channels = 3, .low = -128, .high = 127};
static const thumbnet_source_t mul_even_pixels_sources[2] =
{{.row_size = 9, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 3, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mul_even_pixels, 9, 2, 2, 3, 0)
static const golden_input_t mul_even_pixels_inputs[2] = {{3, 3, 0}, {3, 1, -1}};

static const uint32_t softmax_even_table[256] =
{2058396056,2057774732,2057186758,2056630343,2056103794,2055605507,2055058971,2054166508,
2053321948,2052522719,2051766389,2051050654,2050373337,2049732374,2049125815,2048551813,
2048008620,2047494583,2047008137,2046275250,2045403994,2044579503,2043799267,2043060909,
2042362183,2041700960,2041075229,2040483084,2039922721,2039392437,2038890615,2038399712,
2037500918,2036650366,2035845467,2035083771,2034362959,2033680837,2033035327,2032424465,
2031846391,2031299344,2030781661,2030291764,2029613188,2028735751,2027905411,2027119639,
2026376044,2025672360,2025006447,2024376277,2023779930,2023215593,2022681546,2022176164,
2021697909,2020836119,2019979533,2019168924,2018401825,2017675899,2016988938,2016338849,
2015723653,2015141478,2014590551,2014069194,2013575822,2012951942,2012068281,2011232050,
2010440704,2009691833,2008983158,2008312521,2007677880,2007077303,2006508962,2005971127,
2005462159,2004980511,2004172118,2003309455,2002493096,2001720554,2000989479,2000297644,
1999642943,1999023383,1998437078,1997882242,1997357187,1996860315,1996291520,1995401590,
1994559427,1993762466,1993008283,1992294580,1991619185,1990980042,1990375204,1989802832,
1989261181,1988748603,1988263537,1987508920,1986640137,1985817986,1985039964,1984303703,
1983606960,1982947614,1982323659,1981733194,1981174423,1980645643,1980145245,1979631926,
1978735682,1977887545,1977084931,1976325397,1975606631,1974926445,1974282767,1973673639,
1973097205,1972551712,1972035498,1971546991,1970846531,1969971585,1969143602,1968360060,
1967618575,1966916889,1966252866,1965624484,1965029831,1964467095,1963934564,1963430617,
1962953719,1962070564,1961216410,1960408102,1959643180,1958919315,1958234303,1957586059,
1956972610,1956392087,1955842724,1955322848,1954830876,1954184956,1953303803,1952469946,
1951680846,1950934101,1950227437,1949558703,1948925864,1948326992,1947760264,1947223955,
1946716433,1946236151,1945406242,1944546028,1943731986,1942961637,1942232637,1941542766,
1940889923,1940272122,1939687480,1939134220,1938610655,1938115193,1937524202,1936636798,
1935797025,1935002327,1934250284,1933538607,1932865130,1932227800,1931624680,1931053932,
1930513818,1930002695,1929519007,1928742720,1927876404,1927056587,1926280773,1925546601,
1924851836,1924194362,1923572177,1922983389,1922426203,1921898925,1921399948,1920864274,
1919970575,1919124844,1918324509,1917567131,1916850405,1916172149,1915530299,1914922900,
1914348102,1913804157,1913289408,1912802288,1912080005,1911207543,1910381910,1909600592,
1908861212,1908161518,1907499380,1906872782,1906279816,1905718678,1905187658,1904685141,
1904205178,1903305139,1902453409,1901647395,1900884644,1900162834,1899479766,1898833363,
1898221654,1897642779,1897094976,1896576575,1896085999,1895418102,1894539451,1893707960,
1892921100,1892176475,1891471817,1890804981,1890173938,1889576765,1889011646,1888476860};
static const thumbnet_softmax_even_t softmax_even_constants =
{.table = softmax_even_table, .channels = 5, .factor = 256, .out_zero_point = -128};
static const thumbnet_source_t softmax_even_sources[1] =
{{.row_size = 15, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(softmax_even, 15, 1, 1, 3, 0)
static const golden_input_t softmax_even_inputs[1] = {{3, 5, 0}};

static const golden_case_t golden_conv_2d_s8[4] =
{GOLDEN_CASE(conv_2d_3x3, conv_2d_3x3, run_conv_2d_s8_3_3, 2, 75, 5, 0, 0),
GOLDEN_CASE(conv_2d_stride_2, conv_2d_stride_2, run_conv_2d_s8_3_3, 2, 36, 4, 0, 0),
GOLDEN_CASE(conv_2d_wide_stride, conv_2d_wide_stride, run_conv_2d_s8_2_4, 2, 36, 3, 0, 0),
GOLDEN_CASE(conv_2d_window_over_all, conv_2d_window_over_all, run_conv_2d_s8_5_5, 2, 36, 3, 0, 0)};

static const golden_case_t golden_conv_2d_1x1_s8[4] =
{GOLDEN_CASE(conv_2d_1x1, conv_2d_1x1, run_conv_2d_1x1_s8, 2, 63, 7, 0, 1),
GOLDEN_CASE(conv_2d_1x1_even, conv_2d_1x1_even, run_conv_2d_1x1_s8, 2, 32, 4, 0, 1),
GOLDEN_CASE(conv_2d_coarse, conv_2d_coarse, run_conv_2d_1x1_s8, 2, 45, 3, 0, 1),
GOLDEN_CASE(conv_2d_ties, conv_2d_ties, run_conv_2d_1x1_s8, 2, 60, 4, 0, 1)};

static const golden_case_t golden_fully_connected_s8[2] =
{GOLDEN_CASE(fully_connected, fully_connected, run_fully_connected_s8, 2, 6, 6, 0, 1),
GOLDEN_CASE(fully_connected_relu, fully_connected_relu, run_fully_connected_s8, 2, 3, 3, 0, 1)};

static const golden_case_t golden_depthwise_conv_2d_s8[7] =
{GOLDEN_CASE(depthwise_3x3, depthwise_3x3, run_depthwise_conv_2d_s8_3_3_1, 2, 75, 5, 0, 0),
GOLDEN_CASE(depthwise_whole_vectors, depthwise_whole_vectors, run_depthwise_conv_2d_s8_3_3_0, 2, 72, 8, 0, 0),
GOLDEN_CASE(depthwise_stride_2, depthwise_stride_2, run_depthwise_conv_2d_s8_3_3_0, 2, 27, 3, 0, 0),
GOLDEN_CASE(depthwise_5x5, depthwise_5x5, run_depthwise_conv_2d_s8_5_5_1, 2, 45, 3, 0, 0),
GOLDEN_CASE(depthwise_7x7, depthwise_7x7, run_depthwise_conv_2d_s8_7_7_1, 2, 54, 2, 0, 0),
GOLDEN_CASE(depthwise_padded, depthwise_padded, run_depthwise_conv_2d_s8_3_3_1, 2, 48, 3, 0, 0),
GOLDEN_CASE(depthwise_ties, depthwise_ties, run_depthwise_conv_2d_s8_3_3_1, 2, 132, 11, 0, 0)};

static const golden_case_t golden_depthwise_conv_2d_multiplier_s8[1] =
{GOLDEN_CASE(depthwise_multiplier, depthwise_multiplier, run_depthwise_conv_2d_multiplier_s8_3_3, 2, 120, 6, 0, 0)};

static const golden_case_t golden_inverted_bottleneck_s8[2] =
{GOLDEN_CASE(block_residual, block_residual, run_inverted_bottleneck_s8, 1, 24, 2, 60, 0),
GOLDEN_CASE(block_stride_2, block_stride_2, run_inverted_bottleneck_s8, 1, 18, 3, 58, 0)};

static const golden_case_t golden_add_s8[2] =
{GOLDEN_CASE(add, add, run_add_s8, 2, 40, 5, 0, 1),
GOLDEN_CASE(sub, sub, run_add_s8, 2, 40, 5, 0, 1)};

static const golden_case_t golden_add_broadcast_s8[3] =
{GOLDEN_CASE(add_channels, add_channels, run_add_broadcast_s8, 2, 40, 5, 0, 0),
GOLDEN_CASE(sub_columns, sub_columns, run_add_broadcast_s8, 2, 40, 5, 0, 0),
GOLDEN_CASE(add_constant, add_constant, run_add_broadcast_s8, 2, 40, 5, 0, 0)};

static const golden_case_t golden_mul_s8[1] = {GOLDEN_CASE(mul, mul, run_mul_s8, 2, 40, 5, 0, 1)};

static const golden_case_t golden_mul_broadcast_s8[2] =
{GOLDEN_CASE(mul_pixels, mul_pixels, run_mul_broadcast_s8, 2, 40, 5, 0, 1),
GOLDEN_CASE(mul_constant, mul_constant, run_mul_broadcast_s8, 2, 40, 5, 0, 1)};

static const golden_case_t golden_average_pool_2d_s8[2] =
{GOLDEN_CASE(average_pool_2x2, average_pool_2x2, run_average_pool_2d_s8_2_2, 2, 36, 9, 0, 0),
GOLDEN_CASE(average_pool_same, average_pool_same, run_average_pool_2d_s8_3_3, 2, 60, 3, 0, 0)};

static const golden_case_t golden_average_pool_2d_plane_s8[1] =
{GOLDEN_CASE(average_pool_plane, average_pool_plane, run_average_pool_2d_plane_s8, 2, 9, 3, 40, 0)};

static const golden_case_t golden_max_pool_2d_s8[2] =
{GOLDEN_CASE(max_pool_2x2, max_pool_2x2, run_max_pool_2d_s8_2_2, 2, 36, 9, 0, 0),
GOLDEN_CASE(max_pool_same, max_pool_same, run_max_pool_2d_s8_3_3, 2, 60, 3, 0, 0)};

static const golden_case_t golden_max_pool_2d_plane_s8[1] =
{GOLDEN_CASE(max_pool_plane, max_pool_plane, run_max_pool_2d_plane_s8, 2, 9, 3, 16, 0)};

static const golden_case_t golden_mean_row_s8[2] =
{GOLDEN_CASE(mean_channels, mean_channels, run_mean_row_s8, 2, 12, 1, 0, 0),
GOLDEN_CASE(mean_columns, mean_columns, run_mean_row_s8, 2, 12, 4, 0, 0)};

static const golden_case_t golden_mean_plane_s8[5] =
{GOLDEN_CASE(mean_plane, mean_plane, run_mean_plane_s8_0, 2, 5, 5, 24, 0),
GOLDEN_CASE(mean_plane_kept, mean_plane_kept, run_mean_plane_s8_0, 2, 19, 19, 80, 0),
GOLDEN_CASE(mean_rows, mean_rows, run_mean_plane_s8_0, 2, 12, 4, 52, 0),
GOLDEN_CASE(mean_all, mean_all, run_mean_plane_s8_1, 2, 1, 1, 8, 0),
GOLDEN_CASE(mean_rows_and_channels, mean_rows_and_channels, run_mean_plane_s8_1, 2, 4, 1, 20, 0)};

static const golden_case_t golden_softmax_s8[1] =
{GOLDEN_CASE(softmax, softmax, run_softmax_s8, 2, 63, 7, 0, 1)};

static const golden_case_t golden_lookup_u8[2] =
{GOLDEN_CASE(logistic, logistic, run_lookup_u8, 1, 256, 32, 0, 1),
GOLDEN_CASE(hard_swish, hard_swish, run_lookup_u8, 1, 256, 32, 0, 1)};

static const golden_case_t golden_concatenation_rows[1] =
{GOLDEN_CASE(concatenation_rows, concatenation_rows, run_concatenation_rows, 1, 72, 4, 0, 0)};

static const golden_case_t golden_concatenation_columns[1] =
{GOLDEN_CASE(concatenation_columns, concatenation_columns, run_concatenation_columns, 1, 84, 4, 0, 0)};

static const golden_case_t golden_concatenation_channels[1] =
{GOLDEN_CASE(concatenation_channels, concatenation_channels, run_concatenation_channels, 1, 84, 7, 0, 1)};

static const golden_case_t golden_pad_s8[2] =
{GOLDEN_CASE(pad, pad, run_pad_s8, 1, 120, 3, 0, 0),
GOLDEN_CASE(pad_channels, pad_channels, run_pad_s8, 1, 72, 8, 0, 0)};

static const golden_case_t golden_resize_nearest_neighbor[2] =
{GOLDEN_CASE(resize, resize, run_resize_nearest_neighbor, 1, 105, 3, 0, 0),
GOLDEN_CASE(resize_smaller, resize_smaller, run_resize_nearest_neighbor, 1, 24, 2, 0, 0)};

static const golden_case_t golden_transpose[2] =
{GOLDEN_CASE(transpose, transpose, run_transpose, 1, 48, 48, 0, 0),
GOLDEN_CASE(transpose_blocks, transpose_blocks, run_transpose, 1, 48, 48, 0, 0)};

static const golden_case_t golden_reshape[1] =
{GOLDEN_CASE(reshape, reshape, run_reshape, 1, 24, 1, 0, 1)};

static const golden_case_t golden_pick[2] =
{GOLDEN_CASE(pick_slice, pick_slice, run_pick, 1, 18, 2, 0, 0),
GOLDEN_CASE(pick_steps, pick_steps, run_pick, 1, 12, 2, 0, 0)};

static const golden_case_t golden_pick_columns[1] =
{GOLDEN_CASE(pick_mirror, pick_mirror, run_pick_columns, 1, 54, 3, 0, 0)};

static const golden_case_t golden_space_to_depth[1] =
{GOLDEN_CASE(space_to_depth, space_to_depth, run_space_to_depth, 1, 32, 8, 0, 0)};

static const golden_case_t golden_depth_to_space[1] =
{GOLDEN_CASE(depth_to_space, depth_to_space, run_depth_to_space, 1, 32, 16, 0, 0)};

static const golden_case_t golden_resize_bilinear_s8[2] =
{GOLDEN_CASE(bilinear, bilinear, run_resize_bilinear_s8, 1, 40, 2, 0, 0),
GOLDEN_CASE(bilinear_corners, bilinear_corners, run_resize_bilinear_s8, 1, 24, 1, 0, 0)};

static const golden_case_t golden_pad[1] =
{GOLDEN_CASE(pad_elements, pad_elements, run_pad, 1, 256, 16, 0, 0)};

static const golden_case_t golden_quantize_f32[2] =
{GOLDEN_CASE(quantize_int8, quantize_int8, run_quantize_f32, 3, 36, 6, 0, 1),
GOLDEN_CASE(quantize_uint8, quantize_uint8, run_quantize_f32, 3, 36, 6, 0, 1)};

static const golden_case_t golden_dequantize_f32[2] =
{GOLDEN_CASE(dequantize_int8, dequantize_int8, run_dequantize_f32_0, 1, 192, 32, 0, 1),
GOLDEN_CASE(dequantize_uint8, dequantize_uint8, run_dequantize_f32_1, 1, 192, 32, 0, 1)};

static const golden_case_t golden_lstm_s8[1] =
{GOLDEN_CASE(lstm, lstm, run_lstm_s8, 2, 6, 3, 0, 0)};

static const golden_case_t golden_svdf_s8[1] =
{GOLDEN_CASE(svdf, svdf, run_svdf_s8_1, 3, 3, 3, 0, 0)};

static const golden_case_t golden_softmax_s8_s16[1] =
{GOLDEN_CASE(softmax_to_int16, softmax_to_int16, run_softmax_s8_s16, 1, 20, 10, 0, 1)};

static const golden_case_t golden_binary_s8[2] =
{GOLDEN_CASE(maximum, maximum, run_binary_s8_0_0, 1, 12, 3, 0, 0),
GOLDEN_CASE(prelu, prelu, run_binary_s8_3_0, 1, 12, 3, 0, 1)};

static const golden_case_t golden_select_s8[1] =
{GOLDEN_CASE(select, select, run_select_s8, 1, 12, 3, 0, 1)};

static const golden_case_t golden_batch_matmul_s8[1] =
{GOLDEN_CASE(matmul, matmul, run_batch_matmul_s8_0_1_0, 1, 16, 4, 0, 0)};

static const golden_case_t golden_reduce_plane_s8[2] =
{GOLDEN_CASE(sum_plane, sum_plane, run_reduce_plane_s8_0_0, 1, 3, 3, 16, 0),
GOLDEN_CASE(arg_max_rows, arg_max_rows, run_reduce_plane_s8_3_0, 1, 48, 12, 52, 0)};

static const golden_case_t golden_reduce_row_s8[1] =
{GOLDEN_CASE(reduce_max_row, reduce_max_row, run_reduce_row_s8_1, 1, 12, 1, 0, 0)};

static const golden_case_t golden_l2_normalization_s8[1] =
{GOLDEN_CASE(l2_normalization, l2_normalization, run_l2_normalization_s8, 1, 8, 4, 0, 1)};

static const golden_case_t golden_log_softmax_s8[1] =
{GOLDEN_CASE(log_softmax, log_softmax, run_log_softmax_s8, 1, 10, 5, 0, 1)};

static const golden_case_t golden_cast[1] =
{GOLDEN_CASE(cast, cast, run_cast_0_3, 1, 32, 16, 0, 1)};

static const golden_case_t golden_dilated_conv_2d_s8[2] =
{GOLDEN_CASE(conv_2d_dilated, conv_2d_dilated, run_dilated_conv_2d_s8_1, 1, 60, 3, 33, 0),
GOLDEN_CASE(depthwise_dilated, depthwise_dilated, run_dilated_conv_2d_s8_1, 1, 80, 4, 42, 0)};

static const golden_case_t golden_conv_2d_general_s8[1] =
{GOLDEN_CASE(conv_2d_groups, conv_2d_groups, run_conv_2d_general_s8_0, 1, 54, 6, 144, 0)};

static const golden_case_t golden_wide_channels_s8[1] =
{GOLDEN_CASE(fully_connected_wide, fully_connected_wide, run_wide_channels_s8, 1, 15, 5, 16, 1)};

static const golden_case_t golden_add_even_s8[1] =
{GOLDEN_CASE(add_even, add_even, run_add_even_s8, 1, 18, 3, 0, 1)};

static const golden_case_t golden_add_even_broadcast_s8[1] =
{GOLDEN_CASE(add_even_channels, add_even_channels, run_add_even_broadcast_s8, 1, 18, 3, 0, 0)};

static const golden_case_t golden_mul_even_s8[1] =
{GOLDEN_CASE(mul_even, mul_even, run_mul_even_s8, 1, 18, 3, 0, 1)};

static const golden_case_t golden_mul_even_broadcast_s8[1] =
{GOLDEN_CASE(mul_even_pixels, mul_even_pixels, run_mul_even_broadcast_s8, 1, 18, 3, 0, 1)};

static const golden_case_t golden_softmax_even_s8[1] =
{GOLDEN_CASE(softmax_even, softmax_even, run_softmax_even_s8, 1, 15, 5, 0, 1)};

#endif
