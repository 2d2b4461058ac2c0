/* How thumbnet lowers the models of kernel_vectors.h, and its cases by kernel.
 *
 * Made by make_golden.py, do not edit: the models and their seeds are in kernel_cases.py and
 * networks.py. Outputs are those of TFLite's interpreter with its built-in kernels and no
 * delegates: ai-edge-litert 2.3.0, BUILTIN_WITHOUT_DEFAULT_DELEGATES (for the operators
 * quantize and dequantize BUILTIN_REF, see kernel_cases.py); of names with "even", onnxruntime's.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_KERNEL_CONSTANTS_MVE_H
#define GOLDEN_KERNEL_CONSTANTS_MVE_H

/* clang-format off */

#define THUMBNET_MAX_ROWS 5

#include "golden.h"
#include "kernel_vectors.h"

#include <thumbnet/kernels/conv_2d_mve.h>
#include <thumbnet/kernels/depthwise_conv_2d_mve.h>
#include <thumbnet/kernels/elementwise_mve.h>

#define GOLDEN_MOST_OUTPUT 132
#define GOLDEN_MOST_INPUT 132
#define GOLDEN_MOST_OVERLAP 88
#define GOLDEN_MOST_ROWS_SIZE 140 /* all that a run may read */
#define GOLDEN_MOST_INPUTS 2
#define GOLDEN_MOST_STATES 8
#define GOLDEN_MOST_SCRATCH 582

GOLDEN_KERNEL(run_conv_2d_mve_s8_3_3, thumbnet_conv_2d_mve_s8, constants, 3, 3)
GOLDEN_KERNEL(run_conv_2d_mve_s8_2_4, thumbnet_conv_2d_mve_s8, constants, 2, 4)
GOLDEN_KERNEL(run_conv_2d_1x1_mve_s8, thumbnet_conv_2d_1x1_mve_s8, constants)
GOLDEN_KERNEL(run_depthwise_conv_2d_mve_s8_3_3_1, thumbnet_depthwise_conv_2d_mve_s8, constants, 3, 3, 1)
GOLDEN_KERNEL(run_depthwise_conv_2d_mve_s8_3_3_2, thumbnet_depthwise_conv_2d_mve_s8, constants, 3, 3, 2)
GOLDEN_KERNEL(run_depthwise_conv_2d_mve_s8_5_5_2, thumbnet_depthwise_conv_2d_mve_s8, constants, 5, 5, 2)
GOLDEN_KERNEL(run_add_mve_s8_1_0, thumbnet_add_mve_s8, constants, 1, 0)
GOLDEN_KERNEL(run_add_mve_s8_1_1, thumbnet_add_mve_s8, constants, 1, 1)

