/* Runs a generated model on inputs from a file and measures it. SPDX-License-Identifier: Apache-2.0
 *
 * model_io.h, written for each measurement, says what the model's functions and buffers are. The
 * host services are those of emulated.h, on the host too (host.c). Files, in the emulator's
 * directory:
 *   inputs.bin    the inputs of every inference, one after the other
 *   outputs.bin   the outputs of both painted inferences, then those of every inference
 *   arena.bin     the arena, or the fast and then the slow one, four times: after init and after
 *                 run, with each of two paints
 *   figures.bin   uint64_t each: bytes of the (fast) and of the slow arena; stack bytes, stack
 * bytes that were free, instructions of the second painted inference, then those of every inference
 * A broken promise ends the program with status 1 and one line on standard output. */
#include "emulated.h"
#include "model_io.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
#include <sanitizer/asan_interface.h>
#endif

#define GUARD 256u
#define ALIGNMENT 16u
#define REGIONS (MODEL_INPUTS + MODEL_ARENAS + MODEL_OUTPUTS)
#define ARENA MODEL_INPUTS
#define OUTPUTS (ARENA + MODEL_ARENAS)
#define MEMORY_SIZE (MODEL_BYTES + (REGIONS + 1u) * 2u * ALIGNMENT + (REGIONS + 1u) * GUARD)

/* Inputs, arenas and outputs with guard zones before, between and after them. */
static uint8_t memory[MEMORY_SIZE] __attribute__((aligned(16)));
static const size_t region_sizes[REGIONS] = MODEL_SIZES;
static const size_t region_misalignments[REGIONS] = MODEL_MISALIGNMENTS;
static const char *const region_names[REGIONS] = MODEL_REGION_NAMES;
static void *regions[REGIONS];
static void *inputs[MODEL_INPUTS + 1u];

static MODEL_T model;
static int inputs_file, outputs_file, arena_file, figures_file;

static void write_number(int32_t value)
{
    char text[12];
    size_t at = sizeof text - 1u;
    uint32_t rest = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    text[at] = '\0';
    do {
        text[--at] = (char)('0' + rest % 10u);
        rest /= 10u;
    } while (rest != 0u);
    if (value < 0) {
        text[--at] = '-';
    }
    emulated_write(text + at);
}

static void fail_at(const char *problem, const char *where, const char *detail, int32_t value)
{
    emulated_write("harness: ");
    emulated_write(problem);
    emulated_write(where);
    emulated_write(detail);
    write_number(value);
    emulated_write("\n");
    emulated_exit(1);
}

static void fail(const char *problem, int32_t value)
{
    fail_at(problem, "", "", value);
}

static int open_file(const char *name, enum emulated_mode mode)
{
    const int file = emulated_open(name, mode);
    if (file < 0) {
        fail("cannot open a file; mode ", (int32_t)mode);
    }
    return file;
}

static void write_file(int file, const void *bytes, size_t size)
{
    if (size != 0u && emulated_file_write(file, bytes, size) != size) {
        fail("cannot write a file; bytes ", (int32_t)size);
    }
}

static void lay_out(void)
{
    uint8_t *place = memory;
    for (uint32_t i = 0; i < REGIONS; i++) {
        place += GUARD;
        place += (0u - (uintptr_t)place) % ALIGNMENT;
        place += region_misalignments[i];
        regions[i] = place;
        place += region_sizes[i];
    }
}

/* No constant: bytes that a model is likely to write, such as zeros, are never the guard's. */
static uint8_t guard_value(size_t index)
{
    return (uint8_t)(index * 37u + (index >> 8) * 11u + 0x6Bu);
}

/* The guard zone before region i, or after the last one. */
static uint8_t *guard_start(uint32_t i)
{
    return i == 0u ? memory : (uint8_t *)regions[i - 1u] + region_sizes[i - 1u];
}

static uint8_t *guard_end(uint32_t i)
{
    return i == REGIONS ? memory + MEMORY_SIZE : (uint8_t *)regions[i];
}

static void paint_guards(void)
{
    for (uint32_t i = 0; i <= REGIONS; i++) {
        for (uint8_t *byte = guard_start(i); byte < guard_end(i); byte++) {
            *byte = guard_value((size_t)(byte - memory));
        }
    }
}

static void check_guards(void)
{
    for (uint32_t i = 0; i <= REGIONS; i++) {
        uint8_t *const start = guard_start(i);
        uint8_t *const end = guard_end(i);
        for (uint8_t *byte = start; byte < end; byte++) {
            if (*byte == guard_value((size_t)(byte - memory))) {
                continue;
            }
            if (i == 0u || (i < REGIONS && end - byte < byte - start)) {
                fail_at(MODEL_NAME " wrote before the start of ", region_names[i],
                        "; bytes before it: ", (int32_t)(end - byte));
            }
            fail_at(MODEL_NAME " wrote past the end of ", region_names[i - 1u],
                    "; offset from its end: ", (int32_t)(byte - start));
        }
    }
}

/* Under AddressSanitizer reading a guard zone is caught as well. */
static void close_guards(int closed)
{
#ifdef SANITIZED
    for (uint32_t i = 0; i <= REGIONS; i++) {
        const size_t size = (size_t)(guard_end(i) - guard_start(i));
        if (closed) {
            ASAN_POISON_MEMORY_REGION(guard_start(i), size);
        } else {
            ASAN_UNPOISON_MEMORY_REGION(guard_start(i), size);
        }
    }
#else
    (void)closed;
#endif
}

