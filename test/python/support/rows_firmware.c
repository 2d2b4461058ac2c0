/* Firmware that makes an image row by row, so that it never exists as a whole, pushes the rows into
 * a model called net, and compares the scores with expected.h. Prints the bytes of the stack that
 * were free when main() had begun, and how many of them were used from begin to finish; the exit
 * status is 0 where all is exact, 1 where not, 2 for an error code.
 * SPDX-License-Identifier: Apache-2.0 */
#include <emulated.h>
#include <string.h>

#include "expected.h"
#include "net.h"

static THUMBNET_ARENA(arena, NET_ARENA_SIZE);
static net_t net;
static int8_t row[NET_INPUT_ROW_SIZE];
static int8_t scores[NET_OUTPUT_SIZE];

/* Slanted waves of five slopes; the same in Python is waves() of test_board_limits.py. */
static void make_row(uint32_t y)
{
    for (uint32_t x = 0; x < NET_INPUT_ROW_SIZE; x++) {
        const uint32_t wave = (x * (3u + x % 3u) + y * (2u + x % 5u)) % 512u;
        row[x] = (int8_t)((int32_t)(wave < 256u ? wave : 511u - wave) - 128);
    }
}

static __attribute__((noinline)) int infer(void)
{
    int status = net_begin(&net);
    for (uint32_t y = 0; y < NET_INPUT_ROWS && status == THUMBNET_OK; y++) {
        make_row(y);
        status = net_push_row(&net, row);
    }
    return status != THUMBNET_OK ? status : net_finish(&net, scores);
}

/* printf would bring some hundred bytes of RAM of its own. */
static void print(size_t number)
{
    char text[12];
    size_t at = sizeof text - 1u;
    text[at] = '\0';
    text[--at] = ' ';
    do {
        text[--at] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number != 0u);
    emulated_write(text + at);
}

int main(void)
{
    if (net_init(&net, arena, sizeof arena) != THUMBNET_OK) {
        return 2;
    }
    emulated_stack_paint();
    if (infer() != THUMBNET_OK) {
        return 2;
    }
    print(emulated_stack_free());
    print(emulated_stack_used());
    return memcmp(scores, expected, sizeof scores) == 0 ? 0 : 1;
}
