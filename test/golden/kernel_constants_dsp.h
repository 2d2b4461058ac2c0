/* How thumbnet lowers the models of kernel_vectors.h, and its cases by kernel.
 *
 * Made by make_golden.py, do not edit: the models and their seeds are in kernel_cases.py and
 * networks.py. Outputs are those of TFLite's interpreter with its built-in kernels and no
 * delegates: ai-edge-litert 2.3.0, BUILTIN_WITHOUT_DEFAULT_DELEGATES (for the operators
 * quantize and dequantize BUILTIN_REF, see kernel_cases.py); of names with "even", onnxruntime's.
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
#include <thumbnet/kernels/lstm_dsp.h>

#define GOLDEN_MOST_OUTPUT 108
#define GOLDEN_MOST_INPUT 126
#define GOLDEN_MOST_OVERLAP 85
#define GOLDEN_MOST_ROWS_SIZE 324 /* all that a run may read */
#define GOLDEN_MOST_INPUTS 3
#define GOLDEN_MOST_STATES 16
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
GOLDEN_KERNEL(run_lstm_dsp_s8, thumbnet_lstm_dsp_s8, constants)
GOLDEN_KERNEL(run_conv_2d_gathered_dsp_s8_1_0_0, thumbnet_conv_2d_gathered_dsp_s8, constants, 1, 0, 0)
GOLDEN_KERNEL(run_conv_2d_dsp_s8_1_0, thumbnet_conv_2d_dsp_s8, constants, 1, 0)
GOLDEN_KERNEL(run_conv_2d_1x1_dsp_s8_1_1, thumbnet_conv_2d_1x1_dsp_s8, constants, 1, 1)
GOLDEN_KERNEL(run_fully_connected_dsp_s8_1_0, thumbnet_fully_connected_dsp_s8, constants, 1, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_3_1_0, thumbnet_depthwise_conv_2d_dsp_s8, constants, 3, 1, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_5_1_2, thumbnet_depthwise_conv_2d_dsp_s8, constants, 5, 1, 2)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_5_2_2, thumbnet_depthwise_conv_2d_dsp_s8, constants, 5, 2, 2)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_7_1_2, thumbnet_depthwise_conv_2d_dsp_s8, constants, 7, 1, 2)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_7_2_2, thumbnet_depthwise_conv_2d_dsp_s8, constants, 7, 2, 2)
GOLDEN_KERNEL(run_conv_2d_gathered_dsp_s8_0_1_0, thumbnet_conv_2d_gathered_dsp_s8, constants, 0, 1, 0)
GOLDEN_KERNEL(run_conv_2d_dsp_s8_0_0, thumbnet_conv_2d_dsp_s8, constants, 0, 0)
GOLDEN_KERNEL(run_conv_2d_1x1_dsp_s8_0_1, thumbnet_conv_2d_1x1_dsp_s8, constants, 0, 1)
GOLDEN_KERNEL(run_conv_2d_1x1_dsp_s8_0_0, thumbnet_conv_2d_1x1_dsp_s8, constants, 0, 0)
GOLDEN_KERNEL(run_depthwise_conv_2d_dsp_s8_3_2_2, thumbnet_depthwise_conv_2d_dsp_s8, constants, 3, 2, 2)

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
.in_zero_point = -53, .low = -128, .high = 127, .out_zero_point = -97};
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
.low = -82, .high = 127, .out_zero_point = -82};
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
.low = -128, .high = 127, .out_zero_point = 127};
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
.low = -60, .high = 40, .out_zero_point = -60};
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
.in_zero_point = -39, .out_zero_point = 127};
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
.pad_left = 1, .in_zero_point = 28, .out_zero_point = -128};
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
.pad_left = 1, .in_zero_point = -128, .out_zero_point = -128};
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
.pad_left = 1, .in_zero_point = -128, .out_zero_point = -128};
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