static uint32_t inputs_hash(void)
{
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < MODEL_INPUTS; i++) {
        const uint8_t *bytes = (const uint8_t *)regions[i];
        for (size_t k = 0; k < region_sizes[i]; k++) {
            hash = (hash ^ bytes[k]) * 16777619u;
        }
    }
    return hash;
}

static void read_inputs(int32_t inference)
{
    static const size_t sizes[MODEL_INPUTS + 1u] = MODEL_INPUT_SIZES;
    for (uint32_t i = 0; i < MODEL_INPUTS; i++) {
        if (emulated_read(inputs_file, inputs[i], sizes[i]) != sizes[i]) {
            fail("inputs.bin is too short for inference ", inference);
        }
    }
}

static void paint_arenas(uint8_t paint)
{
    for (uint32_t i = ARENA; i < OUTPUTS; i++) {
        memset(regions[i], paint, region_sizes[i]);
    }
}

static void write_arenas(void)
{
    for (uint32_t i = ARENA; i < OUTPUTS; i++) {
        write_file(arena_file, regions[i], region_sizes[i]);
    }
}

static void write_arena_sizes(void)
{
    uint64_t sizes[2] = {0, 0};
    for (uint32_t i = ARENA; i < OUTPUTS; i++) {
        sizes[i - ARENA] = region_sizes[i];
    }
    write_file(figures_file, sizes, sizeof sizes);
}

static void initialize(uint8_t paint)
{
    paint_arenas(paint);
    const int status = MODEL_INIT(&model, (regions + ARENA), (region_sizes + ARENA));
    if (status != 0) {
        fail(MODEL_NAME "_init returned ", status);
    }
    MODEL_PLACE_INPUTS(&model, inputs, regions);
}

/* How an inference is watched. Stack and instructions are taken in different ones, because each
 * measurement leaves its own traces in the other. */
enum watch { WATCH_STACK, WATCH_INSTRUCTIONS };

/* Not inlined: its frame is the caller's frame that stack use is counted from. */
static __attribute__((noinline)) int run_for_stack(uint64_t figures[2])
{
    emulated_stack_paint();
    const int status = MODEL_RUN(&model, inputs, (regions + OUTPUTS));
    figures[0] = emulated_stack_used();
    figures[1] = emulated_stack_free();
    return status;
}

static __attribute__((noinline)) int run_for_instructions(uint64_t figures[1])
{
    const uint64_t empty = emulated_instructions();
    const uint64_t start = emulated_instructions();
    const int status = MODEL_RUN(&model, inputs, (regions + OUTPUTS));
    const uint64_t end = emulated_instructions();
    figures[0] = (end - start) - (start - empty);
    return status;
}

static void infer(enum watch watch, int32_t inference)
{
    uint64_t figures[2] = {0, 0};
    for (uint32_t i = OUTPUTS; i < REGIONS; i++) {
        memset(regions[i], watch == WATCH_STACK ? 0x3C : 0xC3, region_sizes[i]);
    }
    const uint32_t hash = inputs_hash();
    close_guards(1);
    const int status =
        watch == WATCH_STACK ? run_for_stack(figures) : run_for_instructions(figures);
    close_guards(0);
    if (status != 0) {
        emulated_write("harness: inference ");
        write_number(inference);
        emulated_write("\n");
        fail(MODEL_NAME "_run returned ", status);
    }
    check_guards();
    if (inputs_hash() != hash) {
        fail(MODEL_NAME "_run changed its input in inference ", inference);
    }
    write_file(figures_file, figures, (watch == WATCH_STACK ? 2u : 1u) * sizeof figures[0]);
    for (uint32_t i = OUTPUTS; i < REGIONS; i++) {
        write_file(outputs_file, regions[i], region_sizes[i]);
    }
}

/* The first inference in an arena painted before init and, if it may be, again before run. */
static void infer_painted(uint8_t paint, enum watch watch)
{
    inputs_file = open_file("inputs.bin", EMULATED_READ);
    initialize(paint);
    check_guards();
    write_arenas();
    if (MODEL_ARENA_IS_SHAREABLE) {
        paint_arenas(paint);
    }
    read_inputs(0);
    infer(watch, 0);
    write_arenas();
    (void)emulated_close(inputs_file);
}

int main(void)
{
    outputs_file = open_file("outputs.bin", EMULATED_WRITE);
    arena_file = open_file("arena.bin", EMULATED_WRITE);
    figures_file = open_file("figures.bin", EMULATED_WRITE);
    lay_out();
    paint_guards();
    write_arena_sizes();
    infer_painted(0xA5u, WATCH_STACK);
    infer_painted(0x5Au, WATCH_INSTRUCTIONS);
    inputs_file = open_file("inputs.bin", EMULATED_READ);
    initialize(0xA5u);
    for (int32_t inference = 0; inference < (int32_t)MODEL_INFERENCES; inference++) {
        read_inputs(inference);
        infer(WATCH_INSTRUCTIONS, inference);
    }
    (void)emulated_close(inputs_file);
    (void)emulated_close(outputs_file);
    (void)emulated_close(arena_file);
    (void)emulated_close(figures_file);
    return 0;
}
