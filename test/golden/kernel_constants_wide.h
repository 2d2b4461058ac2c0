/* How thumbnet lowers the models of kernel_vectors.h, and its cases by kernel.
 *
 * Made by make_golden.py, do not edit: the models and their seeds are in kernel_cases.py and
 * networks.py. Outputs are those of TFLite's interpreter with its built-in kernels and no
 * delegates: ai-edge-litert 2.3.0, BUILTIN_WITHOUT_DEFAULT_DELEGATES (for the operators
 * quantize and dequantize BUILTIN_REF, see kernel_cases.py); of names with "even", onnxruntime's.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_KERNEL_CONSTANTS_WIDE_H
#define GOLDEN_KERNEL_CONSTANTS_WIDE_H

/* clang-format off */

#define THUMBNET_MAX_ROWS 3

#include "golden.h"
#include "kernel_vectors.h"

#include <thumbnet/kernels/conv_2d_s16.h>
#include <thumbnet/kernels/depthwise_conv_2d_s16.h>
#include <thumbnet/kernels/elementwise_s16.h>
#include <thumbnet/kernels/functions_s16.h>
#include <thumbnet/kernels/mean_s16.h>
#include <thumbnet/kernels/pool_s16.h>
#include <thumbnet/kernels/requantize.h>
#include <thumbnet/kernels/softmax_s16.h>
#include <thumbnet/kernels/transpose_conv.h>

#define GOLDEN_MOST_OUTPUT 144
#define GOLDEN_MOST_INPUT 96
#define GOLDEN_MOST_OVERLAP 56
#define GOLDEN_MOST_ROWS_SIZE 90 /* all that a run may read */
#define GOLDEN_MOST_INPUTS 2
#define GOLDEN_MOST_STATES 8
#define GOLDEN_MOST_SCRATCH 108

GOLDEN_KERNEL(run_conv_2d_s16_0_0, thumbnet_conv_2d_s16, constants, 0, 0)
GOLDEN_KERNEL(run_conv_2d_s16_0_1, thumbnet_conv_2d_s16, constants, 0, 1)
GOLDEN_KERNEL(run_conv_2d_1x1_s16_0_0, thumbnet_conv_2d_1x1_s16, constants, 0, 0)
GOLDEN_KERNEL(run_conv_2d_1x1_s16_1_0, thumbnet_conv_2d_1x1_s16, constants, 1, 0)
GOLDEN_KERNEL(run_fully_connected_s16_0_2, thumbnet_fully_connected_s16, constants, 0, 2)
GOLDEN_KERNEL(run_fully_connected_s16_0_1, thumbnet_fully_connected_s16, constants, 0, 1)
GOLDEN_KERNEL(run_depthwise_conv_2d_s16_0_0, thumbnet_depthwise_conv_2d_s16, constants, 0, 0)
GOLDEN_KERNEL(run_transpose_conv_1_0_0_3, thumbnet_transpose_conv, constants, 1, 0, 0, 3)
GOLDEN_KERNEL(run_transpose_conv_1_1_0_3, thumbnet_transpose_conv, constants, 1, 1, 0, 3)
GOLDEN_KERNEL(run_transpose_conv_2_0_0_0, thumbnet_transpose_conv, constants, 2, 0, 0, 0)
GOLDEN_KERNEL(run_binary_s16_0_1, thumbnet_binary_s16, constants, 0, 1)
GOLDEN_KERNEL(run_binary_s16_1_0, thumbnet_binary_s16, constants, 1, 0)
GOLDEN_KERNEL(run_binary_s16_3_0, thumbnet_binary_s16, constants, 3, 0)
GOLDEN_KERNEL(run_requantize_wide_2_2, thumbnet_requantize_wide, constants, 2, 2)
GOLDEN_KERNEL(run_requantize_wide_2_1, thumbnet_requantize_wide, constants, 2, 1)
GOLDEN_KERNEL(run_requantize_wide_2_4, thumbnet_requantize_wide, constants, 2, 4)
GOLDEN_KERNEL(run_requantize_wide_1_2, thumbnet_requantize_wide, constants, 1, 2)
GOLDEN_KERNEL(run_leaky_relu_s16, thumbnet_leaky_relu_s16, constants)
GOLDEN_KERNEL(run_sigmoid_s16_0, thumbnet_sigmoid_s16, constants, 0)
GOLDEN_KERNEL(run_sigmoid_s16_1, thumbnet_sigmoid_s16, constants, 1)
GOLDEN_KERNEL(run_quantize_f32_s16, thumbnet_quantize_f32_s16, constants)
GOLDEN_KERNEL(run_dequantize_s16_f32, thumbnet_dequantize_s16_f32, constants)
GOLDEN_KERNEL(run_softmax_s16, thumbnet_softmax_s16, constants)
GOLDEN_KERNEL(run_pool_2d_s16_1, thumbnet_pool_2d_s16, constants, 1)
GOLDEN_KERNEL(run_pool_2d_s16_0, thumbnet_pool_2d_s16, constants, 0)
GOLDEN_KERNEL(run_mean_plane_s16_0, thumbnet_mean_plane_s16, constants, 0)
GOLDEN_KERNEL(run_mean_row_s16, thumbnet_mean_row_s16, constants)

