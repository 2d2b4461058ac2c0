/* How thumbnet lowers the models of kernel_vectors.h, and its cases by kernel.
 *
 * Made by make_golden.py, do not edit: the models and their seeds are in kernel_cases.py and
 * networks.py. Outputs are those of TFLite's interpreter with its built-in kernels and no
 * delegates: ai-edge-litert 2.3.0, BUILTIN_WITHOUT_DEFAULT_DELEGATES (for the operators
 * quantize and dequantize BUILTIN_REF, see kernel_cases.py).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_KERNEL_CONSTANTS_DSP_H
#define GOLDEN_KERNEL_CONSTANTS_DSP_H

/* clang-format off */

#define THUMBNET_MAX_ROWS 7

#include "golden.h"
#include "kernel_vectors.h"

#include <thumbnet/kernels/conv_2d_dsp.h>
#include <thumbnet/kernels/depthwise_conv_2d_dsp.h>
#include <thumbnet/kernels/elementwise_dsp.h>

#define GOLDEN_MOST_OUTPUT 108
#define GOLDEN_MOST_INPUT 126
#define GOLDEN_MOST_OVERLAP 85
#define GOLDEN_MOST_ROWS_SIZE 324 /* all that a run may read */
#define GOLDEN_MOST_INPUTS 2
#define GOLDEN_MOST_SCRATCH 784

GOLDEN_KERNEL(run_conv_2d_gathered_dsp_s8_2_0_1, thumbnet_conv_2d_gathered_dsp_s8, constants, 2, 0, 1)
GOLDEN_KERNEL(run_conv_2d_gathered_dsp_s8_2_1_0, thumbnet_conv_2d_gathered_dsp_s8, constants, 2, 1, 0)
GOLDEN_KERNEL(run_conv_2d_dsp_s8_2_0, thumbnet_conv_2d_dsp_s8, constants, 2, 0)
GOLDEN_KERNEL(run_conv_2d_1x1_dsp_s8_2_1, thumbnet_conv_2d_1x1_dsp_s8, constants, 2, 1)
GOLDEN_KERNEL(run_fully_connected_dsp_s8_2_0, thumbnet_fully_connected_dsp_s8, constants, 2, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_3_1_1, thumbnet_depthwise_conv_2d_dsp_s8, constants, 3, 1, 1)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_3_2_1, thumbnet_depthwise_conv_2d_dsp_s8, constants, 3, 2, 1)
GOLDEN_KERNEL(run_add_dsp_s8_1, thumbnet_add_dsp_s8, constants, 1)
GOLDEN_KERNEL(run_add_dsp_s8_0, thumbnet_add_dsp_s8, constants, 0)
GOLDEN_KERNEL(run_conv_2d_gathered_dsp_s8_1_0_0, thumbnet_conv_2d_gathered_dsp_s8, constants, 1, 0, 0)
GOLDEN_KERNEL(run_conv_2d_dsp_s8_1_0, thumbnet_conv_2d_dsp_s8, constants, 1, 0)
GOLDEN_KERNEL(run_conv_2d_1x1_dsp_s8_1_1, thumbnet_conv_2d_1x1_dsp_s8, constants, 1, 1)
GOLDEN_KERNEL(run_fully_connected_dsp_s8_1_0, thumbnet_fully_connected_dsp_s8, constants, 1, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_3_1_0, thumbnet_depthwise_conv_2d_dsp_s8, constants, 3, 1, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_5_1_0, thumbnet_depthwise_conv_2d_dsp_s8, constants, 5, 1, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_5_2_0, thumbnet_depthwise_conv_2d_dsp_s8, constants, 5, 2, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_7_1_0, thumbnet_depthwise_conv_2d_dsp_s8, constants, 7, 1, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_7_2_0, thumbnet_depthwise_conv_2d_dsp_s8, constants, 7, 2, 0)
GOLDEN_KERNEL(run_conv_2d_gathered_dsp_s8_0_1_0, thumbnet_conv_2d_gathered_dsp_s8, constants, 0, 1, 0)
GOLDEN_KERNEL(run_conv_2d_dsp_s8_0_0, thumbnet_conv_2d_dsp_s8, constants, 0, 0)
GOLDEN_KERNEL(run_conv_2d_1x1_dsp_s8_0_1, thumbnet_conv_2d_1x1_dsp_s8, constants, 0, 1)
GOLDEN_KERNEL(run_fully_connected_dsp_s8_0_0, thumbnet_fully_connected_dsp_s8, constants, 0, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_3_2_0, thumbnet_depthwise_conv_2d_dsp_s8, constants, 3, 2, 0)

