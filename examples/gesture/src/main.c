/* Recognises wand gestures with the network and the front end that thumbnet compiled.
 *
 * Samples of an accelerometer and a gyroscope come from recording.raw (made by make_recording.py).
 * A strong motion begins a gesture; its 119 samples fill the input, and then it is named. Works on
 * this computer and on the emulated boards of this repository, where it also measures instructions;
 * on a real one, put the sensor's driver in place of read_sample().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <gesture.h>

#include <stdio.h>

#ifdef __has_include
#if __has_include(<emulated.h>)
#include <emulated.h>
#define MEASURED 1
#endif
#endif

#define CHANNELS GESTURE_FRONTEND_CHANNELS
#define MOTION 18000 /* 2.2 g, the sum over three axes that begins a gesture */
#define RECORDING "recording.raw"

static THUMBNET_ARENA(arena, GESTURE_ARENA_SIZE);
static gesture_t net;

static const char *const gestures[GESTURE_SCORES_SIZE] = {"alohomora", "arresto momentum",
                                                          "avada kedavra", "locomotor", "revelio"};

#ifdef MEASURED
static int recording;

static int open_recording(void)
{
    recording = emulated_open(RECORDING, EMULATED_READ);
    return recording >= 0;
}

static int read_sample(int16_t sample[CHANNELS])
{
    const size_t size = CHANNELS * sizeof *sample;
    return emulated_read(recording, sample, size) == size;
}
#else
static FILE *recording;

static int open_recording(void)
{
    recording = fopen(RECORDING, "rb");
    return recording != NULL;
}

static int read_sample(int16_t sample[CHANNELS])
{
    return fread(sample, sizeof *sample, CHANNELS, recording) == CHANNELS;
}
#endif

static int moves(const int16_t sample[CHANNELS])
{
    int sum = 0;
    for (int axis = 0; axis < 3; axis++) {
        sum += sample[axis] < 0 ? -sample[axis] : sample[axis];
    }
    return sum >= MOTION;
}

static int name(void)
{
    int8_t scores[GESTURE_SCORES_SIZE];
    const int error = gesture_run_newest(&net, scores);
    int best = 0;
    for (int k = 1; k < (int)GESTURE_SCORES_SIZE; k++) {
        best = scores[k] > scores[best] ? k : best;
    }
    if (error == THUMBNET_OK) {
        printf("%s\n", gestures[best]);
    }
    return error;
}

/* Prints every gesture; THUMBNET_OK or an error. */
static int watch(void)
{
    int16_t sample[CHANNELS];
    int moving = 0, error = THUMBNET_OK;
    while (error == THUMBNET_OK && read_sample(sample)) {
        moving = moving || moves(sample);
        if (moving) {
            error = gesture_push_sample(&net, sample);
        }
        if (error == THUMBNET_OK && gesture_ready(&net) == 1) {
            error = name();
            moving = 0;
            (void)gesture_reset(&net);
        }
    }
    return error;
}

int main(void)
{
    int error = gesture_init(&net, arena, sizeof arena);
    if (error != THUMBNET_OK) {
        printf("gesture_init failed: %d\n", error);
        return 1;
    }
    if (!open_recording()) {
        printf("there is no " RECORDING " here; make_recording.py makes one\n");
        return 2;
    }
    error = watch();
    if (error != THUMBNET_OK) {
        printf("gesture failed: %d\n", error);
        return 1;
    }
    printf("RAM           %7lu B arena, %lu B front end\n", (unsigned long)GESTURE_ARENA_SIZE,
           (unsigned long)GESTURE_FRONTEND_SIZE);
    printf("flash         %7lu B weights\n", (unsigned long)GESTURE_WEIGHT_SIZE);
    return 0;
}