static const int8_t conv_2d_3x3_weights[192] =
{13,16,-8,50,-9,32,1,8,-61,-29,-6,35,28,-10,-3,-95,15,-16,25,5,-27,-62,14,34,15,61,-16,23,37,57,
-4,13,-46,-57,-62,47,-29,-48,18,-20,5,50,-21,0,0,0,0,0,-58,39,59,-20,-59,-14,-32,-67,46,15,-20,0,
0,0,0,0,-19,-37,23,-18,33,1,-24,-9,21,37,51,-37,-51,-48,69,42,-13,-73,84,-39,-3,-38,42,14,-34,
-61,-73,-94,-34,52,-22,67,22,8,18,-63,-37,20,28,1,40,-33,61,0,0,0,0,0,23,-57,21,60,-1,-36,-78,-6,
9,93,-12,0,0,0,0,0,-46,13,-30,-44,13,7,-29,-1,49,-8,79,-21,18,5,19,-15,0,0,0,0,0,0,0,0,0,0,0,0,0,
0,0,0,-16,-10,22,-11,-70,-1,55,3,47,6,14,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0};
static const int32_t conv_2d_3x3_bias[5] = {-4731,-1449,27063,17332,11888};
static const int32_t conv_2d_3x3_mantissa[5] =
{1345095782,1182165531,1231476317,1223319918,1635821838};
static const int8_t conv_2d_3x3_shift[5] = {-8,-8,-8,-10,-11};
static const thumbnet_conv_2d_mve_t conv_2d_3x3_constants =
{.weights = conv_2d_3x3_weights, .bias = conv_2d_3x3_bias, .mantissa = conv_2d_3x3_mantissa,
.shift = conv_2d_3x3_shift, .in_channels = 3, .out_channels = 5, .in_width = 5,
.stride_width = 1, .pad_left = 1, .in_zero_point = -53, .out_zero_point = -97, .low = -128,
.high = 127, .together = 18};
static const thumbnet_source_t conv_2d_3x3_sources[1] =
{{.row_size = 15, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_3x3, 25, 3, 1, 5, 0)
static const golden_input_t conv_2d_3x3_inputs[1] = {{5, 3, 46}};

static const int8_t conv_2d_wide_stride_weights[64] =
{-40,-10,-2,-56,39,-36,-55,79,0,0,0,0,0,0,0,0,-18,-54,80,-86,61,5,7,-18,0,0,0,0,0,0,0,0,-22,-11,
58,-31,1,-22,9,-13,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0};
static const int32_t conv_2d_wide_stride_bias[3] = {3151,6741,-4427};
static const int32_t conv_2d_wide_stride_mantissa[3] = {1343080945,1343080945,1343080945};
static const int8_t conv_2d_wide_stride_shift[3] = {-6,-6,-6};
static const thumbnet_conv_2d_mve_t conv_2d_wide_stride_constants =
{.weights = conv_2d_wide_stride_weights, .bias = conv_2d_wide_stride_bias,
.mantissa = conv_2d_wide_stride_mantissa, .shift = conv_2d_wide_stride_shift, .in_channels = 1,
.out_channels = 3, .in_width = 8, .stride_width = 3, .out_zero_point = -78, .low = -128,
.high = 127, .together = 63};
static const thumbnet_source_t conv_2d_wide_stride_sources[1] =
{{.row_size = 8, .height = 7, .kernel_height = 2, .stride = 1, .kernel_width = 4,
.stride_width = 3}};
GOLDEN_LAYER(conv_2d_wide_stride, 6, 6, 1, 2, 0)
static const golden_input_t conv_2d_wide_stride_inputs[1] = {{8, 1, 0}};

static const int8_t conv_2d_1x1_weights[128] =
{-23,-44,-69,27,24,49,41,-72,-11,0,0,0,0,0,0,0,14,-84,-28,-9,-7,-40,40,-40,33,0,0,0,0,0,0,0,13,6,
-67,-72,42,-14,59,-54,8,0,0,0,0,0,0,0,-10,34,-40,-38,-29,-81,20,53,4,0,0,0,0,0,0,0,-17,-27,-40,
-7,92,-28,-26,-39,29,0,0,0,0,0,0,0,65,-58,-49,32,8,-56,29,-9,6,0,0,0,0,0,0,0,-7,35,-17,127,-11,
-24,98,51,-8,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0};
static const int32_t conv_2d_1x1_bias[7] = {-6558,-17932,-9276,-13550,-11453,819,32645};
static const int32_t conv_2d_1x1_mantissa[7] =
{1990417197,1749236810,1799390332,1768157069,1390259314,1378866247,1303050780};
static const int8_t conv_2d_1x1_shift[7] = {-7,-6,-6,-7,-6,-7,-7};
static const thumbnet_conv_2d_mve_t conv_2d_1x1_constants =
{.weights = conv_2d_1x1_weights, .bias = conv_2d_1x1_bias, .mantissa = conv_2d_1x1_mantissa,
.shift = conv_2d_1x1_shift, .in_channels = 9, .out_channels = 7, .in_width = 3,
.stride_width = 1, .in_zero_point = -128, .out_zero_point = 127, .low = -128, .high = 127};
static const thumbnet_source_t conv_2d_1x1_sources[1] =
{{.row_size = 27, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1, 21, 3, 1, 3, 0)
static const golden_input_t conv_2d_1x1_inputs[1] = {{3, 9, 0}};

static const int8_t conv_2d_1x1_quads_weights[96] =
{-24,12,-33,-28,51,76,29,12,0,0,0,0,0,0,0,0,-22,28,-42,17,-10,-18,3,-56,0,0,0,0,0,0,0,0,-82,9,64,
-4,-28,72,103,51,0,0,0,0,0,0,0,0,42,88,-15,-24,102,102,-1,22,0,0,0,0,0,0,0,0,-54,-26,-21,11,8,
-33,55,20,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0};
static const int32_t conv_2d_1x1_quads_bias[5] = {6525,12548,6130,15435,13034};
static const int32_t conv_2d_1x1_quads_mantissa[5] =
{1133657749,1811830467,1217376792,1269093167,1134300416};
static const int8_t conv_2d_1x1_quads_shift[5] = {-7,-7,-7,-7,-7};
static const thumbnet_conv_2d_mve_t conv_2d_1x1_quads_constants =
{.weights = conv_2d_1x1_quads_weights, .bias = conv_2d_1x1_quads_bias,
.mantissa = conv_2d_1x1_quads_mantissa, .shift = conv_2d_1x1_quads_shift, .in_channels = 8,
.out_channels = 5, .in_width = 7, .stride_width = 1, .in_zero_point = -5, .out_zero_point = -60,
.low = -60, .high = 40};
static const thumbnet_source_t conv_2d_1x1_quads_sources[1] =
{{.row_size = 56, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1_quads, 35, 1, 1, 7, 0)
static const golden_input_t conv_2d_1x1_quads_inputs[1] = {{7, 8, 0}};

static const int8_t conv_2d_ties_weights[64] =
{1,-9,5,0,0,0,0,0,0,0,0,0,0,0,0,0,2,-3,-2,0,0,0,0,0,0,0,0,0,0,0,0,0,-8,-7,1,0,0,0,0,0,0,0,0,0,0,
0,0,0,-5,-9,-6,0,0,0,0,0,0,0,0,0,0,0,0,0};
static const int32_t conv_2d_ties_bias[4] = {-48,-73,-47,-133};
static const int32_t conv_2d_ties_mantissa[4] = {1073741824,1073741824,1073741824,1073741824};
static const int8_t conv_2d_ties_shift[4] = {-4,-2,-3,-4};
static const thumbnet_conv_2d_mve_t conv_2d_ties_constants =
{.weights = conv_2d_ties_weights, .bias = conv_2d_ties_bias, .mantissa = conv_2d_ties_mantissa,
.shift = conv_2d_ties_shift, .in_channels = 3, .out_channels = 4, .in_width = 5,
.stride_width = 1, .in_zero_point = -9, .low = -128, .high = 127};
static const thumbnet_source_t conv_2d_ties_sources[1] =
{{.row_size = 15, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_ties, 20, 3, 1, 5, 0)
static const golden_input_t conv_2d_ties_inputs[1] = {{5, 3, 15}};

static const int8_t fully_connected_relu_weights[64] =
{-32,-107,4,-55,6,-72,-91,-45,8,0,0,0,0,0,0,0,-24,-14,-61,38,92,53,-26,-38,2,0,0,0,0,0,0,0,12,41,
-92,8,-24,-79,-14,-27,-35,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0};
static const int32_t fully_connected_relu_bias[3] = {39146,-2536,27257};
static const int32_t fully_connected_relu_mantissa[3] = {1102366729,1595129606,1294412710};
static const int8_t fully_connected_relu_shift[3] = {-7,-5,-6};
static const thumbnet_conv_2d_mve_t fully_connected_relu_constants =
{.weights = fully_connected_relu_weights, .bias = fully_connected_relu_bias,
.mantissa = fully_connected_relu_mantissa, .shift = fully_connected_relu_shift, .in_channels = 9,
.out_channels = 3, .in_width = 1, .stride_width = 1, .in_zero_point = 127,
.out_zero_point = -128, .low = -128, .high = 127};
static const thumbnet_source_t fully_connected_relu_sources[1] =
{{.row_size = 9, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_relu, 3, 1, 1, 1, 0)
static const golden_input_t fully_connected_relu_inputs[1] = {{1, 9, 0}};

static const int8_t depthwise_ties_weights[176] =
{9,-2,-3,-8,0,-9,2,4,-2,0,0,0,0,0,0,0,6,4,-9,4,0,2,-9,9,3,0,0,0,0,0,0,0,0,-5,-6,3,3,5,-5,-3,-9,0,
0,0,0,0,0,0,0,3,-9,-1,-4,-1,9,-1,8,0,0,0,0,0,0,0,7,-9,7,8,1,-3,0,-8,-1,0,0,0,0,0,0,0,-5,1,-3,-7,
-3,6,0,0,1,0,0,0,0,0,0,0,-9,-6,2,-3,9,-1,7,6,-5,0,0,0,0,0,0,0,-2,-1,-7,4,6,0,-6,7,-1,0,0,0,0,0,0,
0,2,-2,1,-5,-5,-1,9,-3,5,0,0,0,0,0,0,0,5,6,4,-6,-6,8,6,4,-9,0,0,0,0,0,0,0,8,-6,-7,-7,1,2,-7,-8,6,
0,0,0,0,0,0,0};
static const int32_t depthwise_ties_bias[11] = {-74,-2,-112,51,-38,0,-41,84,-85,-65,46};
static const int32_t depthwise_ties_mantissa[11] =
{1073741824,1073741824,1073741824,1073741824,1073741824,1073741824,1073741824,1073741824,
1073741824,1073741824,1073741824};
static const int8_t depthwise_ties_shift[11] = {-4,-3,-5,0,-4,-5,-4,-5,-4,-1,-5};
static const thumbnet_depthwise_conv_2d_mve_t depthwise_ties_constants =
{.weights = depthwise_ties_weights, .bias = depthwise_ties_bias,
.mantissa = depthwise_ties_mantissa, .shift = depthwise_ties_shift, .channels = 11,
.in_width = 4, .ties_up = 8, .stride_width = 1, .pad_left = 1, .in_zero_point = -2, .low = -128,
.high = 127, .together = 4};
static const thumbnet_source_t depthwise_ties_sources[1] =
{{.row_size = 44, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_ties, 44, 3, 1, 4, 0)
static const golden_input_t depthwise_ties_inputs[1] = {{4, 11, 88}};

static const int8_t depthwise_padded_weights[48] =
{0,-5,-16,7,-11,31,29,24,-27,0,0,0,0,0,0,0,-44,-78,-63,-23,-4,-7,61,47,6,0,0,0,0,0,0,0,12,-39,91,
42,-58,-3,49,23,-15,0,0,0,0,0,0,0};
static const int32_t depthwise_padded_bias[3] = {10760,-3472,13737};
static const int32_t depthwise_padded_mantissa[3] = {1374389504,1374389504,2061584256};
static const int8_t depthwise_padded_shift[3] = {-8,-7,-8};
static const thumbnet_depthwise_conv_2d_mve_t depthwise_padded_constants =
{.weights = depthwise_padded_weights, .bias = depthwise_padded_bias,
.mantissa = depthwise_padded_mantissa, .shift = depthwise_padded_shift, .channels = 3,
.in_width = 4, .stride_width = 2, .in_zero_point = -100, .out_zero_point = 20, .low = -128,
.high = 127, .together = 4};
static const thumbnet_source_t depthwise_padded_sources[1] =
{{.row_size = 12, .height = 4, .kernel_height = 3, .stride = 2, .pad = 4, .kernel_width = 3,
.stride_width = 2}};
GOLDEN_LAYER(depthwise_padded, 12, 4, 1, 4, 0)
static const golden_input_t depthwise_padded_inputs[1] = {{4, 3, 36}};

static const int8_t depthwise_strided_5x5_weights[128] =
{1,-41,-48,-43,-12,29,11,-3,-19,-52,15,-21,36,11,24,38,13,-45,15,-29,58,59,33,14,-54,0,0,0,0,0,0,
0,-45,75,-42,12,-7,36,21,7,-7,80,-115,-4,54,28,-3,-10,31,18,28,-41,-8,-6,-45,17,44,0,0,0,0,0,0,0,
43,0,-9,13,-24,-36,25,-32,-30,-16,-58,-84,-16,-16,127,-3,46,-57,19,33,40,55,74,-11,-97,0,0,0,0,0,
0,0,18,-30,52,1,15,-43,23,7,125,-29,-17,-62,44,-47,51,7,28,53,-11,20,-38,-41,40,-8,7,0,0,0,0,0,0,
0};
static const int32_t depthwise_strided_5x5_bias[4] = {-6037,-1956,5488,9254};
static const int32_t depthwise_strided_5x5_mantissa[4] =
{1876680647,1634681988,1814736610,1347945504};
static const int8_t depthwise_strided_5x5_shift[4] = {-11,-8,-9,-9};
static const thumbnet_depthwise_conv_2d_mve_t depthwise_strided_5x5_constants =
{.weights = depthwise_strided_5x5_weights, .bias = depthwise_strided_5x5_bias,
.mantissa = depthwise_strided_5x5_mantissa, .shift = depthwise_strided_5x5_shift, .channels = 4,
.in_width = 7, .ties_up = 4, .stride_width = 2, .pad_left = 2, .out_zero_point = -128,
.low = -128, .high = 127, .together = 4};
static const thumbnet_source_t depthwise_strided_5x5_sources[1] =
{{.row_size = 28, .height = 4, .kernel_height = 5, .stride = 2, .pad = 1, .kernel_width = 5,
.stride_width = 2, .pad_left = 2}};
GOLDEN_LAYER(depthwise_strided_5x5, 16, 2, 1, 4, 0)
static const golden_input_t depthwise_strided_5x5_inputs[1] = {{7, 4, 16}};

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

static const golden_case_t golden_conv_2d_mve_s8[2] =
{GOLDEN_CASE(conv_2d_3x3, conv_2d_3x3, run_conv_2d_mve_s8_3_3, 2, 75, 5, 582, 0),
GOLDEN_CASE(conv_2d_wide_stride, conv_2d_wide_stride, run_conv_2d_mve_s8_2_4, 2, 36, 3, 552, 0)};

static const golden_case_t golden_conv_2d_1x1_mve_s8[4] =
{GOLDEN_CASE(conv_2d_1x1, conv_2d_1x1, run_conv_2d_1x1_mve_s8, 2, 63, 7, 96, 1),
GOLDEN_CASE(conv_2d_1x1_quads, conv_2d_1x1_quads, run_conv_2d_1x1_mve_s8, 1, 35, 5, 96, 1),
GOLDEN_CASE(conv_2d_ties, conv_2d_ties, run_conv_2d_1x1_mve_s8, 2, 60, 4, 48, 1),
GOLDEN_CASE(fully_connected_relu, fully_connected_relu, run_conv_2d_1x1_mve_s8, 2, 3, 3, 16, 1)};

static const golden_case_t golden_depthwise_conv_2d_mve_s8[3] =
{GOLDEN_CASE(depthwise_ties, depthwise_ties, run_depthwise_conv_2d_mve_s8_3_3_1, 2, 132, 11, 160, 0),
GOLDEN_CASE(depthwise_padded, depthwise_padded, run_depthwise_conv_2d_mve_s8_3_3_2, 2, 48, 3, 232, 0),
GOLDEN_CASE(depthwise_strided_5x5, depthwise_strided_5x5, run_depthwise_conv_2d_mve_s8_5_5_2, 1, 32, 4, 456, 0)};

static const golden_case_t golden_add_mve_s8[2] =
{GOLDEN_CASE(add, add, run_add_mve_s8_1_0, 2, 40, 5, 0, 1),
GOLDEN_CASE(sub, sub, run_add_mve_s8_1_1, 2, 40, 5, 0, 1)};

#endif