static const uint32_t lstm_speed_weights[24] =
{834735272,3757178304,3773417985,287905007,16142,0,5387,0,3805958976,3406257662,784597232,
3853311782,55757,0,64527,0,283038170,70090482,3757505084,351224087,52243,0,61423,0};
static const uint32_t lstm_speed_recurrent[12] =
{94954899,52968,219284704,58843,3839492128,62001,4177577263,11758,86234786,60379,4239447985,
15860};
static const int32_t lstm_speed_bias[24] =
{-23560,12151,-4128,-2088,-3094,-966,-714,-112,-4021,13546,-8925,-1030,602,-574,406,-280,116,
20436,-1039,791,-1344,-784,-2394,266};
static const int32_t lstm_speed_mantissa[8] =
{1163922304,1377885440,1277695616,1664625024,1186070144,1144668032,1196485376,1111975424};
static const int8_t lstm_speed_shift[8] = {2,0,0,1,2,2,2,3};
static const thumbnet_lstm_t lstm_speed_constants =
{.weights = lstm_speed_weights, .recurrent = lstm_speed_recurrent, .bias = lstm_speed_bias,
.mantissa = lstm_speed_mantissa, .shift = lstm_speed_shift, .hidden_mantissa = 1423022848,
.in_channels = 5, .units = 3, .clip = 32767, .hidden_shift = -22, .cell_shift = 18,
.cell_bits = 3, .zero_point = -14};
static const thumbnet_source_t lstm_speed_sources[3] =
{{.row_size = 10, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1},
{.row_size = 3, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1},
{.row_size = 6, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1}};
GOLDEN_LAYER(lstm_speed, 6, 1, 3, 2, 0)
static const golden_input_t lstm_speed_inputs[3] = {{2, 5, 3}, {1, 3, -2}, {1, 6, -3}};

