/* Feeds a generated front end with samples from a file and measures it. SPDX-License-Identifier:
 * Apache-2.0
 *
 * feed_io.h, written for each measurement, says what the model's functions and buffers are. Files,
 * in the emulator's directory:
 *   samples.bin   the samples, one after the other
 *   chunks.bin    uint32_t each: how many samples each call takes
 *   rows.bin      every row that a call made, except where it made more than the input has
 *   outputs.bin   the outputs of an inference after every call that left the model ready
 *   figures.bin   uint64_t each: instructions of all calls; stack bytes, stack bytes that were free
 */
#include "emulated.h"
#include "feed_io.h"

#include <string.h>

#define GUARD 64u
#define PAINT 0xA7u

/* What the front end counts lies in front of everything else that it keeps. */
#define ROWS_MADE (((const uint16_t *)(const void *)guarded.model.frontend)[2])

static struct {
    uint8_t before[GUARD];
    MODEL_T model;
    uint8_t after[GUARD];
} guarded;
static THUMBNET_ARENA(arena, ARENA_BYTES);
static THUMBNET_ARENA(slow_arena, SLOW_ARENA_BYTES);
static THUMBNET_ALIGNED uint8_t samples[MOST_ITEMS * ITEM_BYTES];
static THUMBNET_ALIGNED uint8_t outputs[OUTPUT_BYTES];
static int rows_file, outputs_file;
static uint16_t made; /* rows before the call under way */

static void fail(const char *problem)
{
    emulated_write("harness: " MODEL_NAME " ");
    emulated_write(problem);
    emulated_write("\n");
    emulated_exit(1);
}

static int open_file(const char *name, enum emulated_mode mode)
{
    const int file = emulated_open(name, mode);
    if (file < 0) {
        fail("cannot open a file");
    }
    return file;
}

static void initialize(void)
{
    memset(&guarded, PAINT, sizeof guarded);
    memset(arena, PAINT, sizeof arena);
    if (MODEL_INIT(&guarded.model) != THUMBNET_OK) {
        fail("_init failed");
    }
    made = 0;
}

/* The next samples; 0 behind the last chunk. */
static uint32_t read_chunk(int samples_file, int chunks_file)
{
    uint32_t count = 0;
    if (emulated_read(chunks_file, &count, sizeof count) != sizeof count) {
        return 0;
    }
    const size_t size = (size_t)count * ITEM_BYTES;
    if (count > MOST_ITEMS || emulated_read(samples_file, samples, size) != size) {
        fail("got too few samples");
    }
    return count;
}

static __attribute__((noinline)) void push(uint32_t count)
{
    if (MODEL_PUSH(&guarded.model, samples, count) != THUMBNET_OK) {
        fail("refused samples");
    }
}

/* Nothing of a camera: its rows are in the arena, or gone. */
static void write_rows(void)
{
#if ROWS_KEPT
    const uint16_t *const state = (const uint16_t *)(const void *)guarded.model.frontend;
    uint32_t fresh = (uint32_t)(ROWS_MADE - made);
    if (fresh > state[1]) {
        fresh = state[1];
    }
    const uint8_t *const end = guarded.model.frontend + ROWS_AT + state[1] * ROW_BYTES;
    (void)emulated_file_write(rows_file, end - fresh * ROW_BYTES, fresh * ROW_BYTES);
    made = ROWS_MADE;
#endif
}

static void infer(int written)
{
    if (MODEL_READY(&guarded.model) == 1) {
        if (MODEL_RUN_NEWEST(&guarded.model, outputs) != THUMBNET_OK) {
            fail("_run_newest failed");
        }
        if (written) {
            (void)emulated_file_write(outputs_file, outputs, sizeof outputs);
        }
        made = 0;
    }
}

/* All samples; `figures` is what `watched` measures: instructions or the stack. */
static void feed(uint64_t figures[3], int watched)
{
    const int samples_file = open_file("samples.bin", EMULATED_READ);
    const int chunks_file = open_file("chunks.bin", EMULATED_READ);
    initialize();
    for (uint32_t count; (count = read_chunk(samples_file, chunks_file)) != 0;) {
        if (watched) {
            emulated_stack_paint();
            push(count);
            const uint64_t used = emulated_stack_used();
            figures[1] = used > figures[1] ? used : figures[1];
            figures[2] = emulated_stack_free();
            infer(0);
            continue;
        }
        const uint64_t empty = emulated_instructions();
        const uint64_t start = emulated_instructions();
        push(count);
        figures[0] += (emulated_instructions() - start) - (start - empty);
        write_rows();
        infer(1);
    }
    (void)emulated_close(samples_file);
    (void)emulated_close(chunks_file);
}

int main(void)
{
    uint64_t figures[3] = {0, 0, 0}, unused[3] = {0, 0, 0};
    rows_file = open_file("rows.bin", EMULATED_WRITE);
    outputs_file = open_file("outputs.bin", EMULATED_WRITE);
    const int figures_file = open_file("figures.bin", EMULATED_WRITE);
    feed(figures, 1);
    figures[0] = 0;
    feed(unused, 0);
    figures[0] = unused[0];
    for (uint32_t i = 0; i < GUARD; i++) {
        if (guarded.before[i] != PAINT || guarded.after[i] != PAINT) {
            fail("wrote outside of its object");
        }
    }
    (void)emulated_file_write(figures_file, figures, sizeof figures);
    (void)emulated_close(rows_file);
    (void)emulated_close(outputs_file);
    (void)emulated_close(figures_file);
    return 0;
}
