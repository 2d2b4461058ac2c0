/* How thumbnet lowers the models of kernel_vectors.h, and its cases by kernel.
 *
 * Made by make_golden.py, do not edit: the models and their seeds are in kernel_cases.py and
 * networks.py. Outputs are those of TFLite's interpreter with its built-in kernels and no
 * delegates: ai-edge-litert 2.3.0, BUILTIN_WITHOUT_DEFAULT_DELEGATES (for the operators
 * quantize and dequantize BUILTIN_REF, see kernel_cases.py); of names with "even", onnxruntime's.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_KERNEL_CONSTANTS_SCALAR_H
#define GOLDEN_KERNEL_CONSTANTS_SCALAR_H

/* clang-format off */

#define THUMBNET_MAX_ROWS 5

#include "golden.h"
#include "kernel_vectors.h"

#include <thumbnet/kernels/conv_2d_pairs.h>
#include <thumbnet/kernels/depthwise_conv_2d_columns.h>
#include <thumbnet/kernels/fully_connected_quads.h>

#define GOLDEN_MOST_OUTPUT 132
#define GOLDEN_MOST_INPUT 132
#define GOLDEN_MOST_OVERLAP 85
#define GOLDEN_MOST_ROWS_SIZE 324 /* all that a run may read */
#define GOLDEN_MOST_INPUTS 1
#define GOLDEN_MOST_STATES 8
#define GOLDEN_MOST_SCRATCH 300

GOLDEN_KERNEL(run_conv_2d_pairs_s8, thumbnet_conv_2d_pairs_s8, constants)
GOLDEN_KERNEL(run_conv_2d_1x1_pairs_s8, thumbnet_conv_2d_1x1_pairs_s8, constants)
GOLDEN_KERNEL(run_fully_connected_quads_s8, thumbnet_fully_connected_quads_s8, constants)
GOLDEN_KERNEL(run_depthwise_conv_2d_columns_s8_3_3, thumbnet_depthwise_conv_2d_columns_s8, constants, 3, 3)
GOLDEN_KERNEL(run_depthwise_conv_2d_columns_s8_5_5, thumbnet_depthwise_conv_2d_columns_s8, constants, 5, 5)