static const int32_t conv_2d_ties_balanced_weights[16] =
{-33226239,64759,0,0,-49148,1073741824,-74750,1073741824,-100533512,63225,0,0,-48125,1073741824,
-135932,1073741824};
static const thumbnet_conv_2d_dsp_t conv_2d_ties_balanced_constants =
{.weights = conv_2d_ties_balanced_weights, .quads = 2, .out_channels = 4, .in_channels = 3,
.in_width = 5, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .in_zero_point = -9,
.low = -128, .high = 127};
static const thumbnet_source_t conv_2d_ties_balanced_sources[1] =
{{.row_size = 15, .height = 3, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_ties_balanced, 20, 3, 1, 5, 0)
static const golden_input_t conv_2d_ties_balanced_inputs[1] = {{5, 3, 21}};

static const int32_t conv_2d_quads_balanced_weights[66] =
{-150348510,-34467807,725277247,-226237661,706428609,336146139,-100999747,171162903,103432129,
854983438,317189693,475871009,-751312643,-1212538170,-567786236,-690943765,-267796484,185069794,
5952518,1392642731,-20207607,1722776776,168432957,-1259069731,570349094,-539891740,-535768557,
876796115,-1192952518,517869568,19743759,-708995592,-1038959389,1373900519,394246123,-220037698,
451536331,643577670,1730021410,1021192654,-32601079,1866469343,49008646,1317028543,-3866643,
2818058,-2621417,-720882,1376208,-982936,3473471,-7012309,-5177344,-1310756,4980744,1638438,
-2424806,2686954,-1245257,-6094823,1376237,-131120,-26371063,1797681667,384,0};
static const thumbnet_conv_2d_dsp_t conv_2d_quads_balanced_constants =
{.weights = conv_2d_quads_balanced_weights, .quads = 9, .out_channels = 5, .in_channels = 4,
.in_width = 5, .kernel_height = 3, .kernel_width = 3, .stride_width = 1, .pad_left = 1,
.low = -128, .high = 127, .out_zero_point = 127};
static const thumbnet_source_t conv_2d_quads_balanced_sources[1] =
{{.row_size = 20, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_quads_balanced, 25, 3, 1, 5, 0)
static const golden_input_t conv_2d_quads_balanced_inputs[1] = {{5, 4, 47}};

static const int32_t conv_2d_1x1_quads_balanced_weights[24] =
{-706745880,283384844,52295219,-938676660,6681607,1133657749,12849159,1811830467,-247453266,
-402892791,-10000924,372467272,6277127,1217376792,15805447,1269093167,-1310774,786406,3604488,
1376223,13346823,1134300416,384,0};
static const thumbnet_conv_2d_dsp_t conv_2d_1x1_quads_balanced_constants =
{.weights = conv_2d_1x1_quads_balanced_weights, .quads = 2, .out_channels = 5, .in_channels = 8,
.in_width = 7, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .in_zero_point = -5,
.low = -60, .high = 40, .out_zero_point = -60};
static const thumbnet_source_t conv_2d_1x1_quads_balanced_sources[1] =
{{.row_size = 56, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1_quads_balanced, 35, 1, 1, 7, 0)
static const golden_input_t conv_2d_1x1_quads_balanced_inputs[1] = {{7, 8, 7}};

static const int32_t fully_connected_quads_balanced_weights[30] =
{-1308602088,-1020518129,-517618185,4185619,86563617,-652488222,28385287,1107545864,-46564345,
1107545864,1087691199,936455167,-87237955,1055318555,807138821,334560774,-3476473,1107545864,
11752455,1107545864,-1572843,-2686998,1310738,-2359313,-1048570,983019,-2621433,1107545864,384,0};
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
.pad_left = 1, .in_zero_point = -39, .out_zero_point = 127};
static const thumbnet_source_t depthwise_3x3_balanced_sources[1] =
{{.row_size = 25, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(depthwise_3x3_balanced, 25, 3, 1, 5, 0)
static const golden_input_t depthwise_3x3_balanced_inputs[1] = {{5, 5, 45}};

static const int32_t depthwise_wide_5x5_balanced_records[45] =
{337061573,-484973750,371003210,673188049,-216271850,-71766465,-185664584,-8548276,1546190876,
89124158,130815257,368963863,45673690,-182660888,470485066,1174936587,-1216692,1148217862,
-165415178,-1055978549,869147402,-824172522,-473722899,-31178536,524353060,12786254,1439839045,
-303114719,-432858912,-534810311,-364567057,-177984700,-686689084,687134481,-11250354,2007945112,
-1405474027,-148434122,-79685651,906878493,-268960834,-892927203,704891591,-502451,1220150385};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_wide_5x5_balanced_constants =
{.records = depthwise_wide_5x5_balanced_records, .channels = 5, .in_width = 6, .most = 6,
.pad_left = 2, .in_zero_point = 127, .out_zero_point = -128};
static const thumbnet_source_t depthwise_wide_5x5_balanced_sources[1] =
{{.row_size = 30, .height = 3, .kernel_height = 5, .stride = 1, .pad = 2, .kernel_width = 5,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(depthwise_wide_5x5_balanced, 30, 3, 1, 6, 0)
static const golden_input_t depthwise_wide_5x5_balanced_inputs[1] = {{6, 5, 85}};

static const int32_t depthwise_strided_5x5_balanced_records[36] =
{198647041,233514511,-717500358,200090877,235872723,-473163532,-904338484,-1545391,1876680647,
357246163,536671885,217765624,486094343,287101714,-682557959,754833232,-500658,1634681988,
419486763,783089094,221771560,-253562656,-183285049,569409512,-1619058192,1405007,1814736610,
400741650,482478063,30880986,-780325881,-118151115,350434063,120788195,2369103,1347945504};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_strided_5x5_balanced_constants =
{.records = depthwise_strided_5x5_balanced_records, .channels = 4, .in_width = 7, .most = 4,
.pad_left = 2, .out_zero_point = -128};
static const thumbnet_source_t depthwise_strided_5x5_balanced_sources[1] =
{{.row_size = 28, .height = 4, .kernel_height = 5, .stride = 2, .pad = 1, .kernel_width = 5,
.stride_width = 2, .pad_left = 2}};
GOLDEN_LAYER(depthwise_strided_5x5_balanced, 16, 2, 1, 4, 0)
static const golden_input_t depthwise_strided_5x5_balanced_inputs[1] = {{7, 4, 4}};

static const int32_t depthwise_wide_7x7_balanced_records[64] =
{-640434635,-2128149693,-523288796,169135901,-433921188,-839922224,720697648,47196193,253796270,
770896087,649922314,-334307107,-522382810,1966316,5168463,1497109850,-507247575,567471956,
1259074277,-489736705,-919447315,-367147269,371784436,1341528546,801500687,854878646,-184214248,
184289218,130219253,2818058,-13670067,1222854920,164032458,35779311,158125499,114561007,
-319565376,1242905848,-1076422741,588187443,535752458,317188044,-632161794,-467604212,-317972262,
16056548,7369805,1435163514,200348147,-1239226298,154269206,-466619917,150090764,1154545365,
752755237,-873612051,923017981,1154818201,606672671,789441782,-319419100,14745647,4492110,
1689400364};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_wide_7x7_balanced_constants =
{.records = depthwise_wide_7x7_balanced_records, .channels = 4, .in_width = 7, .most = 8,
.pad_left = 3, .in_zero_point = 127, .out_zero_point = -128};
static const thumbnet_source_t depthwise_wide_7x7_balanced_sources[1] =
{{.row_size = 28, .height = 2, .kernel_height = 7, .stride = 1, .pad = 3, .kernel_width = 7,
.stride_width = 1, .pad_left = 3}};
GOLDEN_LAYER(depthwise_wide_7x7_balanced, 28, 2, 1, 7, 0)
static const golden_input_t depthwise_wide_7x7_balanced_inputs[1] = {{7, 4, 40}};

static const int32_t depthwise_strided_7x7_balanced_records[64] =
{16568043,349628427,-221578801,316470263,-248954152,266674409,-521190627,-686025198,-51709446,
555090099,-285807804,-934996486,368723438,8454344,3698512,2099314613,65202233,83366242,
-968882438,-215938394,1224878884,-1497166883,-586475519,-35848885,17690407,-705439228,-536660539,
238355472,68171232,6225934,-5611441,1487105928,98950140,839245097,-11940088,115610205,738980611,
-281938501,-889302793,-787928286,-236771864,1460580367,-31959755,1629623576,353903358,5242977,
18350670,1991335928,-84668680,-300815676,-253302199,892806341,-335390744,-554955564,-186894581,
-296345609,-618199471,-823396622,1343416254,-435300352,-671085232,15925478,6475598,1913337612};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_strided_7x7_balanced_constants =
{.records = depthwise_strided_7x7_balanced_records, .channels = 4, .in_width = 8, .most = 4,
.pad_left = 2, .in_zero_point = -117, .out_zero_point = -128};
static const thumbnet_source_t depthwise_strided_7x7_balanced_sources[1] =
{{.row_size = 32, .height = 3, .kernel_height = 7, .stride = 2, .pad = 3, .kernel_width = 7,
.stride_width = 2, .pad_left = 2}};
GOLDEN_LAYER(depthwise_strided_7x7_balanced, 16, 2, 1, 4, 0)
static const golden_input_t depthwise_strided_7x7_balanced_inputs[1] = {{8, 4, 20}};

static const int32_t conv_2d_stride_2_size_weights[28] =
{1744707064,-1305294921,217720880,65028343,319104814,773441484,-1396103395,-150147585,59915,964,
-26274807,1623768887,29904902,1359100050,85715243,506915659,85271836,420402998,121829382,
1076179437,801181467,-906038246,9212,55808,75442184,1395450794,13434118,1428424310};
static const thumbnet_conv_2d_dsp_t conv_2d_stride_2_size_constants =
{.weights = conv_2d_stride_2_size_weights, .quads = 5, .out_channels = 4, .in_channels = 2,
.in_width = 6, .kernel_height = 3, .kernel_width = 3, .stride_width = 2, .in_zero_point = -128,
.low = -82, .high = 127, .out_zero_point = -82};
static const thumbnet_source_t conv_2d_stride_2_size_sources[1] =
{{.row_size = 12, .height = 6, .kernel_height = 3, .stride = 2, .kernel_width = 3,
.stride_width = 2}};
GOLDEN_LAYER(conv_2d_stride_2_size, 12, 3, 1, 3, 0)
static const golden_input_t conv_2d_stride_2_size_inputs[1] = {{6, 2, 0}};

static const int32_t conv_2d_quads_size_weights[66] =
{-150348510,-34467807,725277247,-226237661,706428609,336146139,-100999747,171162903,103432129,
854983438,317189693,475871009,-751312643,-1212538170,-567786236,-690943765,-267796484,185069794,
5952518,1392642731,-20207607,1722776776,168432957,-1259069731,570349094,-539891740,-535768557,
876796115,-1192952518,517869568,19743759,-708995592,-1038959389,1373900519,394246123,-220037698,
451536331,643577670,1730021410,1021192654,-32601079,1866469343,49008646,1317028543,-3866643,
2818058,-2621417,-720882,1376208,-982936,3473471,-7012309,-5177344,-1310756,4980744,1638438,
-2424806,2686954,-1245257,-6094823,1376237,-131120,-26371063,1797681667,384,0};
static const thumbnet_conv_2d_dsp_t conv_2d_quads_size_constants =
{.weights = conv_2d_quads_size_weights, .quads = 9, .out_channels = 5, .in_channels = 4,
.in_width = 5, .kernel_height = 3, .kernel_width = 3, .stride_width = 1, .pad_left = 1,
.low = -128, .high = 127, .out_zero_point = 127};
static const thumbnet_source_t conv_2d_quads_size_sources[1] =
{{.row_size = 20, .height = 3, .kernel_height = 3, .stride = 1, .pad = 1, .kernel_width = 3,
.stride_width = 1, .pad_left = 1}};
GOLDEN_LAYER(conv_2d_quads_size, 25, 3, 1, 5, 0)
static const golden_input_t conv_2d_quads_size_inputs[1] = {{5, 4, 38}};

static const int32_t conv_2d_1x1_even_size_weights[16] =
{-703931402,348853784,0,0,1248263,1521695724,7570438,2049925780,-15210977,501281472,0,0,
-11137016,2101251710,-4776698,1596447673};
static const thumbnet_conv_2d_dsp_t conv_2d_1x1_even_size_constants =
{.weights = conv_2d_1x1_even_size_weights, .quads = 2, .out_channels = 4, .in_channels = 4,
.in_width = 4, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .high = 127};
static const thumbnet_source_t conv_2d_1x1_even_size_sources[1] =
{{.row_size = 16, .height = 2, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(conv_2d_1x1_even_size, 16, 2, 1, 4, 0)
static const golden_input_t conv_2d_1x1_even_size_inputs[1] = {{4, 4, 0}};

static const int32_t fully_connected_quads_size_weights[30] =
{-1308602088,-1020518129,-517618185,4185619,86563617,-652488222,28385287,1107545864,-46564345,
1107545864,1087691199,936455167,-87237955,1055318555,807138821,334560774,-3476473,1107545864,
11752455,1107545864,-1572843,-2686998,1310738,-2359313,-1048570,983019,-2621433,1107545864,384,0};
static const thumbnet_conv_2d_dsp_t fully_connected_quads_size_constants =
{.weights = fully_connected_quads_size_weights, .quads = 3, .out_channels = 5, .in_channels = 12,
.in_width = 1, .kernel_height = 1, .kernel_width = 1, .stride_width = 1, .in_zero_point = -128,
.low = -128, .high = 127};
static const thumbnet_source_t fully_connected_quads_size_sources[1] =
{{.row_size = 12, .height = 1, .kernel_height = 1, .stride = 1, .kernel_width = 1,
.stride_width = 1}};
GOLDEN_LAYER(fully_connected_quads_size, 5, 1, 1, 1, 0)
static const golden_input_t fully_connected_quads_size_inputs[1] = {{1, 12, 0}};

static const int32_t depthwise_strided_3x3_size_records[30] =
{-367608845,-15058456,13041919,-4837555,1852975333,522130907,-117237255,3342585,3000654,
1661084438,-920850160,-285080085,1048815,243790,1110825758,-481695245,-220192720,196850,-353712,
2011336033,553332222,187114544,2883595,10394191,1546022948,616956673,1328759265,14024783,4586316,
1143117265};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_strided_3x3_size_constants =
{.records = depthwise_strided_3x3_size_records, .channels = 6, .in_width = 7, .most = 4,
.pad_left = 1, .in_zero_point = -128, .out_zero_point = -128};
static const thumbnet_source_t depthwise_strided_3x3_size_sources[1] =
{{.row_size = 42, .height = 3, .kernel_height = 3, .stride = 2, .pad = 1, .kernel_width = 3,
.stride_width = 2, .pad_left = 1}};
GOLDEN_LAYER(depthwise_strided_3x3_size, 24, 2, 1, 4, 0)
static const golden_input_t depthwise_strided_3x3_size_inputs[1] = {{7, 6, 18}};

static const int32_t depthwise_wide_5x5_size_records[45] =
{337061573,-484973750,371003210,673188049,-216271850,-71766465,-185664584,-8548276,1546190876,
89124158,130815257,368963863,45673690,-182660888,470485066,1174936587,-1216692,1148217862,
-165415178,-1055978549,869147402,-824172522,-473722899,-31178536,524353060,12786254,1439839045,
-303114719,-432858912,-534810311,-364567057,-177984700,-686689084,687134481,-11250354,2007945112,
-1405474027,-148434122,-79685651,906878493,-268960834,-892927203,704891591,-502451,1220150385};
static const thumbnet_depthwise_conv_2d_dsp_t depthwise_wide_5x5_size_constants =
{.records = depthwise_wide_5x5_size_records, .channels = 5, .in_width = 6, .most = 6,
.pad_left = 2, .in_zero_point = 127, .out_zero_point = -128};
static const thumbnet_source_t depthwise_wide_5x5_size_sources[1] =
{{.row_size = 30, .height = 3, .kernel_height = 5, .stride = 1, .pad = 2, .kernel_width = 5,
.stride_width = 1, .pad_left = 2}};
GOLDEN_LAYER(depthwise_wide_5x5_size, 30, 3, 1, 6, 0)
static const golden_input_t depthwise_wide_5x5_size_inputs[1] = {{6, 5, 85}};

static const golden_case_t golden_conv_2d_gathered_dsp_s8[4] =
{GOLDEN_CASE(conv_2d_3x3_speed, conv_2d_3x3, run_conv_2d_gathered_dsp_s8_2_0_1, 2, 75, 5, 181, 0),
GOLDEN_CASE(conv_2d_stride_2_speed, conv_2d_stride_2, run_conv_2d_gathered_dsp_s8_2_1_0, 2, 36, 4, 144, 0),
GOLDEN_CASE(conv_2d_ties_balanced, conv_2d_ties, run_conv_2d_gathered_dsp_s8_1_0_0, 2, 60, 4, 60, 0),
GOLDEN_CASE(conv_2d_stride_2_size, conv_2d_stride_2, run_conv_2d_gathered_dsp_s8_0_1_0, 2, 36, 4, 60, 0)};

static const golden_case_t golden_conv_2d_dsp_s8[3] =
{GOLDEN_CASE(conv_2d_quads_speed, conv_2d_quads, run_conv_2d_dsp_s8_2_0, 1, 75, 5, 216, 0),
GOLDEN_CASE(conv_2d_quads_balanced, conv_2d_quads, run_conv_2d_dsp_s8_1_0, 1, 75, 5, 216, 0),
GOLDEN_CASE(conv_2d_quads_size, conv_2d_quads, run_conv_2d_dsp_s8_0_0, 1, 75, 5, 72, 0)};

static const golden_case_t golden_conv_2d_1x1_dsp_s8[5] =
{GOLDEN_CASE(conv_2d_1x1_even_speed, conv_2d_1x1_even, run_conv_2d_1x1_dsp_s8_2_1, 2, 32, 4, 48, 1),
GOLDEN_CASE(conv_2d_1x1_quads_speed, conv_2d_1x1_quads, run_conv_2d_1x1_dsp_s8_2_1, 1, 35, 5, 48, 1),
GOLDEN_CASE(conv_2d_1x1_quads_balanced, conv_2d_1x1_quads, run_conv_2d_1x1_dsp_s8_1_1, 1, 35, 5, 48, 1),
GOLDEN_CASE(conv_2d_1x1_even_size, conv_2d_1x1_even, run_conv_2d_1x1_dsp_s8_0_1, 2, 32, 4, 16, 1),
GOLDEN_CASE(fully_connected_quads_size, fully_connected_quads, run_conv_2d_1x1_dsp_s8_0_0, 2, 5, 5, 24, 1)};

static const golden_case_t golden_fully_connected_dsp_s8[2] =
{GOLDEN_CASE(fully_connected_quads_speed, fully_connected_quads, run_fully_connected_dsp_s8_2_0, 2, 5, 5, 24, 1),
GOLDEN_CASE(fully_connected_quads_balanced, fully_connected_quads, run_fully_connected_dsp_s8_1_0, 2, 5, 5, 24, 1)};

static const golden_case_t golden_depthwise_conv_2d_dsp_s8[11] =
{GOLDEN_CASE(depthwise_3x3_speed, depthwise_3x3, run_depthwise_conv_2d_dsp_s8_3_1_1, 2, 75, 5, 192, 0),
GOLDEN_CASE(depthwise_whole_vectors_speed, depthwise_whole_vectors, run_depthwise_conv_2d_dsp_s8_3_1_1, 2, 72, 8, 144, 0),
GOLDEN_CASE(depthwise_strided_3x3_speed, depthwise_strided_3x3, run_depthwise_conv_2d_dsp_s8_3_2_1, 1, 48, 6, 240, 0),
GOLDEN_CASE(depthwise_long_speed, depthwise_long, run_depthwise_conv_2d_dsp_s8_3_1_1, 1, 108, 4, 624, 0),
GOLDEN_CASE(depthwise_3x3_balanced, depthwise_3x3, run_depthwise_conv_2d_dsp_s8_3_1_0, 2, 75, 5, 192, 0),
GOLDEN_CASE(depthwise_wide_5x5_balanced, depthwise_wide_5x5, run_depthwise_conv_2d_dsp_s8_5_1_2, 1, 90, 5, 400, 0),
GOLDEN_CASE(depthwise_strided_5x5_balanced, depthwise_strided_5x5, run_depthwise_conv_2d_dsp_s8_5_2_2, 1, 32, 4, 480, 0),
GOLDEN_CASE(depthwise_wide_7x7_balanced, depthwise_wide_7x7, run_depthwise_conv_2d_dsp_s8_7_1_2, 1, 56, 4, 784, 0),
GOLDEN_CASE(depthwise_strided_7x7_balanced, depthwise_strided_7x7, run_depthwise_conv_2d_dsp_s8_7_2_2, 1, 32, 4, 784, 0),
GOLDEN_CASE(depthwise_strided_3x3_size, depthwise_strided_3x3, run_depthwise_conv_2d_dsp_s8_3_2_2, 1, 48, 6, 240, 0),
GOLDEN_CASE(depthwise_wide_5x5_size, depthwise_wide_5x5, run_depthwise_conv_2d_dsp_s8_5_1_2, 1, 90, 5, 400, 0)};

static const golden_case_t golden_add_dsp_s8[2] =
{GOLDEN_CASE(add_speed, add, run_add_dsp_s8_1, 2, 40, 5, 0, 1),
GOLDEN_CASE(sub_speed, sub, run_add_dsp_s8_0, 2, 40, 5, 0, 1)};

static const golden_case_t golden_lstm_dsp_s8[1] =
{GOLDEN_CASE(lstm_speed, lstm, run_lstm_dsp_s8, 2, 6, 3, 0, 0)};

#endif