static const int32_t conv_2d_3x3_speed_weights[66] =
{418909965,87224336,235005175,570999328,388185315,622653434,211892470,-976028675,-991741246,
-237966289,772136978,254983404,-336916797,9927,8,1345095782,-24704,-9462,8,1182165531,-24704,
-2898,1410855661,-655444261,703135009,234347009,-1579433179,-573720781,1126839248,387377733,
-19196654,-602653759,153661980,1558182401,-197272043,50952,8,1231476317,-24704,54126,10,
1223319918,-98816,34664,-1900590,-2883571,-1900531,-65529,-1310728,1179727,-983035,-1048557,
-4587498,-11,3080247,393219,917553,65526,11,1635821838,-197632,23776,-1073741824,0,0,0};
static const thumbnet_conv_2d_dsp_t conv_2d_3x3_speed_constants =
{.weights = conv_2d_3x3_speed_weights, .quads = 7, .out_channels = 5, .in_channels = 3,
.in_width = 5, .kernel_height = 3, .kernel_width = 3, .stride_width = 1, .pad_left = 1,
.in_zero_point = -53, .low = -128, .high = 127};
static const thumbnet_source_t conv_2d_3x3_speed_sources[1] =
{{.row_size = 15, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_3x3_speed, 25, 3, 1, 5, 0)
static const golden_input_t conv_2d_3x3_speed_inputs[1] = {{5, 3, 54}};

static const int32_t conv_2d_stride_2_speed_weights[36] =
{1744707064,-1305294921,657329402,-942930976,-1396103395,-150147585,319105072,773406967,59915,
964,9,1623768887,-41728,-51318,6,1359100050,-5216,58408,85715243,506915659,-133823211,837622030,
801181467,-906038246,121775388,1076221750,9212,55808,8,1395450794,-20864,147348,-2147483642,
1428424310,-5216,26238};
static const thumbnet_conv_2d_dsp_t conv_2d_stride_2_speed_constants =
{.weights = conv_2d_stride_2_speed_weights, .quads = 5, .out_channels = 4, .in_channels = 2,
.in_width = 6, .kernel_height = 3, .kernel_width = 3, .stride_width = 2, .in_zero_point = -128,
.low = -82, .high = 127};
static const thumbnet_source_t conv_2d_stride_2_speed_sources[1] =
{{.row_size = 12, .height = 6, .kernel_height = 3, .stride = 2, .kernel_width = 3,
.stride_width = 2}};
GOLDEN_LAYER(conv_2d_stride_2_speed, 12, 3, 1, 3, 0)
static const golden_input_t conv_2d_stride_2_speed_inputs[1] = {{6, 2, 8}};

static const int32_t conv_2d_quads_speed_weights[78] =
{-150348510,-34467807,725277247,-226237661,706428609,336146139,-100999747,171162903,103432129,
854983438,317189693,475871009,-751312643,-1212538170,-567786236,-690943765,-267796484,185069794,
6,1392642731,8160,11626,9,1722776776,65280,-39468,168432957,-1259069731,570349094,-539891740,
-535768557,876796115,-1192952518,517869568,19743759,-708995592,-1038959389,1373900519,394246123,
-220037698,451536331,643577670,1730021410,1021192654,9,1866469343,65280,-63674,6,1317028543,8160,
95720,-3866643,2818058,-2621417,-720882,1376208,-982936,3473471,-7012309,-5177344,-1310756,
4980744,1638438,-2424806,2686954,-1245257,-6094823,1376237,-131120,9,1797681667,65280,-51506,
-1073741824,0,0,0};
static const thumbnet_conv_2d_dsp_t conv_2d_quads_speed_constants =
{.weights = conv_2d_quads_speed_weights, .quads = 9, .out_channels = 5, .in_channels = 4,
.in_width = 5, .kernel_height = 3, .kernel_width = 3, .stride_width = 1, .pad_left = 1,
.low = -128, .high = 127};
static const thumbnet_source_t conv_2d_quads_speed_sources[1] =
{{.row_size = 20, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_quads_speed, 25, 3, 1, 5, 0)
static const golden_input_t conv_2d_quads_speed_inputs[1] = {{5, 4, 47}};

static const int32_t conv_2d_1x1_even_speed_weights[24] =
{-703931402,348853784,0,0,7,1521695724,64,2438,6,2049925780,32,14786,-15210977,501281472,0,0,8,
2101251710,128,-21752,-2147483642,1596447673,32,-9330};
static const thumbnet_conv_2d_dsp_t conv_2d_1x1_even_speed_constants =
{.weights = conv_2d_1x1_even_speed_weights, .quads = 2, .out_channels = 4, .in_channels = 4,
.in_width = 4, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .high = 127};
static const thumbnet_source_t conv_2d_1x1_even_speed_sources[1] =
{{.row_size = 16, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1_even_speed, 16, 2, 1, 4, 0)
static const golden_input_t conv_2d_1x1_even_speed_inputs[1] = {{4, 4, 8}};

static const int32_t conv_2d_1x1_quads_speed_weights[36] =
{-706745880,283384844,52295219,-938676660,7,1133657749,-7616,13050,7,1811830467,-7616,25096,
-247453266,-402892791,-10000924,372467272,7,1217376792,-7616,12260,7,1269093167,-7616,30870,
-1310774,786406,3604488,1376223,7,1134300416,-7616,26068,-1073741824,0,0,0};
static const thumbnet_conv_2d_dsp_t conv_2d_1x1_quads_speed_constants =
{.weights = conv_2d_1x1_quads_speed_weights, .quads = 2, .out_channels = 5, .in_channels = 8,
.in_width = 7, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .in_zero_point = -5,
.low = -60, .high = 40};
static const thumbnet_source_t conv_2d_1x1_quads_speed_sources[1] =
{{.row_size = 56, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1_quads_speed, 35, 1, 1, 7, 0)
static const golden_input_t conv_2d_1x1_quads_speed_inputs[1] = {{7, 8, 7}};

static const int32_t fully_connected_quads_speed_weights[42] =
{-1308602088,-1020518129,-517618185,4185619,86563617,-652488222,7,1107545864,64,55440,7,
1107545864,64,-90946,1087691199,936455167,-87237955,1055318555,807138821,334560774,7,1107545864,
64,-6790,7,1107545864,64,22954,-1572843,-2686998,1310738,-2359313,-1048570,983019,7,1107545864,
64,-5120,-1073741824,0,0,0};
static const thumbnet_conv_2d_dsp_t fully_connected_quads_speed_constants =
{.weights = fully_connected_quads_speed_weights, .quads = 3, .out_channels = 5,
.in_channels = 12, .in_width = 1, .kernel_height = 1, .kernel_width = 1, .stride_width = 1,
.in_zero_point = -128, .low = -128, .high = 127};
static const thumbnet_source_t fully_connected_quads_speed_sources[1] =
{{.row_size = 12, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_quads_speed, 5, 1, 1, 1, 0)
static const golden_input_t fully_connected_quads_speed_inputs[1] = {{1, 12, 0}};

static const int32_t depthwise_3x3_speed_records[40] =
{327590,1900516,-196652,-3080224,-5308464,4418,1902293504,16207,-6684672,-6422364,-2949166,
5111848,-6684594,-23212,1963185569,16197,-3080328,2097156,-9437084,-1834948,-18808860,-38514,
1086305499,16276,-2031613,4653092,1245153,7733266,-917386,4217,1122699306,16165,327746,-2752530,
-5636127,-4063208,262082,-227,834445526,16302};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_3x3_speed_constants =
{.records = depthwise_3x3_speed_records, .channels = 5, .in_width = 5, .most = 6, .pad_left = 1,
.in_zero_point = -39};
static const thumbnet_source_t depthwise_3x3_speed_sources[1] =
{{.row_size = 25, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_3x3_speed, 25, 3, 1, 5, 0)
static const golden_input_t depthwise_3x3_speed_inputs[1] = {{5, 5, 45}};

static const int32_t depthwise_whole_vectors_speed_records[64] =
{-1441742,131250,-6094960,-589842,-2949130,8755,1361054092,-16342,-6160332,1113950,2031554,
3604406,-1179594,-3982,1846618427,-16341,-2621428,-2228212,16711512,-5963794,-5177436,-3806,
1696224547,-16374,983005,4980723,2752540,4915240,4325451,4798,774251511,-16337,1179690,-5242914,
-4194301,3997700,61,21207,1229367153,-16379,-3014627,-3538965,327695,-1048686,1179631,3821,
1215812355,-16339,-982960,-3014711,1769491,196566,2686978,2124,2072053888,-16464,3604467,131034,
-262159,2752464,-1834967,8997,621222878,-16330};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_whole_vectors_speed_constants =
{.records = depthwise_whole_vectors_speed_records, .channels = 8, .in_width = 3, .most = 4,
.pad_left = 1, .in_zero_point = 28};
static const thumbnet_source_t depthwise_whole_vectors_speed_sources[1] =
{{.row_size = 24, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_whole_vectors_speed, 24, 3, 1, 3, 0)
static const golden_input_t depthwise_whole_vectors_speed_inputs[1] = {{3, 8, 40}};

static const int32_t depthwise_strided_3x3_speed_records[48] =
{2949094,-2818186,3473360,-130958,-7405570,-37619,1852975333,-16395,2097115,2031637,262137,
-458727,3407865,11838,1661084438,-16365,1835024,-3538959,196587,-1114107,1114095,1328,1110825758,
-16417,4849651,-1835031,-2097104,-917472,262130,-1185,502834008,-16343,-262146,2097197,2555952,
720932,2883595,41375,773011474,-16459,-15204348,9437196,13434756,20709636,-11009732,71660,
1143117265,-16319};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_strided_3x3_speed_constants =
{.records = depthwise_strided_3x3_speed_records, .channels = 6, .in_width = 7, .most = 4,
.pad_left = 1, .in_zero_point = -128};
static const thumbnet_source_t depthwise_strided_3x3_speed_sources[1] =
{{.row_size = 42, .height = 3, .kernel_height = 3, .stride = 2, .pad = 1, .kernel_width = 3,
.stride_width = 2, .pad_left = 1}};
GOLDEN_LAYER(depthwise_strided_3x3_speed, 24, 2, 1, 4, 0)
static const golden_input_t depthwise_strided_3x3_speed_inputs[1] = {{7, 6, 18}};

static const int32_t depthwise_long_speed_records[32] =
{-327741,4390873,5505079,-262132,1441788,22102,1421316842,-16377,-524249,-4259793,262159,
-2031567,-3997727,-1280,1018010021,-16345,-3145690,1835026,-1441828,-4128760,4587457,-3299,
1186713080,-16325,4784052,8126572,1638360,11337712,-16777044,22648,1110934862,-16319};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_long_speed_constants =
{.records = depthwise_long_speed_records, .channels = 4, .in_width = 27, .most = 24,
.pad_left = 1, .in_zero_point = -128};
static const thumbnet_source_t depthwise_long_speed_sources[1] =
{{.row_size = 108, .height = 1, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_long_speed, 108, 1, 1, 27, 0)
static const golden_input_t depthwise_long_speed_inputs[1] = {{27, 4, 4}};

static const thumbnet_add_dsp_t add_speed_constants =
{.first.column_step = 5, .first.channel_step = 1, .second.row = 1, .second.column_step = 5,
.second.channel_step = 1, .first_factor = 298186263, .second_factor = 28725460,
.offset = -14412056, .channels = 5, .low = -102, .high = 127};
static const thumbnet_source_t add_speed_sources[2] =
{{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(add_speed, 20, 2, 2, 4, 0)
static const golden_input_t add_speed_inputs[2] = {{4, 5, 0}, {4, 5, 0}};

static const thumbnet_add_dsp_t sub_speed_constants =
{.first.column_step = 5, .first.channel_step = 1, .second.row = 1, .second.column_step = 5,
.second.channel_step = 1, .first_factor = 283345703, .second_factor = -10753300,
.offset = 13314054, .channels = 5, .low = -128, .high = 127};
static const thumbnet_source_t sub_speed_sources[2] =
{{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 20, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(sub_speed, 20, 2, 2, 4, 0)
static const golden_input_t sub_speed_inputs[2] = {{4, 5, 0}, {4, 5, 0}};

static const int32_t conv_2d_ties_balanced_weights[24] =
{-33226239,64759,0,0,4,1073741824,8,-96,2,1073741824,2,-146,-100533512,63225,0,0,3,1073741824,4,
-94,-2147483644,1073741824,8,-266};
static const thumbnet_conv_2d_dsp_t conv_2d_ties_balanced_constants =
{.weights = conv_2d_ties_balanced_weights, .quads = 2, .out_channels = 4, .in_channels = 3,
.in_width = 5, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .in_zero_point = -9,
.low = -128, .high = 127};
static const thumbnet_source_t conv_2d_ties_balanced_sources[1] =
{{.row_size = 15, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_ties_balanced, 20, 3, 1, 5, 0)
static const golden_input_t conv_2d_ties_balanced_inputs[1] = {{5, 3, 21}};

static const int32_t conv_2d_quads_balanced_weights[78] =
{-150348510,-34467807,725277247,-226237661,706428609,336146139,-100999747,171162903,103432129,
854983438,317189693,475871009,-751312643,-1212538170,-567786236,-690943765,-267796484,185069794,
6,1392642731,8160,11626,9,1722776776,65280,-39468,168432957,-1259069731,570349094,-539891740,
-535768557,876796115,-1192952518,517869568,19743759,-708995592,-1038959389,1373900519,394246123,
-220037698,451536331,643577670,1730021410,1021192654,9,1866469343,65280,-63674,6,1317028543,8160,
95720,-3866643,2818058,-2621417,-720882,1376208,-982936,3473471,-7012309,-5177344,-1310756,
4980744,1638438,-2424806,2686954,-1245257,-6094823,1376237,-131120,9,1797681667,65280,-51506,
-1073741824,0,0,0};
static const thumbnet_conv_2d_dsp_t conv_2d_quads_balanced_constants =
{.weights = conv_2d_quads_balanced_weights, .quads = 9, .out_channels = 5, .in_channels = 4,
.in_width = 5, .kernel_height = 3, .kernel_width = 3, .stride_width = 1, .pad_left = 1,
.low = -128, .high = 127};
static const thumbnet_source_t conv_2d_quads_balanced_sources[1] =
{{.row_size = 20, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_quads_balanced, 25, 3, 1, 5, 0)
static const golden_input_t conv_2d_quads_balanced_inputs[1] = {{5, 4, 47}};

static const int32_t conv_2d_1x1_quads_balanced_weights[36] =
{-706745880,283384844,52295219,-938676660,7,1133657749,-7616,13050,7,1811830467,-7616,25096,
-247453266,-402892791,-10000924,372467272,7,1217376792,-7616,12260,7,1269093167,-7616,30870,
-1310774,786406,3604488,1376223,7,1134300416,-7616,26068,-1073741824,0,0,0};
static const thumbnet_conv_2d_dsp_t conv_2d_1x1_quads_balanced_constants =
{.weights = conv_2d_1x1_quads_balanced_weights, .quads = 2, .out_channels = 5, .in_channels = 8,
.in_width = 7, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .in_zero_point = -5,
.low = -60, .high = 40};
static const thumbnet_source_t conv_2d_1x1_quads_balanced_sources[1] =
{{.row_size = 56, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1_quads_balanced, 35, 1, 1, 7, 0)
static const golden_input_t conv_2d_1x1_quads_balanced_inputs[1] = {{7, 8, 7}};

static const int32_t fully_connected_quads_balanced_weights[42] =
{-1308602088,-1020518129,-517618185,4185619,86563617,-652488222,7,1107545864,64,55440,7,
1107545864,64,-90946,1087691199,936455167,-87237955,1055318555,807138821,334560774,7,1107545864,
64,-6790,7,1107545864,64,22954,-1572843,-2686998,1310738,-2359313,-1048570,983019,7,1107545864,
64,-5120,-1073741824,0,0,0};
static const thumbnet_conv_2d_dsp_t fully_connected_quads_balanced_constants =
{.weights = fully_connected_quads_balanced_weights, .quads = 3, .out_channels = 5,
.in_channels = 12, .in_width = 1, .kernel_height = 1, .kernel_width = 1, .stride_width = 1,
.in_zero_point = -128, .low = -128, .high = 127};
static const thumbnet_source_t fully_connected_quads_balanced_sources[1] =
{{.row_size = 12, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_quads_balanced, 5, 1, 1, 1, 0)
static const golden_input_t fully_connected_quads_balanced_inputs[1] = {{1, 12, 0}};

static const int32_t depthwise_3x3_balanced_records[40] =
{327590,1900516,-196652,-3080224,-5308464,4418,1902293504,16207,-6684672,-6422364,-2949166,
5111848,-6684594,-23212,1963185569,16197,-3080328,2097156,-9437084,-1834948,-18808860,-38514,
1086305499,16276,-2031613,4653092,1245153,7733266,-917386,4217,1122699306,16165,327746,-2752530,
-5636127,-4063208,262082,-227,834445526,16302};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_3x3_balanced_constants =
{.records = depthwise_3x3_balanced_records, .channels = 5, .in_width = 5, .most = 6,
.pad_left = 1, .in_zero_point = -39};
static const thumbnet_source_t depthwise_3x3_balanced_sources[1] =
{{.row_size = 25, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_3x3_balanced, 25, 3, 1, 5, 0)
static const golden_input_t depthwise_3x3_balanced_inputs[1] = {{5, 5, 45}};

static const int32_t depthwise_wide_5x5_balanced_records[85] =
{6094612,5243032,6029608,-7536756,7602472,5767228,8453956,10485792,7077976,-3342384,-18874116,
-1245256,-4653344,-3080212,-133568,1546190876,-16319,20709624,1376180,-13631388,1835092,-786340,
5570500,-18808984,589744,7405472,-2818240,2883880,7340064,2097196,18350192,-19012,1148217862,
-16319,2359286,-589834,1048523,-4128757,-3276790,3342371,-2097130,-3276768,-3932179,-1835121,
2424792,-131008,4194340,2097150,50427,1439839045,-16481,-1179615,-1179690,3407840,-1703912,
2031673,-2097039,4587503,-1441755,6553668,-720853,1179588,-2621452,-786415,2686935,-43493,
2007945112,-16532,7602218,-11009962,5111916,-1179610,8454106,-655314,1703994,7143356,-1114244,
-2162698,-7471046,-7077882,458638,5570452,-3882,1220150385,-16332};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_wide_5x5_balanced_constants =
{.records = depthwise_wide_5x5_balanced_records, .channels = 5, .in_width = 6, .most = 6,
.pad_left = 2, .in_zero_point = 127};
static const thumbnet_source_t depthwise_wide_5x5_balanced_sources[1] =
{{.row_size = 30, .height = 3, .kernel_height = 5, .stride = 1, .pad = 2, .kernel_width = 5,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(depthwise_wide_5x5_balanced, 30, 3, 1, 6, 0)
static const golden_input_t depthwise_wide_5x5_balanced_inputs[1] = {{6, 5, 85}};

static const int32_t depthwise_strided_5x5_balanced_records[68] =
{-2686975,720925,-1376241,852006,3866682,-2752560,-1179651,720932,1048531,917537,-3342348,
-1900520,1638348,-3473437,-5359,234585080,-16357,4980691,1376292,-196723,2097142,-327688,851926,
-458745,1835062,1835026,1179603,5308409,-2621443,-196528,2949079,-1443,1634681988,-16515,43,
1703900,-5439546,3080189,3604520,917495,-1900576,-983056,1310663,-720822,-983064,2162815,8388592,
-6356959,5801,907368305,-16386,-1966062,1572821,-3997713,1835015,-2621478,65588,8192007,-3080148,
-720843,-524248,-1900529,1310771,3407843,458772,9395,673972752,-16342};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_strided_5x5_balanced_constants =
{.records = depthwise_strided_5x5_balanced_records, .channels = 4, .in_width = 7, .most = 4,
.pad_left = 2};
static const thumbnet_source_t depthwise_strided_5x5_balanced_sources[1] =
{{.row_size = 28, .height = 4, .kernel_height = 5, .stride = 2, .pad = 1, .kernel_width = 5,
.stride_width = 2, .pad_left = 2}};
GOLDEN_LAYER(depthwise_strided_5x5_balanced, 16, 2, 1, 4, 0)
static const golden_input_t depthwise_strided_5x5_balanced_inputs[1] = {{7, 4, 4}};

static const int32_t depthwise_wide_7x7_balanced_records[120] =
{-2949067,-2490434,2555971,-8323069,-3211228,-2097089,1310749,720847,2228316,-1638429,-1048624,
-3276851,-786384,2818041,-3145695,131112,2162606,1048479,-852009,3014640,-4390902,2490375,
1245149,-1245216,-2293722,-2097134,2031596,22152,748554925,-16662,-7864238,-4063224,-6029144,
4390878,1507274,9895908,-6356994,-3932054,6619098,-7208784,3866614,-2818164,5308392,2949108,
-1245244,10354738,-7733218,6225884,-1507476,6553810,655408,-1441734,-458876,1310734,-8060950,
983032,5636116,-106726,1222854920,-16340,-7536748,1245150,4390878,327652,14221174,1245082,
-5701666,786462,-1638528,-2555998,2818032,9699448,-5308586,-8519634,1966182,4587534,-2359276,
4128734,-3211368,2424782,10682364,-4915214,4194328,-3604518,1638324,-2490304,-1376312,60229,
1435163514,-17206,-917517,720913,2228294,-4784152,3211286,655350,3145715,-1769487,-917492,524340,
-3080235,4521974,-2228187,2883618,-1179667,-3407940,327677,3604514,-2752615,4456480,2687007,
2359319,917494,3145708,-655324,-1310707,-2031569,17840,1689400364,-16435};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_wide_7x7_balanced_constants =
{.records = depthwise_wide_7x7_balanced_records, .channels = 4, .in_width = 7, .most = 8,
.pad_left = 3, .in_zero_point = 127};
static const thumbnet_source_t depthwise_wide_7x7_balanced_sources[1] =
{{.row_size = 28, .height = 2, .kernel_height = 7, .stride = 1, .pad = 3, .kernel_width = 7,
.stride_width = 1, .pad_left = 3}};
GOLDEN_LAYER(depthwise_wide_7x7_balanced, 28, 2, 1, 7, 0)
static const golden_input_t depthwise_wide_7x7_balanced_inputs[1] = {{7, 4, 40}};

static const int32_t depthwise_strided_7x7_balanced_records[120] =
{-196629,65486,-2752501,1376232,-3473457,-851975,-2293769,1245171,2752472,-982974,-1703959,
983072,-1114083,-2097085,1835026,-2686954,-1376262,-196615,1507251,2162688,-655292,-1114133,
4587514,-3669995,-327698,1376325,-8257592,14603,524828653,-16339,-1966023,262120,-524190,262161,
4259834,-3801082,2228134,-851958,131108,4784171,-3932195,-5898229,720897,-2293736,-2359221,
-131075,852007,131055,-851964,-2752550,262085,-2097099,3473424,917508,1114080,262197,6225934,
-20429,743552964,-16578,-1703940,393179,327721,3342301,4784136,-49,-1834915,393234,720899,
2949107,3276731,-1048587,-65545,-3538864,589858,-3080149,-1835032,-983003,917519,5767088,1572917,
-130987,2228248,6357013,1638398,1376290,5242977,72239,1991335928,-16578,-720904,-393202,1179588,
-1114134,-1703863,-983062,3669957,3473444,196584,-1310633,-1245228,-2228212,-2359285,-786377,
5701623,-1179617,2555985,-2424826,-1310734,-3211274,1245118,5308391,851968,-1638440,80,-2621427,
-786458,25428,1913337612,-16379};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_strided_7x7_balanced_constants =
{.records = depthwise_strided_7x7_balanced_records, .channels = 4, .in_width = 8, .most = 4,
.pad_left = 2, .in_zero_point = -117};
static const thumbnet_source_t depthwise_strided_7x7_balanced_sources[1] =
{{.row_size = 32, .height = 3, .kernel_height = 7, .stride = 2, .pad = 3, .kernel_width = 7,
.stride_width = 2, .pad_left = 2}};
GOLDEN_LAYER(depthwise_strided_7x7_balanced, 16, 2, 1, 4, 0)
static const golden_input_t depthwise_strided_7x7_balanced_inputs[1] = {{8, 4, 20}};

static const int32_t conv_2d_stride_2_size_weights[36] =
{1744707064,-1305294921,657329402,-942930976,-1396103395,-150147585,319105072,773406967,59915,
964,9,1623768887,-41728,-51318,6,1359100050,-5216,58408,85715243,506915659,-133823211,837622030,
801181467,-906038246,121775388,1076221750,9212,55808,8,1395450794,-20864,147348,-2147483642,
1428424310,-5216,26238};
static const thumbnet_conv_2d_dsp_t conv_2d_stride_2_size_constants =
{.weights = conv_2d_stride_2_size_weights, .quads = 5, .out_channels = 4, .in_channels = 2,
.in_width = 6, .kernel_height = 3, .kernel_width = 3, .stride_width = 2, .in_zero_point = -128,
.low = -82, .high = 127};
static const thumbnet_source_t conv_2d_stride_2_size_sources[1] =
{{.row_size = 12, .height = 6, .kernel_height = 3, .stride = 2, .kernel_width = 3,
.stride_width = 2}};
GOLDEN_LAYER(conv_2d_stride_2_size, 12, 3, 1, 3, 0)
static const golden_input_t conv_2d_stride_2_size_inputs[1] = {{6, 2, 0}};

static const int32_t conv_2d_quads_size_weights[78] =
{-150348510,-34467807,725277247,-226237661,706428609,336146139,-100999747,171162903,103432129,
854983438,317189693,475871009,-751312643,-1212538170,-567786236,-690943765,-267796484,185069794,
6,1392642731,8160,11626,9,1722776776,65280,-39468,168432957,-1259069731,570349094,-539891740,
-535768557,876796115,-1192952518,517869568,19743759,-708995592,-1038959389,1373900519,394246123,
-220037698,451536331,643577670,1730021410,1021192654,9,1866469343,65280,-63674,6,1317028543,8160,
95720,-3866643,2818058,-2621417,-720882,1376208,-982936,3473471,-7012309,-5177344,-1310756,
4980744,1638438,-2424806,2686954,-1245257,-6094823,1376237,-131120,9,1797681667,65280,-51506,
-1073741824,0,0,0};
static const thumbnet_conv_2d_dsp_t conv_2d_quads_size_constants =
{.weights = conv_2d_quads_size_weights, .quads = 9, .out_channels = 5, .in_channels = 4,
.in_width = 5, .kernel_height = 3, .kernel_width = 3, .stride_width = 1, .pad_left = 1,
.low = -128, .high = 127};
static const thumbnet_source_t conv_2d_quads_size_sources[1] =
{{.row_size = 20, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_quads_size, 25, 3, 1, 5, 0)
static const golden_input_t conv_2d_quads_size_inputs[1] = {{5, 4, 38}};

static const int32_t conv_2d_1x1_even_size_weights[24] =
{-703931402,348853784,0,0,7,1521695724,64,2438,6,2049925780,32,14786,-15210977,501281472,0,0,8,
2101251710,128,-21752,-2147483642,1596447673,32,-9330};
static const thumbnet_conv_2d_dsp_t conv_2d_1x1_even_size_constants =
{.weights = conv_2d_1x1_even_size_weights, .quads = 2, .out_channels = 4, .in_channels = 4,
.in_width = 4, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .high = 127};
static const thumbnet_source_t conv_2d_1x1_even_size_sources[1] =
{{.row_size = 16, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1_even_size, 16, 2, 1, 4, 0)
static const golden_input_t conv_2d_1x1_even_size_inputs[1] = {{4, 4, 0}};

static const int32_t fully_connected_quads_size_weights[42] =
{-1308602088,-1020518129,-517618185,4185619,86563617,-652488222,7,1107545864,64,55440,7,
1107545864,64,-90946,1087691199,936455167,-87237955,1055318555,807138821,334560774,7,1107545864,
64,-6790,7,1107545864,64,22954,-1572843,-2686998,1310738,-2359313,-1048570,983019,7,1107545864,
64,-5120,-1073741824,0,0,0};
static const thumbnet_conv_2d_dsp_t fully_connected_quads_size_constants =
{.weights = fully_connected_quads_size_weights, .quads = 3, .out_channels = 5, .in_channels = 12,
.in_width = 1, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .in_zero_point = -128,
.low = -128, .high = 127};
static const thumbnet_source_t fully_connected_quads_size_sources[1] =
{{.row_size = 12, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_quads_size, 5, 1, 1, 1, 0)
static const golden_input_t fully_connected_quads_size_inputs[1] = {{1, 12, 0}};

static const int32_t depthwise_strided_3x3_size_records[48] =
{2949094,-2818186,3473360,-130958,-7405570,-37619,1852975333,-16395,2097115,2031637,262137,
-458727,3407865,11838,1661084438,-16365,1835024,-3538959,196587,-1114107,1114095,1328,1110825758,
-16417,4849651,-1835031,-2097104,-917472,262130,-1185,502834008,-16343,-262146,2097197,2555952,
720932,2883595,41375,773011474,-16459,-15204348,9437196,13434756,20709636,-11009732,71660,
1143117265,-16319};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_strided_3x3_size_constants =
{.records = depthwise_strided_3x3_size_records, .channels = 6, .in_width = 7, .most = 4,
.pad_left = 1, .in_zero_point = -128};
static const thumbnet_source_t depthwise_strided_3x3_size_sources[1] =
{{.row_size = 42, .height = 3, .kernel_height = 3, .stride = 2, .pad = 1, .kernel_width = 3,
.stride_width = 2, .pad_left = 1}};
GOLDEN_LAYER(depthwise_strided_3x3_size, 24, 2, 1, 4, 0)
static const golden_input_t depthwise_strided_3x3_size_inputs[1] = {{7, 6, 18}};

static const int32_t depthwise_wide_5x5_size_records[85] =
{6094612,5243032,6029608,-7536756,7602472,5767228,8453956,10485792,7077976,-3342384,-18874116,
-1245256,-4653344,-3080212,-133568,1546190876,-16319,20709624,1376180,-13631388,1835092,-786340,
5570500,-18808984,589744,7405472,-2818240,2883880,7340064,2097196,18350192,-19012,1148217862,
-16319,2359286,-589834,1048523,-4128757,-3276790,3342371,-2097130,-3276768,-3932179,-1835121,
2424792,-131008,4194340,2097150,50427,1439839045,-16481,-1179615,-1179690,3407840,-1703912,
2031673,-2097039,4587503,-1441755,6553668,-720853,1179588,-2621452,-786415,2686935,-43493,
2007945112,-16532,7602218,-11009962,5111916,-1179610,8454106,-655314,1703994,7143356,-1114244,
-2162698,-7471046,-7077882,458638,5570452,-3882,1220150385,-16332};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_wide_5x5_size_constants =
{.records = depthwise_wide_5x5_size_records, .channels = 5, .in_width = 6, .most = 6,
.pad_left = 2, .in_zero_point = 127};
static const thumbnet_source_t depthwise_wide_5x5_size_sources[1] =
{{.row_size = 30, .height = 3, .kernel_height = 5, .stride = 1, .pad = 2, .kernel_width = 5,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(depthwise_wide_5x5_size, 30, 3, 1, 6, 0)
static const golden_input_t depthwise_wide_5x5_size_inputs[1] = {{6, 5, 85}};

static const golden_case_t golden_conv_2d_gathered_dsp_s8[4] =
{GOLDEN_CASE(conv_2d_3x3_speed, conv_2d_3x3, run_conv_2d_gathered_dsp_s8_2_0_1, 2, 75, 5, 181, 0),
GOLDEN_CASE(conv_2d_stride_2_speed, conv_2d_stride_2, run_conv_2d_gathered_dsp_s8_2_1_0, 2, 36, 4, 144, 0),
GOLDEN_CASE(conv_2d_ties_balanced, conv_2d_ties, run_conv_2d_gathered_dsp_s8_1_0_0, 2, 60, 4, 60, 0),
GOLDEN_CASE(conv_2d_stride_2_size, conv_2d_stride_2, run_conv_2d_gathered_dsp_s8_0_1_0, 2, 36, 4, 54, 0)};

static const golden_case_t golden_conv_2d_dsp_s8[3] =
{GOLDEN_CASE(conv_2d_quads_speed, conv_2d_quads, run_conv_2d_dsp_s8_2_0, 1, 75, 5, 216, 0),
GOLDEN_CASE(conv_2d_quads_balanced, conv_2d_quads, run_conv_2d_dsp_s8_1_0, 1, 75, 5, 216, 0),
GOLDEN_CASE(conv_2d_quads_size, conv_2d_quads, run_conv_2d_dsp_s8_0_0, 1, 75, 5, 72, 0)};

static const golden_case_t golden_conv_2d_1x1_dsp_s8[4] =
{GOLDEN_CASE(conv_2d_1x1_even_speed, conv_2d_1x1_even, run_conv_2d_1x1_dsp_s8_2_1, 2, 32, 4, 48, 1),
GOLDEN_CASE(conv_2d_1x1_quads_speed, conv_2d_1x1_quads, run_conv_2d_1x1_dsp_s8_2_1, 1, 35, 5, 48, 1),
GOLDEN_CASE(conv_2d_1x1_quads_balanced, conv_2d_1x1_quads, run_conv_2d_1x1_dsp_s8_1_1, 1, 35, 5, 48, 1),
GOLDEN_CASE(conv_2d_1x1_even_size, conv_2d_1x1_even, run_conv_2d_1x1_dsp_s8_0_1, 2, 32, 4, 16, 1)};

static const golden_case_t golden_fully_connected_dsp_s8[3] =
{GOLDEN_CASE(fully_connected_quads_speed, fully_connected_quads, run_fully_connected_dsp_s8_2_0, 2, 5, 5, 24, 1),
GOLDEN_CASE(fully_connected_quads_balanced, fully_connected_quads, run_fully_connected_dsp_s8_1_0, 2, 5, 5, 24, 1),
GOLDEN_CASE(fully_connected_quads_size, fully_connected_quads, run_fully_connected_dsp_s8_0_0, 2, 5, 5, 24, 1)};

static const golden_case_t golden_depthwise_conv_2d_dsp_s8[11] =
{GOLDEN_CASE(depthwise_3x3_speed, depthwise_3x3, run_depthwise_conv_2d_dsp_s8_3_1_1, 2, 75, 5, 192, 0),
GOLDEN_CASE(depthwise_whole_vectors_speed, depthwise_whole_vectors, run_depthwise_conv_2d_dsp_s8_3_1_1, 2, 72, 8, 144, 0),
GOLDEN_CASE(depthwise_strided_3x3_speed, depthwise_strided_3x3, run_depthwise_conv_2d_dsp_s8_3_2_1, 1, 48, 6, 240, 0),
GOLDEN_CASE(depthwise_long_speed, depthwise_long, run_depthwise_conv_2d_dsp_s8_3_1_1, 1, 108, 4, 624, 0),
GOLDEN_CASE(depthwise_3x3_balanced, depthwise_3x3, run_depthwise_conv_2d_dsp_s8_3_1_0, 2, 75, 5, 192, 0),
GOLDEN_CASE(depthwise_wide_5x5_balanced, depthwise_wide_5x5, run_depthwise_conv_2d_dsp_s8_5_1_0, 1, 90, 5, 400, 0),
GOLDEN_CASE(depthwise_strided_5x5_balanced, depthwise_strided_5x5, run_depthwise_conv_2d_dsp_s8_5_2_0, 1, 32, 4, 480, 0),
GOLDEN_CASE(depthwise_wide_7x7_balanced, depthwise_wide_7x7, run_depthwise_conv_2d_dsp_s8_7_1_0, 1, 56, 4, 784, 0),
GOLDEN_CASE(depthwise_strided_7x7_balanced, depthwise_strided_7x7, run_depthwise_conv_2d_dsp_s8_7_2_0, 1, 32, 4, 784, 0),
GOLDEN_CASE(depthwise_strided_3x3_size, depthwise_strided_3x3, run_depthwise_conv_2d_dsp_s8_3_2_0, 1, 48, 6, 240, 0),
GOLDEN_CASE(depthwise_wide_5x5_size, depthwise_wide_5x5, run_depthwise_conv_2d_dsp_s8_5_1_0, 1, 90, 5, 400, 0)};

static const golden_case_t golden_add_dsp_s8[2] =
{GOLDEN_CASE(add_speed, add, run_add_dsp_s8_1, 2, 40, 5, 0, 1),
GOLDEN_CASE(sub_speed, sub, run_add_dsp_s8_0, 2, 40, 5, 0, 1)};

#endif