static const uint8_t conv_2d_3x3_weights[168] =
{141,144,143,112,120,178,153,133,119,160,101,66,129,136,142,162,67,99,143,189,122,163,112,151,
156,118,165,185,125,33,124,141,82,71,70,167,66,175,187,108,99,80,69,114,146,108,96,61,133,178,
174,143,107,128,108,128,109,91,115,55,151,110,212,89,161,129,125,90,104,119,170,142,149,165,94,
67,179,91,55,34,77,80,94,180,197,170,106,195,150,136,151,71,146,65,149,188,91,148,127,92,156,129,
50,122,168,95,137,221,189,128,116,128,82,141,128,128,98,84,128,128,141,135,128,128,99,127,128,
128,177,120,128,128,207,107,128,128,146,133,128,128,147,113,128,128,112,118,128,128,150,117,128,
128,58,127,128,128,183,131,128,128,175,134,128,128,142,128,128,128};
static const int32_t conv_2d_3x3_bias[5] = {-1147,2135,30647,20916,15472};
static const int32_t conv_2d_3x3_mantissa[5] =
{1345095782,1182165531,1231476317,1223319918,1635821838};
static const int8_t conv_2d_3x3_shift[5] = {-8,-8,-8,-10,-11};
static const thumbnet_conv_2d_pairs_t conv_2d_3x3_constants =
{.weights = conv_2d_3x3_weights, .bias = conv_2d_3x3_bias, .mantissa = conv_2d_3x3_mantissa,
.shift = conv_2d_3x3_shift, .start = -462322, .quads = 7, .out_channels = 5, .in_channels = 3,
.in_width = 5, .kernel_height = 3, .kernel_width = 3, .stride_width = 1, .pad_left = 1,
.in_zero_point = -53, .out_zero_point = -97, .low = -128, .high = 127};
static const thumbnet_source_t conv_2d_3x3_sources[1] =
{{.row_size = 15, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_3x3, 25, 3, 1, 5, 0)
static const golden_input_t conv_2d_3x3_inputs[1] = {{5, 3, 51}};

static const uint8_t conv_2d_stride_2_weights[80] =
{120,55,158,72,126,178,232,50,176,119,168,193,122,96,141,132,174,76,167,72,133,153,147,174,157,
127,167,110,73,140,45,119,139,68,106,132,128,128,128,128,171,203,105,107,155,182,133,158,156,182,
165,87,149,142,133,153,134,109,120,178,194,165,135,192,155,154,143,116,65,126,176,74,124,128,164,
90,128,128,128,128};
static const int32_t conv_2d_stride_2_bias[4] = {-23099,31764,76234,15679};
static const int32_t conv_2d_stride_2_mantissa[4] = {1623768887,1359100050,1395450794,1428424310};
static const int8_t conv_2d_stride_2_shift[4] = {-9,-6,-8,-6};
static const thumbnet_conv_2d_pairs_t conv_2d_stride_2_constants =
{.weights = conv_2d_stride_2_weights, .bias = conv_2d_stride_2_bias,
.mantissa = conv_2d_stride_2_mantissa, .shift = conv_2d_stride_2_shift, .start = -330230,
.quads = 5, .out_channels = 4, .in_channels = 2, .in_width = 6, .kernel_height = 3,
.kernel_width = 3, .stride_width = 2, .in_zero_point = -128, .out_zero_point = -82, .low = -82,
.high = 127};
static const thumbnet_source_t conv_2d_stride_2_sources[1] =
{{.row_size = 12, .height = 6, .kernel_height = 3, .stride = 2, .kernel_width = 3,
.stride_width = 2}};
GOLDEN_LAYER(conv_2d_stride_2, 12, 3, 1, 3, 0)
static const golden_input_t conv_2d_stride_2_inputs[1] = {{6, 2, 4}};

static const uint8_t conv_2d_1x1_weights[96] =
{105,84,142,44,59,155,100,119,152,177,121,88,169,56,168,88,117,128,161,128,128,128,128,128,141,
134,118,162,61,56,88,90,170,114,99,47,187,74,148,181,136,128,132,128,128,128,128,128,111,101,193,
70,88,121,79,160,220,100,136,72,102,89,157,119,157,128,134,128,128,128,128,128,121,163,128,128,
111,255,128,128,117,104,128,128,226,179,128,128,120,128,128,128,128,128,128,128};
static const int32_t conv_2d_1x1_bias[7] = {-5022,-16396,-7740,-12014,-9917,2355,34181};
static const int32_t conv_2d_1x1_mantissa[7] =
{1990417197,1749236810,1799390332,1768157069,1390259314,1378866247,1303050780};
static const int8_t conv_2d_1x1_shift[7] = {-7,-6,-6,-7,-6,-7,-7};
static const thumbnet_conv_2d_pairs_t conv_2d_1x1_constants =
{.weights = conv_2d_1x1_weights, .bias = conv_2d_1x1_bias, .mantissa = conv_2d_1x1_mantissa,
.shift = conv_2d_1x1_shift, .start = -198138, .quads = 3, .out_channels = 7, .in_channels = 9,
.in_width = 3, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .in_zero_point = -128,
.out_zero_point = 127, .low = -128, .high = 127};
static const thumbnet_source_t conv_2d_1x1_sources[1] =
{{.row_size = 27, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1, 21, 3, 1, 3, 0)
static const golden_input_t conv_2d_1x1_inputs[1] = {{3, 9, 5}};

static const uint8_t fully_connected_quads_weights[96] =
{152,209,63,90,143,161,127,172,128,50,84,193,172,67,81,184,119,70,61,91,147,94,155,98,165,97,76,
123,191,128,102,191,161,91,133,118,98,82,134,126,168,133,155,176,155,89,112,148,149,128,128,128,
106,128,128,128,104,128,128,128,86,128,128,128,146,128,128,128,111,128,128,128,148,128,128,128,
91,128,128,128,134,128,128,128,107,128,128,128,112,128,128,128,142,128,128,128};
static const int32_t fully_connected_quads_bias[5] = {27720,-45473,-3395,11477,-2560};
static const int32_t fully_connected_quads_mantissa[5] =
{1107545864,1107545864,1107545864,1107545864,1107545864};
static const int8_t fully_connected_quads_shift[5] = {-7,-7,-7,-7,-7};
static const thumbnet_fully_connected_quads_t fully_connected_quads_constants =
{.weights = fully_connected_quads_weights, .bias = fully_connected_quads_bias,
.mantissa = fully_connected_quads_mantissa, .shift = fully_connected_quads_shift,
.in_channels = 12, .out_channels = 5, .low = -128, .high = 127};
static const thumbnet_source_t fully_connected_quads_sources[1] =
{{.row_size = 12, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_quads, 5, 1, 1, 1, 0)
static const golden_input_t fully_connected_quads_inputs[1] = {{1, 12, 5}};

static const int8_t depthwise_ties_weights[99] =
{9,-2,-3,-8,0,-9,2,4,-2,6,4,-9,4,0,2,-9,9,3,0,-5,-6,3,3,5,-5,-3,-9,0,3,-9,-1,-4,-1,9,-1,8,7,-9,7,
8,1,-3,0,-8,-1,-5,1,-3,-7,-3,6,0,0,1,-9,-6,2,-3,9,-1,7,6,-5,-2,-1,-7,4,6,0,-6,7,-1,2,-2,1,-5,-5,
-1,9,-3,5,5,6,4,-6,-6,8,6,4,-9,8,-6,-7,-7,1,2,-7,-8,6};
static const int32_t depthwise_ties_bias[11] = {-74,-2,-112,51,-38,0,-41,84,-85,-65,46};
static const int32_t depthwise_ties_mantissa[11] =
{1073741824,1073741824,1073741824,1073741824,1073741824,1073741824,1073741824,1073741824,
1073741824,1073741824,1073741824};
static const int8_t depthwise_ties_shift[11] = {-4,-3,-5,0,-4,-5,-4,-5,-4,-1,-5};
static const thumbnet_depthwise_columns_t depthwise_ties_constants =
{.weights = depthwise_ties_weights, .bias = depthwise_ties_bias,
.mantissa = depthwise_ties_mantissa, .shift = depthwise_ties_shift, .channels = 11,
.in_width = 4, .ties_up = 8, .stride_width = 1, .pad_left = 1, .in_zero_point = -2, .low = -128,
.high = 127};
static const thumbnet_source_t depthwise_ties_sources[1] =
{{.row_size = 44, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_ties, 44, 3, 1, 4, 0)
static const golden_input_t depthwise_ties_inputs[1] = {{4, 11, 77}};

static const int8_t depthwise_padded_weights[27] =
{0,-5,-16,7,-11,31,29,24,-27,-44,-78,-63,-23,-4,-7,61,47,6,12,-39,91,42,-58,-3,49,23,-15};
static const int32_t depthwise_padded_bias[3] = {10760,-3472,13737};
static const int32_t depthwise_padded_mantissa[3] = {1374389504,1374389504,2061584256};
static const int8_t depthwise_padded_shift[3] = {-8,-7,-8};
static const thumbnet_depthwise_columns_t depthwise_padded_constants =
{.weights = depthwise_padded_weights, .bias = depthwise_padded_bias,
.mantissa = depthwise_padded_mantissa, .shift = depthwise_padded_shift, .channels = 3,
.in_width = 4, .stride_width = 2, .in_zero_point = -100, .out_zero_point = 20, .low = -128,
.high = 127};
static const thumbnet_source_t depthwise_padded_sources[1] =
{{.row_size = 12, .height = 4, .kernel_height = 3, .stride = 2, .pad = 4, .kernel_width = 3,
.stride_width = 2}};
GOLDEN_LAYER(depthwise_padded, 12, 4, 1, 4, 0)
static const golden_input_t depthwise_padded_inputs[1] = {{4, 3, 33}};

static const int8_t depthwise_wide_5x5_weights[125] =
{-59,23,15,22,63,38,20,-47,32,-72,74,23,8,40,-18,-29,-29,22,27,-5,74,29,-12,-13,-12,62,79,-15,21,
74,-19,5,-38,-72,11,25,-52,-20,2,8,21,7,-24,28,28,23,-3,-48,-11,70,-10,35,35,51,-40,-10,-10,22,
-32,36,-53,15,32,-50,64,11,-63,-19,-61,-2,10,-50,-113,-29,31,33,-18,113,-32,-60,-42,-19,-17,69,
17,-32,51,37,-22,-12,24,-26,68,100,-41,57,31,43,-11,40,21,58,23,-5,29,43,-84,29,13,-57,54,39,-34,
54,3,19,-9,-66,-9,-54,-19,64,-5,-17,42};
static const int32_t depthwise_wide_5x5_bias[5] = {-33392,-4753,49946,-43947,-1963};
static const int32_t depthwise_wide_5x5_mantissa[5] =
{1546190876,1148217862,1439839045,2007945112,1220150385};
static const int8_t depthwise_wide_5x5_shift[5] = {-6,-6,-8,-8,-7};
static const thumbnet_depthwise_columns_t depthwise_wide_5x5_constants =
{.weights = depthwise_wide_5x5_weights, .bias = depthwise_wide_5x5_bias,
.mantissa = depthwise_wide_5x5_mantissa, .shift = depthwise_wide_5x5_shift, .channels = 5,
.in_width = 6, .ties_up = 5, .stride_width = 1, .pad_left = 2, .in_zero_point = 127,
.out_zero_point = -128, .low = -128, .high = 127};
static const thumbnet_source_t depthwise_wide_5x5_sources[1] =
{{.row_size = 30, .height = 3, .kernel_height = 5, .stride = 1, .pad = 2, .kernel_width = 5,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(depthwise_wide_5x5, 30, 3, 1, 6, 0)
static const golden_input_t depthwise_wide_5x5_inputs[1] = {{6, 5, 85}};

static const int8_t depthwise_long_weights[36] =
{-61,-6,12,-39,66,-4,55,84,21,39,-8,49,47,-65,-31,15,4,-62,38,-48,8,18,28,-63,-36,-23,69,-19,18,
-4,27,31,43,-10,6,-64};
static const int32_t depthwise_long_bias[4] = {21929,-1386,-3318,5662};
static const int32_t depthwise_long_mantissa[4] = {1421316842,2036020043,1186713080,1110934862};
static const int8_t depthwise_long_shift[4] = {-8,-9,-8,-6};
static const thumbnet_depthwise_columns_t depthwise_long_constants =
{.weights = depthwise_long_weights, .bias = depthwise_long_bias,
.mantissa = depthwise_long_mantissa, .shift = depthwise_long_shift, .channels = 4,
.in_width = 27, .ties_up = 4, .stride_width = 1, .pad_left = 1, .in_zero_point = -128,
.out_zero_point = -128, .low = -128, .high = 127};
static const thumbnet_source_t depthwise_long_sources[1] =
{{.row_size = 108, .height = 1, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_long, 108, 1, 1, 27, 0)
static const golden_input_t depthwise_long_inputs[1] = {{27, 4, 48}};

static const golden_case_t golden_conv_2d_pairs_s8[2] =
{GOLDEN_CASE(conv_2d_3x3, conv_2d_3x3, run_conv_2d_pairs_s8, 2, 75, 5, 168, 0),
GOLDEN_CASE(conv_2d_stride_2, conv_2d_stride_2, run_conv_2d_pairs_s8, 2, 36, 4, 120, 0)};

static const golden_case_t golden_conv_2d_1x1_pairs_s8[1] =
{GOLDEN_CASE(conv_2d_1x1, conv_2d_1x1, run_conv_2d_1x1_pairs_s8, 2, 63, 7, 72, 1)};

static const golden_case_t golden_fully_connected_quads_s8[1] =
{GOLDEN_CASE(fully_connected_quads, fully_connected_quads, run_fully_connected_quads_s8, 2, 5, 5, 0, 1)};

static const golden_case_t golden_depthwise_conv_2d_columns_s8[4] =
{GOLDEN_CASE(depthwise_ties, depthwise_ties, run_depthwise_conv_2d_columns_s8_3_3, 2, 132, 11, 140, 0),
GOLDEN_CASE(depthwise_padded, depthwise_padded, run_depthwise_conv_2d_columns_s8_3_3, 2, 48, 3, 176, 0),
GOLDEN_CASE(depthwise_wide_5x5, depthwise_wide_5x5, run_depthwise_conv_2d_columns_s8_5_5, 1, 90, 5, 300, 0),
GOLDEN_CASE(depthwise_long, depthwise_long, run_depthwise_conv_2d_columns_s8_3_3, 1, 108, 4, 236, 0)};

#endif
