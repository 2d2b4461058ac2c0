/* Turns scores that come every few rows into detections. SPDX-License-Identifier: Apache-2.0
 *
 * Averages the newest SMOOTHER_COUNT score vectors. A class whose average reaches the threshold is
 * detected once, and nothing more until its average has fallen below half of that, so that a word
 * that passes through several windows counts once. The class `nothing` is never detected. */
#ifndef SMOOTHER_H
#define SMOOTHER_H

#include <stdint.h>
#include <string.h>

#ifndef SMOOTHER_CLASSES
#error "define SMOOTHER_CLASSES before including smoother.h"
#endif

#define SMOOTHER_COUNT 4

typedef struct {
    int8_t scores[SMOOTHER_COUNT][SMOOTHER_CLASSES];
    int16_t sums[SMOOTHER_CLASSES];
    int16_t threshold; /* of a sum of SMOOTHER_COUNT scores, less SMOOTHER_COUNT * -128 */
    int16_t held;      /* the class that was detected and has not gone yet, -1 for none */
    uint8_t next;      /* the oldest of the score vectors */
    int8_t nothing;    /* its class */
} smoother_t;

/* `percent` is how sure an average has to be. */
static inline void smoother_init(smoother_t *smoother, int percent, int nothing)
{
    memset(smoother, 0, sizeof *smoother);
    memset(smoother->scores, -128, sizeof smoother->scores);
    smoother->threshold = (int16_t)(percent * 256 * SMOOTHER_COUNT / 100);
    smoother->held = -1;
    smoother->nothing = (int8_t)nothing;
}

/* Takes the scores of one inference: int8, a 256th a step from -128. The class that is detected
 * now, or -1. */
static inline int smoother_push(smoother_t *smoother, const int8_t *scores)
{
    int best = smoother->nothing == 0 ? 1 : 0;
    for (int k = 0; k < (int)SMOOTHER_CLASSES; k++) {
        smoother->sums[k] =
            (int16_t)(smoother->sums[k] + scores[k] - smoother->scores[smoother->next][k]);
        smoother->scores[smoother->next][k] = scores[k];
        best = k != smoother->nothing && smoother->sums[k] > smoother->sums[best] ? k : best;
    }
    smoother->next = (uint8_t)((smoother->next + 1) % SMOOTHER_COUNT);
    if (smoother->held >= 0) {
        if (smoother->sums[smoother->held] < smoother->threshold / 2) {
            smoother->held = -1;
        }
        return -1;
    }
    if (smoother->sums[best] < smoother->threshold) {
        return -1;
    }
    smoother->held = (int16_t)best;
    return best;
}

#endif