static const int8_t conv_2d_int16_weights[81] =
{-25,6,86,-19,3,-90,-20,11,-36,5,-39,35,-57,22,60,46,13,1,-57,-38,-23,-38,-56,121,63,91,27,-119,
-17,-60,-6,24,8,-49,3,-78,9,26,42,46,-19,-15,3,-55,63,-46,5,3,-35,26,38,-23,11,-13,5,-45,-4,-71,
-39,9,5,-65,49,78,-32,-13,-50,123,-9,-23,10,31,-65,68,-20,-16,-4,-26,38,2,38};
static const int32_t conv_2d_int16_bias[3] = {4873708,10471540,1197657};
static const int32_t conv_2d_int16_multiplier[3] = {2088108032,1654194176,1613168640};
static const int8_t conv_2d_int16_shift[3] = {25,24,25};
static const thumbnet_conv_2d_s16_t conv_2d_int16_constants =
{.dense.weights = conv_2d_int16_weights, .dense.bias = conv_2d_int16_bias,
.dense.multiplier = conv_2d_int16_multiplier, .dense.shift = conv_2d_int16_shift,
.dense.ties_up = 3, .dense.taps = 27, .dense.out_channels = 3, .dense.low = -32768,
.dense.high = 32767, .in_channels = 3, .in_width = 4, .kernel_height = 3, .kernel_width = 3,
.stride_width = 1, .pad_left = 1};
static const thumbnet_source_t conv_2d_int16_sources[1] =
{{.row_size = 24, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_int16, 24, 3, 1, 4, 0)
static const golden_input_t conv_2d_int16_inputs[1] = {{4, 6, 36}};

static const int8_t conv_2d_int16_strided_weights[36] =
{-12,19,5,30,33,3,45,-35,-28,19,-38,-29,74,-20,-62,-2,74,85,27,-26,-57,17,-2,-40,-25,24,6,6,-11,
8,2,-4,-16,27,38,-41};
static const int32_t conv_2d_int16_strided_bias[2] = {2307373,3122764};
static const int32_t conv_2d_int16_strided_multiplier[2] = {2028386503,1952596246};
static const int8_t conv_2d_int16_strided_shift[2] = {-11,-9};
static const thumbnet_conv_2d_s16_t conv_2d_int16_strided_constants =
{.dense.weights = conv_2d_int16_strided_weights, .dense.bias = conv_2d_int16_strided_bias,
.dense.multiplier = conv_2d_int16_strided_multiplier, .dense.shift = conv_2d_int16_strided_shift,
.dense.ties_up = 2, .dense.taps = 18, .dense.out_channels = 2, .dense.low = -32768,
.dense.high = 32767, .in_channels = 2, .in_width = 5, .kernel_height = 3, .kernel_width = 3,
.stride_width = 2, .pad_left = 1};
static const thumbnet_source_t conv_2d_int16_strided_sources[1] =
{{.row_size = 20, .height = 4, .kernel_height = 3, .stride = 2, .kernel_width = 3,
.stride_width = 2, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_int16_strided, 12, 2, 1, 3, 0)
static const golden_input_t conv_2d_int16_strided_inputs[1] = {{5, 4, 4}};

static const int8_t conv_2d_int16_1x1_weights[27] =
{-9,-41,-8,-4,53,127,32,22,65,-8,-6,-9,-2,12,13,-9,29,-53,-85,-41,-86,-70,-27,56,-74,108,-33};
static const int32_t conv_2d_int16_1x1_bias[3] = {72218,3247009,4147955};
static const int32_t conv_2d_int16_1x1_multiplier[3] = {1990852608,2004025344,1588068352};
static const int8_t conv_2d_int16_1x1_shift[3] = {24,26,23};
static const thumbnet_conv_2d_s16_t conv_2d_int16_1x1_constants =
{.dense.weights = conv_2d_int16_1x1_weights, .dense.bias = conv_2d_int16_1x1_bias,
.dense.multiplier = conv_2d_int16_1x1_multiplier, .dense.shift = conv_2d_int16_1x1_shift,
.dense.ties_up = 3, .dense.taps = 9, .dense.out_channels = 3, .dense.high = 32767,
.in_channels = 9, .in_width = 5, .kernel_height = 1, .kernel_width = 1, .stride_width = 1};
static const thumbnet_source_t conv_2d_int16_1x1_sources[1] =
{{.row_size = 90, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_int16_1x1, 30, 1, 1, 5, 0)
static const golden_input_t conv_2d_int16_1x1_inputs[1] = {{5, 18, 12}};

static const int8_t conv_2d_int16_wide_weights[12] =
{-2,-100,107,-20,-5,84,60,-28,-103,-91,52,118};
static const int64_t conv_2d_int16_wide_bias[2] = {6163817614,-231147805};
static const int32_t conv_2d_int16_wide_multiplier[2] = {1407385600,1407385600};
static const int8_t conv_2d_int16_wide_shift[2] = {32,32};
static const thumbnet_conv_2d_s16_t conv_2d_int16_wide_constants =
{.dense.weights = conv_2d_int16_wide_weights, .dense.bias = conv_2d_int16_wide_bias,
.dense.multiplier = conv_2d_int16_wide_multiplier, .dense.shift = conv_2d_int16_wide_shift,
.dense.ties_up = 2, .dense.taps = 6, .dense.out_channels = 2, .dense.low = -32768,
.dense.high = 32767, .in_channels = 6, .in_width = 2, .kernel_height = 1, .kernel_width = 1,
.stride_width = 1};
static const thumbnet_source_t conv_2d_int16_wide_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_int16_wide, 8, 2, 1, 2, 0)
static const golden_input_t conv_2d_int16_wide_inputs[1] = {{2, 12, 8}};

static const int8_t fully_connected_int16_weights[91] =
{-32,76,23,32,-17,12,69,-10,-76,6,106,-5,55,-17,17,17,19,-24,3,-8,-41,-40,-10,31,-7,40,-57,46,
-19,67,1,120,10,15,15,-39,-44,-2,72,-61,89,19,-8,91,0,49,-3,-58,-3,-22,21,-4,13,32,63,-36,-32,18,
-32,46,79,-17,45,20,-1,7,11,60,-12,16,-70,-3,-5,14,-12,30,-17,58,62,-32,5,-24,-6,95,18,-7,-29,-8,
-10,-3,16};
static const int32_t fully_connected_int16_bias[7] =
{1874437,4842040,-966482,3003115,-8084564,-633752,1826350};
static const int32_t fully_connected_int16_multiplier[7] =
{70158284,106091729,94867057,94991411,122353179,70455563,96420406};
static const int32_t fully_connected_int16_fine[7] =
{51763004,33000317,7417739,21249981,49976527,33945518,61886028};
static const int8_t fully_connected_int16_shift[7] = {36,35,36,35,36,36,36};
static const thumbnet_conv_2d_s16_t fully_connected_int16_constants =
{.dense.weights = fully_connected_int16_weights, .dense.bias = fully_connected_int16_bias,
.dense.multiplier = fully_connected_int16_multiplier, .dense.fine = fully_connected_int16_fine,
.dense.shift = fully_connected_int16_shift, .dense.ties_up = 7, .dense.taps = 13,
.dense.out_channels = 7, .dense.low = -32768, .dense.high = 32767, .in_channels = 13,
.in_width = 1, .kernel_height = 1, .kernel_width = 1, .stride_width = 1};
static const thumbnet_source_t fully_connected_int16_sources[1] =
{{.row_size = 26, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_int16, 14, 1, 1, 1, 0)
static const golden_input_t fully_connected_int16_inputs[1] = {{1, 26, 14}};

static const int8_t fully_connected_int16_short_weights[60] =
{12,-24,3,12,36,102,-5,4,-35,36,-66,-29,-30,83,-19,54,-22,-49,11,16,-71,-25,-68,-3,7,88,-48,-49,
9,-55,92,2,10,7,-76,4,68,-21,-82,28,-2,113,60,37,-5,19,-55,-25,28,14,-70,48,-53,-65,-8,-54,-49,
-3,-7,-68};
static const int32_t fully_connected_int16_short_bias[6] =
{-1328615,-2929832,-141253,-1855894,-2239534,333513};
static const int32_t fully_connected_int16_short_multiplier[6] =
{1660205663,1450909757,1961795654,1267078764,1358901806,1279365751};
static const int8_t fully_connected_int16_short_shift[6] = {-10,-9,-8,-10,-9,-9};
static const thumbnet_conv_2d_s16_t fully_connected_int16_short_constants =
{.dense.weights = fully_connected_int16_short_weights,
.dense.bias = fully_connected_int16_short_bias,
.dense.multiplier = fully_connected_int16_short_multiplier,
.dense.shift = fully_connected_int16_short_shift, .dense.ties_up = 6, .dense.taps = 10,
.dense.out_channels = 6, .dense.low = -32768, .dense.high = 32767, .in_channels = 10,
.in_width = 1, .kernel_height = 1, .kernel_width = 1, .stride_width = 1};
static const thumbnet_source_t fully_connected_int16_short_sources[1] =
{{.row_size = 20, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_int16_short, 12, 1, 1, 1, 0)
static const golden_input_t fully_connected_int16_short_inputs[1] = {{1, 20, 12}};

static const int8_t depthwise_int16_weights[27] =
{42,32,9,-40,54,-10,22,21,1,82,-55,44,25,44,17,3,36,-59,-50,53,27,94,-7,10,43,21,-90};
static const int32_t depthwise_int16_bias[3] = {2396306,418606,-724430};
static const int32_t depthwise_int16_multiplier[3] = {1271070720,2107899904,1217593344};
static const int8_t depthwise_int16_shift[3] = {22,23,21};
static const thumbnet_depthwise_conv_2d_s16_t depthwise_int16_constants =
{.dense.weights = depthwise_int16_weights, .dense.bias = depthwise_int16_bias,
.dense.multiplier = depthwise_int16_multiplier, .dense.shift = depthwise_int16_shift,
.dense.ties_up = 3, .dense.taps = 9, .dense.out_channels = 3, .dense.low = -32768,
.dense.high = 32767, .in_channels = 3, .in_width = 4, .multiplier = 1, .kernel_height = 3,
.kernel_width = 3, .stride_width = 1, .pad_left = 1};
static const thumbnet_source_t depthwise_int16_sources[1] =
{{.row_size = 24, .height = 4, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_int16, 24, 4, 1, 4, 0)
static const golden_input_t depthwise_int16_inputs[1] = {{4, 6, 36}};

static const int8_t depthwise_int16_multiplier_weights[36] =
{-55,-21,-49,-55,-33,79,12,47,-3,34,36,83,35,11,-51,55,-69,4,12,-46,98,46,-17,-111,-15,-105,5,
-50,-28,-25,53,-27,3,-23,18,-27};
static const int32_t depthwise_int16_multiplier_bias[4] = {3427937,-2333479,3118820,-2233072};
static const int32_t depthwise_int16_multiplier_multiplier[4] =
{1827799040,1275985920,1129512960,1880883200};
static const int8_t depthwise_int16_multiplier_shift[4] = {23,23,22,24};
static const thumbnet_depthwise_conv_2d_s16_t depthwise_int16_multiplier_constants =
{.dense.weights = depthwise_int16_multiplier_weights,
.dense.bias = depthwise_int16_multiplier_bias,
.dense.multiplier = depthwise_int16_multiplier_multiplier,
.dense.shift = depthwise_int16_multiplier_shift, .dense.ties_up = 4, .dense.taps = 9,
.dense.out_channels = 4, .dense.low = -32768, .dense.high = 32767, .in_channels = 2,
.in_width = 5, .multiplier = 2, .kernel_height = 3, .kernel_width = 3, .stride_width = 2,
.pad_left = 1};
static const thumbnet_source_t depthwise_int16_multiplier_sources[1] =
{{.row_size = 20, .height = 3, .kernel_height = 3, .stride = 2, .pad = 1, .kernel_width = 3,
.stride_width = 2, .pad_left = 1}};
GOLDEN_LAYER(depthwise_int16_multiplier, 24, 2, 1, 3, 0)
static const golden_input_t depthwise_int16_multiplier_inputs[1] = {{5, 4, 16}};

static const int8_t transpose_conv_int8_weights[162] =
{6,60,-18,-17,-11,71,-31,22,45,-45,79,22,-7,24,89,33,8,-48,16,-13,-3,12,-47,12,-15,-42,23,-85,12,
-48,-104,-9,-65,33,-17,55,-17,-43,96,47,-7,57,-61,43,54,-5,-47,55,18,41,-22,-5,-45,-9,-30,-9,-27,
-54,12,-35,12,-21,57,8,-88,15,35,86,-48,-6,-36,31,-21,87,-55,16,48,-17,-2,78,-64,-38,50,0,-38,28,
77,-11,55,105,-16,-94,-21,67,24,0,-91,-111,-81,17,52,-84,-42,-109,-77,35,13,-63,29,-4,81,-20,-12,
-22,-19,72,16,-46,-52,-75,102,-85,1,0,25,-17,-19,21,-23,-109,32,5,46,-99,36,52,-28,-54,57,67,9,
-24,21,-2,-9,-6,-5,117,-81,-38,-63,102,66,11,-3,8,63,-7,-5,76,64,16};
static const int32_t transpose_conv_int8_bias[9] =
{4,-5064,14057,6764,-4451,42792,-5242,-531,5690};
static const int32_t transpose_conv_int8_multiplier[9] =
{1362363845,1790404555,1539955108,1698741913,1969088521,1907030107,1491190662,1151471857,
1574329160};
static const int8_t transpose_conv_int8_shift[9] = {-8,-9,-7,-9,-7,-7,-7,-6,-9};
static const int32_t transpose_conv_int8_phases[4] = {0,54,108,135};
static const thumbnet_transpose_conv_t transpose_conv_int8_constants =
{.dense.weights = transpose_conv_int8_weights, .dense.bias = transpose_conv_int8_bias,
.dense.multiplier = transpose_conv_int8_multiplier, .dense.shift = transpose_conv_int8_shift,
.dense.ties_up = 8, .dense.taps = 6, .dense.out_channels = 9, .dense.out_zero_point = -62,
.dense.low = -128, .dense.high = 127, .phases = transpose_conv_int8_phases, .in_channels = 3,
.in_height = 2, .in_width = 2, .out_width = 4, .first = -1, .in_zero_point = 127,
.kernel_height = 3, .kernel_width = 2, .stride_height = 2, .stride_width = 2};
static const thumbnet_source_t transpose_conv_int8_sources[1] =
{{.row_size = 6, .height = 2, .kernel_height = 2, .stride = 1, .pad = 1, .kernel_width = 2}};
GOLDEN_LAYER(transpose_conv_int8, 72, 2, 1, 8, 0)
static const golden_input_t transpose_conv_int8_inputs[1] = {{2, 3, -1}};

static const int8_t transpose_conv_int8_whole_weights[36] =
{5,-31,9,18,-12,44,-31,-72,-83,45,0,12,81,-84,13,1,30,-51,29,-71,2,-8,-34,117,32,4,41,-10,-94,
-21,-88,-35,-57,-69,49,-17};
static const int32_t transpose_conv_int8_whole_bias[2] = {-8708,-13804};
static const int32_t transpose_conv_int8_whole_multiplier[2] = {1804139756,1719613012};
static const int8_t transpose_conv_int8_whole_shift[2] = {-8,-10};
static const int32_t transpose_conv_int8_whole_phases[4] = {0,16,24,32};
static const thumbnet_transpose_conv_t transpose_conv_int8_whole_constants =
{.dense.weights = transpose_conv_int8_whole_weights,
.dense.bias = transpose_conv_int8_whole_bias,
.dense.multiplier = transpose_conv_int8_whole_multiplier,
.dense.shift = transpose_conv_int8_whole_shift, .dense.taps = 8, .dense.out_channels = 2,
.dense.out_zero_point = 127, .dense.low = -128, .dense.high = 127,
.phases = transpose_conv_int8_whole_phases, .in_channels = 2, .in_height = 2, .in_width = 2,
.out_width = 5, .in_zero_point = 28, .kernel_height = 3, .kernel_width = 3, .stride_height = 2,
.stride_width = 2};
static const thumbnet_source_t transpose_conv_int8_whole_sources[1] =
{{.row_size = 8, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 4}};
GOLDEN_LAYER(transpose_conv_int8_whole, 50, 1, 1, 25, 0)
static const golden_input_t transpose_conv_int8_whole_inputs[1] = {{4, 2, -1}};

static const int8_t transpose_conv_int16_weights[64] =
{5,-40,-26,1,7,16,5,75,-76,5,18,105,-65,-11,27,23,27,-38,16,-38,-12,16,2,-17,22,58,-46,18,-3,69,
-50,1,-24,-13,-6,-19,33,33,-36,-26,17,20,64,-108,-57,-20,-32,30,16,-8,16,-41,-16,-19,-15,22,-121,
-21,21,-29,43,-11,-53,-24};
static const int32_t transpose_conv_int16_bias[2] = {-5844394,5463904};
static const int32_t transpose_conv_int16_multiplier[2] = {1945632768,1231093760};
static const int8_t transpose_conv_int16_shift[2] = {25,24};
static const int32_t transpose_conv_int16_phases[2] = {0,32};
static const thumbnet_transpose_conv_t transpose_conv_int16_constants =
{.dense.weights = transpose_conv_int16_weights, .dense.bias = transpose_conv_int16_bias,
.dense.multiplier = transpose_conv_int16_multiplier, .dense.shift = transpose_conv_int16_shift,
.dense.ties_up = 2, .dense.taps = 16, .dense.out_channels = 2, .dense.low = -32768,
.dense.high = 32767, .phases = transpose_conv_int16_phases, .in_channels = 4, .in_height = 2,
.in_width = 3, .out_width = 8, .first = -1, .kernel_height = 2, .kernel_width = 4,
.stride_height = 1, .stride_width = 2};
static const thumbnet_source_t transpose_conv_int16_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 2, .stride = 1, .pad = 1, .kernel_width = 3}};
GOLDEN_LAYER(transpose_conv_int16, 32, 3, 1, 8, 0)
static const golden_input_t transpose_conv_int16_inputs[1] = {{3, 8, -1}};

static const thumbnet_binary_s16_t add_int16_constants =
{.first.column_step = 4, .first.channel_step = 1, .second.row = 1, .second.column_step = 4,
.second.channel_step = 1, .first_factor = 16384, .second_mantissa = 1109257090,
.out_mantissa = 2121420892, .second_shift = -1, .out_shift = -16, .second_sign = 1,
.channels = 4, .low = -32768, .high = 32767};
static const thumbnet_source_t add_int16_sources[2] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(add_int16, 24, 2, 2, 3, 0)
static const golden_input_t add_int16_inputs[2] = {{3, 8, 0}, {3, 8, 0}};

static const int16_t mul_int16_channels_operand[4] = {-8576,-9857,-1129,3881};
static const thumbnet_binary_s16_t mul_int16_channels_constants =
{.first.column_step = 4, .first.channel_step = 1, .second.constant = mul_int16_channels_operand,
.second.row = 1, .second.channel_step = 1, .out_mantissa = 2025133312, .out_shift = -14,
.channels = 4, .low = -32768, .high = 32767};
static const thumbnet_source_t mul_int16_channels_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mul_int16_channels, 24, 2, 1, 3, 0)
static const golden_input_t mul_int16_channels_inputs[1] = {{3, 8, 0}};

static const thumbnet_binary_s16_t minimum_int16_constants =
{.first.column_step = 4, .first.channel_step = 1, .second.row = 1, .second.column_step = 1,
.channels = 4, .low = -32768, .high = 32767};
static const thumbnet_source_t minimum_int16_sources[2] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 6, .height = 1, .kernel_height = 1, .kernel_width = 1, .stride_width = 1}};
GOLDEN_LAYER(minimum_int16, 24, 2, 2, 3, 0)
static const golden_input_t minimum_int16_inputs[2] = {{3, 8, 0}, {3, 2, -1}};

