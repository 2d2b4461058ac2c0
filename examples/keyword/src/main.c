/* Listens for spoken digits with the network and the front end that thumbnet compiled.
 *
 * Samples come from recording.raw (16-bit PCM at 8 kHz, made by make_recording.py) in buffers of
 * 100, as an interrupt would deliver them. Every word that is heard is printed with the time of its
 * detection. Works on this computer and on the emulated boards of this repository, where it also
 * measures stack and instructions; on a real one, put the microphone's driver in place of
 * read_samples().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <keyword.h>

#include <stdio.h>

#ifdef __has_include
#if __has_include(<emulated.h>)
#include <emulated.h>
#define MEASURED 1
#endif
#endif

#define SMOOTHER_CLASSES KEYWORD_SCORES_SIZE
#include "smoother.h"

#define BUFFER 100      /* samples that come together */
#define SURE_PERCENT 75 /* of the average score that makes a detection */
#define RECORDING "recording.raw"

static THUMBNET_ARENA(arena, KEYWORD_ARENA_SIZE);
static keyword_t net;
static smoother_t smoother;

static const char *const words[KEYWORD_SCORES_SIZE] = {
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "nothing"};

#ifdef MEASURED
static int recording;

static int open_recording(void)
{
    recording = emulated_open(RECORDING, EMULATED_READ);
    return recording >= 0;
}

static size_t read_samples(int16_t *samples, size_t count)
{
    return emulated_read(recording, samples, count * sizeof *samples) / sizeof *samples;
}
#else
static FILE *recording;

static int open_recording(void)
{
    recording = fopen(RECORDING, "rb");
    return recording != NULL;
}

static size_t read_samples(int16_t *samples, size_t count)
{
    return fread(samples, sizeof *samples, count, recording);
}
#endif

/* Prints what is heard; returns the number of samples, or a negative error. */
static long listen(void)
{
    int16_t samples[BUFFER];
    int8_t scores[KEYWORD_SCORES_SIZE];
    long heard = 0;
    for (size_t count; (count = read_samples(samples, BUFFER)) != 0;) {
        int error = keyword_push_audio(&net, samples, count);
        heard += (long)count;
        if (error == THUMBNET_OK && keyword_ready(&net) == 1) {
            error = keyword_run_newest(&net, scores);
            const int word = error == THUMBNET_OK ? smoother_push(&smoother, scores) : -1;
            if (word >= 0) {
                const long tenths = heard * 10 / (long)KEYWORD_FRONTEND_RATE;
                printf("%4ld.%ld s  %s\n", tenths / 10, tenths % 10, words[word]);
            }
        }
        if (error != THUMBNET_OK) {
            return error;
        }
    }
    return heard;
}

static void print_cost(long heard, uint64_t spent)
{
    printf("RAM           %7lu B arena, %lu B front end\n", (unsigned long)KEYWORD_ARENA_SIZE,
           (unsigned long)KEYWORD_FRONTEND_SIZE);
    printf("flash         %7lu B weights\n", (unsigned long)KEYWORD_WEIGHT_SIZE);
#ifdef MEASURED
    const uint64_t seconds = (uint64_t)heard / KEYWORD_FRONTEND_RATE;
    printf("instructions  %7lu thousand a second, ten inferences in it\n",
           (unsigned long)(spent / 1000u / (seconds != 0 ? seconds : 1)));
#else
    (void)heard;
    (void)spent;
#endif
}

int main(void)
{
    const int error = keyword_init(&net, arena, sizeof arena);
    if (error != THUMBNET_OK) {
        printf("keyword_init failed: %d\n", error);
        return 1;
    }
    if (!open_recording()) {
        printf("there is no " RECORDING " here; make_recording.py makes one\n");
        return 2;
    }
    smoother_init(&smoother, SURE_PERCENT, KEYWORD_NOTHING);
    uint64_t begin = 0, end = 0;
#ifdef MEASURED
    begin = emulated_instructions();
#endif
    const long heard = listen();
#ifdef MEASURED
    end = emulated_instructions();
#endif
    if (heard < 0) {
        printf("keyword failed: %ld\n", heard);
        return 1;
    }
    print_cost(heard, end - begin);
    return 0;
}