static const thumbnet_requantize_t relu6_int16_constants =
{.mantissa = 1193046400, .channels = 4, .high = 27842, .shift = 1};
static const thumbnet_source_t relu6_int16_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(relu6_int16, 24, 2, 1, 3, 0)
static const golden_input_t relu6_int16_inputs[1] = {{3, 8, 0}};

static const thumbnet_requantize_t quantize_int16_int8_constants =
{.mantissa = 2036132639, .channels = 4, .zero_point = -7, .low = -128, .high = 127, .shift = -8};
static const thumbnet_source_t quantize_int16_int8_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(quantize_int16_int8, 12, 2, 1, 3, 0)
static const golden_input_t quantize_int16_int8_inputs[1] = {{3, 8, 0}};

static const thumbnet_requantize_t quantize_int16_int32_constants =
{.mantissa = 1677721587, .channels = 4, .low = -2147483648, .high = 2147483647, .shift = 7};
static const thumbnet_source_t quantize_int16_int32_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(quantize_int16_int32, 48, 2, 1, 3, 0)
static const golden_input_t quantize_int16_int32_inputs[1] = {{3, 8, 56}};

static const thumbnet_requantize_t quantize_int8_int16_constants =
{.mantissa = 1677721545, .channels = 4, .in_zero_point = 9, .low = -32768, .high = 32767,
.shift = 8};
static const thumbnet_source_t quantize_int8_int16_sources[1] =
{{.row_size = 12, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(quantize_int8_int16, 24, 2, 1, 3, 0)
static const golden_input_t quantize_int8_int16_inputs[1] = {{3, 4, 28}};

static const thumbnet_leaky_relu_s16_t leaky_relu_int16_constants =
{.mantissa = 1952257837, .negative_mantissa = 1561806293, .channels = 4, .negative_shift = -2,
.negative_sign = 1};
static const thumbnet_source_t leaky_relu_int16_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(leaky_relu_int16, 24, 2, 1, 3, 0)
static const golden_input_t leaky_relu_int16_inputs[1] = {{3, 8, 0}};

static const uint16_t logistic_int16_table[256] =
{32768,33451,34133,34813,35493,36169,36843,37513,38180,38841,39498,40149,40794,41432,42064,42688,
43304,43912,44511,45102,45683,46255,46817,47369,47911,48443,48964,49475,49975,50464,50942,51409,
51865,52311,52745,53169,53581,53983,54374,54755,55125,55485,55834,56174,56503,56823,57133,57433,
57724,58007,58280,58544,58800,59048,59288,59519,59743,59959,60168,60370,60565,60753,60935,61110,
61279,61441,61599,61750,61896,62036,62172,62302,62428,62549,62666,62778,62886,62990,63090,63186,
63279,63368,63454,63536,63615,63691,63765,63835,63903,63968,64030,64090,64148,64204,64257,64308,
64357,64405,64450,64494,64536,64576,64614,64652,64687,64721,64754,64786,64816,64845,64873,64900,
64926,64950,64974,64997,65019,65039,65060,65079,65097,65115,65132,65149,65164,65179,65194,65208,
65221,65234,65246,65258,65269,65280,65291,65301,65310,65319,65328,65337,65345,65352,65360,65367,
65374,65381,65387,65393,65399,65404,65410,65415,65420,65425,65429,65433,65438,65442,65445,65449,
65453,65456,65459,65462,65465,65468,65471,65474,65476,65479,65481,65483,65485,65488,65489,65491,
65493,65495,65497,65498,65500,65501,65503,65504,65505,65507,65508,65509,65510,65511,65512,65513,
65514,65515,65516,65517,65517,65518,65519,65520,65520,65521,65522,65522,65523,65523,65524,65524,
65525,65525,65526,65526,65526,65527,65527,65528,65528,65528,65529,65529,65529,65529,65530,65530,
65530,65530,65531,65531,65531,65531,65531,65532,65532,65532,65532,65532,65532,65533,65533,65533,
65533,65533,65533,65533,65533,65534,65534,65534,65534,65534,65534,65534,65534,65534,65534,65535};
static const thumbnet_sigmoid_s16_t logistic_int16_constants =
{.table = logistic_int16_table, .channels = 4, .multiplier = 20132, .shift = 13};
static const thumbnet_source_t logistic_int16_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(logistic_int16, 24, 2, 1, 3, 0)
static const golden_input_t logistic_int16_inputs[1] = {{3, 8, 0}};

static const uint16_t tanh_int16_table[256] =
{32768,33451,34133,34813,35493,36169,36843,37513,38180,38841,39498,40149,40794,41432,42064,42688,
43304,43912,44511,45102,45683,46255,46817,47369,47911,48443,48964,49475,49975,50464,50942,51409,
51865,52311,52745,53169,53581,53983,54374,54755,55125,55485,55834,56174,56503,56823,57133,57433,
57724,58007,58280,58544,58800,59048,59288,59519,59743,59959,60168,60370,60565,60753,60935,61110,
61279,61441,61599,61750,61896,62036,62172,62302,62428,62549,62666,62778,62886,62990,63090,63186,
63279,63368,63454,63536,63615,63691,63765,63835,63903,63968,64030,64090,64148,64204,64257,64308,
64357,64405,64450,64494,64536,64576,64614,64652,64687,64721,64754,64786,64816,64845,64873,64900,
64926,64950,64974,64997,65019,65039,65060,65079,65097,65115,65132,65149,65164,65179,65194,65208,
65221,65234,65246,65258,65269,65280,65291,65301,65310,65319,65328,65337,65345,65352,65360,65367,
65374,65381,65387,65393,65399,65404,65410,65415,65420,65425,65429,65433,65438,65442,65445,65449,
65453,65456,65459,65462,65465,65468,65471,65474,65476,65479,65481,65483,65485,65488,65489,65491,
65493,65495,65497,65498,65500,65501,65503,65504,65505,65507,65508,65509,65510,65511,65512,65513,
65514,65515,65516,65517,65517,65518,65519,65520,65520,65521,65522,65522,65523,65523,65524,65524,
65525,65525,65526,65526,65526,65527,65527,65528,65528,65528,65529,65529,65529,65529,65530,65530,
65530,65530,65531,65531,65531,65531,65531,65532,65532,65532,65532,65532,65532,65533,65533,65533,
65533,65533,65533,65533,65533,65534,65534,65534,65534,65534,65534,65534,65534,65534,65534,65535};
static const thumbnet_sigmoid_s16_t tanh_int16_constants =
{.table = tanh_int16_table, .channels = 4, .multiplier = 28185, .shift = 15};
static const thumbnet_source_t tanh_int16_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(tanh_int16, 24, 2, 1, 3, 0)
static const golden_input_t tanh_int16_inputs[1] = {{3, 8, 0}};

static const float quantize_float_int16_scale[1] = {0.25f};
static const thumbnet_quantize_t quantize_float_int16_constants =
{.scale = quantize_float_int16_scale, .channels = 4, .low = -32768, .high = 32767};
static const thumbnet_source_t quantize_float_int16_sources[1] =
{{.row_size = 48, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(quantize_float_int16, 24, 2, 1, 3, 0)
static const golden_input_t quantize_float_int16_inputs[1] = {{3, 16, 0}};

static const float dequantize_int16_scale[1] = {0.012299999594688416f};
static const thumbnet_quantize_t dequantize_int16_constants =
{.scale = dequantize_int16_scale, .channels = 4, .low = -32768, .high = 32767};
static const thumbnet_source_t dequantize_int16_sources[1] =
{{.row_size = 24, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(dequantize_int16, 48, 2, 1, 3, 0)
static const golden_input_t dequantize_int16_inputs[1] = {{3, 8, 56}};

static const int16_t softmax_int16_exponentials[513] =
{2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,4,4,4,4,
4,4,4,4,4,4,4,4,4,5,5,5,5,5,5,5,5,5,5,6,6,6,6,6,6,6,6,7,7,7,7,7,7,7,7,8,8,8,8,8,8,9,9,9,9,9,9,10,
10,10,10,10,11,11,11,11,11,12,12,12,12,13,13,13,13,14,14,14,14,15,15,15,16,16,16,17,17,17,18,18,
18,19,19,19,20,20,21,21,21,22,22,23,23,24,24,25,25,26,26,27,27,28,28,29,29,30,30,31,32,32,33,34,
34,35,36,36,37,37,38,39,40,40,42,42,43,44,45,45,46,47,48,49,50,51,52,53,54,55,56,57,59,60,60,62,
63,65,65,67,68,69,71,73,74,75,77,78,80,81,83,85,86,88,90,92,93,95,97,99,101,103,105,107,109,112,
114,116,118,121,123,126,128,131,133,135,139,141,144,147,149,152,155,158,162,165,168,171,174,178,
181,185,189,192,196,200,204,208,212,217,221,225,230,234,239,243,248,253,258,263,268,273,279,284,
290,296,302,308,314,320,327,333,340,346,353,360,366,374,381,389,397,404,413,421,429,437,446,455,
464,473,482,492,501,511,522,532,543,553,564,575,586,598,610,622,634,646,659,672,685,699,713,727,
741,756,771,786,801,817,833,850,866,884,901,919,937,955,974,993,1013,1033,1053,1074,1095,1117,
1139,1161,1184,1207,1232,1256,1281,1306,1332,1358,1385,1412,1440,1468,1497,1527,1557,1587,1619,
1651,1683,1716,1750,1785,1820,1856,1892,1930,1968,2006,2046,2087,2128,2170,2212,2256,2300,2346,
2392,2439,2488,2537,2587,2638,2690,2743,2796,2852,2908,2966,3024,3084,3145,3207,3270,3334,3400,
3467,3535,3605,3677,3749,3822,3898,3975,4053,4133,4214,4297,4383,4469,4557,4647,4739,4833,4927,
5024,5124,5225,5328,5433,5541,5649,5761,5875,5991,6109,6230,6352,6477,6605,6736,6868,7004,7141,
7282,7427,7572,7722,7874,8030,8188,8350,8514,8683,8854,9028,9206,9387,9572,9762,9954,10151,10351,
10555,10763,10976,11191,11412,11637,11867,12102,12341,12583,12831,13085,13342,13606,13874,14148,
14427,14711,15002,15297,15599,15907,16221,16541,16867,17199,17539,17884,18237,18597,18964,19338,
19719,20108,20505,20909,21322,21742,22171,22608,23054,23509,23973,24445,24928,25419,25921,26432,
26953,27485,28027,28580,29143,29718,30304,30902,31512,32133,32767};
static const int16_t softmax_int16_reciprocals[513] =
{32767,32704,32640,32578,32514,32451,32388,32326,32264,32202,32141,32079,32018,31957,31896,31835,
31775,31715,31655,31596,31537,31476,31418,31359,31301,31242,31184,31127,31069,31011,30954,30897,
30840,30784,30727,30671,30615,30560,30504,30449,30394,30339,30283,30229,30175,30121,30067,30013,
29960,29906,29853,29800,29746,29694,29642,29589,29537,29486,29434,29382,29331,29280,29229,29177,
29127,29076,29026,28976,28926,28877,28827,28777,28728,28679,28630,28581,28532,28484,28436,28388,
28340,28292,28244,28197,28150,28103,28056,28008,27962,27915,27869,27823,27777,27731,27685,27640,
27594,27549,27504,27459,27413,27369,27324,27280,27236,27192,27148,27104,27060,27016,26973,26930,
26887,26844,26801,26758,26715,26673,26630,26588,26546,26504,26463,26421,26380,26338,26297,26255,
26214,26174,26132,26092,26051,26011,25971,25931,25891,25851,25811,25772,25732,25693,25653,25614,
25575,25536,25497,25458,25420,25381,25343,25305,25267,25229,25191,25153,25116,25078,25041,25003,
24967,24928,24892,24855,24818,24781,24745,24709,24672,24636,24600,24564,24528,24492,24457,24421,
24385,24350,24315,24280,24245,24210,24175,24140,24105,24070,24036,24002,23967,23933,23899,23865,
23831,23798,23764,23730,23697,23664,23630,23597,23564,23530,23498,23465,23432,23399,23366,23334,
23302,23269,23237,23205,23173,23141,23109,23077,23046,23014,22982,22951,22920,22888,22857,22826,
22795,22764,22733,22703,22672,22641,22611,22580,22550,22520,22490,22459,22429,22400,22370,22340,
22310,22281,22251,22221,22192,22163,22134,22104,22075,22046,22017,21988,21959,21931,21902,21874,
21845,21817,21788,21760,21732,21704,21676,21648,21620,21592,21565,21537,21509,21482,21455,21427,
21400,21372,21345,21318,21291,21264,21237,21210,21183,21157,21130,21103,21077,21050,21024,20998,
20971,20945,20919,20893,20867,20841,20815,20790,20764,20738,20713,20687,20662,20636,20611,20586,
20560,20535,20510,20485,20460,20435,20410,20385,20360,20336,20311,20287,20262,20238,20213,20189,
20165,20141,20117,20092,20068,20044,20021,19997,19973,19949,19926,19902,19878,19855,19832,19808,
19784,19762,19738,19715,19692,19668,19645,19622,19600,19577,19553,19531,19508,19485,19463,19440,
19418,19395,19373,19351,19328,19306,19284,19262,19240,19218,19196,19174,19152,19130,19109,19087,
19065,19044,19022,19000,18979,18958,18936,18915,18893,18872,18851,18830,18809,18787,18766,18745,
18725,18704,18682,18662,18641,18620,18600,18579,18559,18538,18518,18497,18477,18457,18436,18416,
18396,18376,18356,18336,18316,18296,18276,18256,18236,18216,18197,18177,18157,18138,18118,18099,
18079,18059,18040,18021,18001,17982,17963,17944,17924,17905,17886,17867,17848,17829,17810,17791,
17772,17754,17735,17716,17697,17679,17660,17641,17623,17604,17586,17568,17549,17531,17513,17494,
17476,17458,17440,17422,17404,17386,17368,17350,17332,17314,17296,17278,17261,17243,17225,17208,
17190,17172,17155,17137,17120,17102,17085,17067,17050,17033,17015,16999,16981,16964,16947,16930,
16913,16895,16878,16862,16845,16828,16810,16794,16777,16760,16743,16727,16710,16693,16677,16660,
16644,16627,16611,16594,16578,16562,16545,16529,16513,16497,16480,16464,16448,16432,16416,16400,
16384};
static const thumbnet_softmax_s16_t softmax_int16_constants =
{.exponentials = softmax_int16_exponentials, .reciprocals = softmax_int16_reciprocals,
.mantissa = 1266618087, .channels = 6};
static const thumbnet_source_t softmax_int16_sources[1] =
{{.row_size = 36, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(softmax_int16, 36, 1, 1, 3, 0)
static const golden_input_t softmax_int16_inputs[1] = {{3, 12, 0}};

static const thumbnet_pool_2d_s16_t average_pool_int16_constants =
{.channels = 2, .in_width = 4, .kernel_height = 2, .kernel_width = 3, .stride_width = 2,
.low = -32768, .high = 32767};
static const thumbnet_source_t average_pool_int16_sources[1] =
{{.row_size = 16, .height = 3, .kernel_height = 2, .stride = 2, .kernel_width = 3,
.stride_width = 2}};
GOLDEN_LAYER(average_pool_int16, 8, 2, 1, 2, 0)
static const golden_input_t average_pool_int16_inputs[1] = {{4, 4, 4}};

static const thumbnet_pool_2d_s16_t max_pool_int16_constants =
{.channels = 2, .in_width = 4, .kernel_height = 2, .kernel_width = 2, .stride_width = 1,
.low = -32768, .high = 32767};
static const thumbnet_source_t max_pool_int16_sources[1] =
{{.row_size = 16, .height = 3, .kernel_height = 2, .stride = 1, .kernel_width = 2,
.stride_width = 1}};
GOLDEN_LAYER(max_pool_int16, 16, 3, 1, 4, 0)
static const golden_input_t max_pool_int16_inputs[1] = {{4, 4, 4}};

static const thumbnet_mean_s16_t mean_int16_plane_constants =
{.multiplier = 894784818, .channels = 5, .outputs = 5, .count = 6};
static const thumbnet_source_t mean_int16_plane_sources[1] =
{{.row_size = 20, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(mean_int16_plane, 0, 3, 1, 2, 24)
static const golden_input_t mean_int16_plane_inputs[1] = {{2, 10, 0}};

static const thumbnet_mean_s16_t mean_int16_columns_constants =
{.multiplier = 1073741824, .channels = 2, .shift = -1, .outputs = 2, .count = 4, .pitch = 1,
.step = 2};
static const thumbnet_source_t mean_int16_columns_sources[1] =
{{.row_size = 16, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 4}};
GOLDEN_LAYER(mean_int16_columns, 4, 3, 1, 1, 0)
static const golden_input_t mean_int16_columns_inputs[1] = {{4, 4, 0}};

static const golden_case_t golden_conv_2d_s16[2] =
{GOLDEN_CASE(conv_2d_int16, conv_2d_int16, run_conv_2d_s16_0_0, 1, 72, 6, 108, 0),
GOLDEN_CASE(conv_2d_int16_strided, conv_2d_int16_strided, run_conv_2d_s16_0_1, 1, 24, 4, 72, 0)};

static const golden_case_t golden_conv_2d_1x1_s16[2] =
{GOLDEN_CASE(conv_2d_int16_1x1, conv_2d_int16_1x1, run_conv_2d_1x1_s16_0_0, 1, 30, 6, 0, 1),
GOLDEN_CASE(conv_2d_int16_wide, conv_2d_int16_wide, run_conv_2d_1x1_s16_1_0, 1, 16, 4, 0, 1)};

static const golden_case_t golden_fully_connected_s16[2] =
{GOLDEN_CASE(fully_connected_int16, fully_connected_int16, run_fully_connected_s16_0_2, 1, 14, 14, 0, 1),
GOLDEN_CASE(fully_connected_int16_short, fully_connected_int16_short, run_fully_connected_s16_0_1, 1, 12, 12, 0, 1)};

static const golden_case_t golden_depthwise_conv_2d_s16[2] =
{GOLDEN_CASE(depthwise_int16, depthwise_int16, run_depthwise_conv_2d_s16_0_0, 1, 96, 6, 0, 0),
GOLDEN_CASE(depthwise_int16_multiplier, depthwise_int16_multiplier, run_depthwise_conv_2d_s16_0_0, 1, 48, 8, 0, 0)};

static const golden_case_t golden_transpose_conv[3] =
{GOLDEN_CASE(transpose_conv_int8, transpose_conv_int8, run_transpose_conv_1_0_0_3, 1, 144, 9, 12, 0),
GOLDEN_CASE(transpose_conv_int8_whole, transpose_conv_int8_whole, run_transpose_conv_1_1_0_3, 1, 50, 2, 16, 0),
GOLDEN_CASE(transpose_conv_int16, transpose_conv_int16, run_transpose_conv_2_0_0_0, 1, 96, 4, 32, 0)};

static const golden_case_t golden_binary_s16[3] =
{GOLDEN_CASE(add_int16, add_int16, run_binary_s16_0_1, 1, 48, 8, 0, 1),
GOLDEN_CASE(mul_int16_channels, mul_int16_channels, run_binary_s16_1_0, 1, 48, 8, 0, 1),
GOLDEN_CASE(minimum_int16, minimum_int16, run_binary_s16_3_0, 1, 48, 8, 0, 0)};

static const golden_case_t golden_requantize_wide[4] =
{GOLDEN_CASE(relu6_int16, relu6_int16, run_requantize_wide_2_2, 1, 48, 8, 0, 1),
GOLDEN_CASE(quantize_int16_int8, quantize_int16_int8, run_requantize_wide_2_1, 1, 24, 4, 0, 1),
GOLDEN_CASE(quantize_int16_int32, quantize_int16_int32, run_requantize_wide_2_4, 1, 96, 16, 0, 1),
GOLDEN_CASE(quantize_int8_int16, quantize_int8_int16, run_requantize_wide_1_2, 1, 48, 8, 0, 1)};

static const golden_case_t golden_leaky_relu_s16[1] =
{GOLDEN_CASE(leaky_relu_int16, leaky_relu_int16, run_leaky_relu_s16, 1, 48, 8, 0, 1)};

static const golden_case_t golden_sigmoid_s16[2] =
{GOLDEN_CASE(logistic_int16, logistic_int16, run_sigmoid_s16_0, 1, 48, 8, 0, 1),
GOLDEN_CASE(tanh_int16, tanh_int16, run_sigmoid_s16_1, 1, 48, 8, 0, 1)};

static const golden_case_t golden_quantize_f32_s16[1] =
{GOLDEN_CASE(quantize_float_int16, quantize_float_int16, run_quantize_f32_s16, 1, 48, 8, 0, 1)};

static const golden_case_t golden_dequantize_s16_f32[1] =
{GOLDEN_CASE(dequantize_int16, dequantize_int16, run_dequantize_s16_f32, 1, 96, 16, 0, 1)};

static const golden_case_t golden_softmax_s16[1] =
{GOLDEN_CASE(softmax_int16, softmax_int16, run_softmax_s16, 1, 36, 12, 0, 1)};

static const golden_case_t golden_pool_2d_s16[2] =
{GOLDEN_CASE(average_pool_int16, average_pool_int16, run_pool_2d_s16_1, 1, 16, 4, 0, 0),
GOLDEN_CASE(max_pool_int16, max_pool_int16, run_pool_2d_s16_0, 1, 48, 4, 0, 0)};

static const golden_case_t golden_mean_plane_s16[1] =
{GOLDEN_CASE(mean_int16_plane, mean_int16_plane, run_mean_plane_s16_0, 1, 10, 10, 24, 0)};

static const golden_case_t golden_mean_row_s16[1] =
{GOLDEN_CASE(mean_int16_columns, mean_int16_columns, run_mean_row_s16, 1, 12, 4, 0, 0)};

#endif
