/* Rows of a sensor's int16 channels. SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_SIGNAL_IMU_H
#define THUMBNET_SIGNAL_IMU_H

#include "thumbnet/signal/rows.h"

/* A front end. What it keeps: thumbnet_signal_state_t, then the rows. */
typedef struct {
    thumbnet_signal_quantize_t quantize;
    uint16_t channels;
    uint16_t frames; /* rows of the input */
} thumbnet_imu_t;

/* Takes one sample of all channels, which makes a row. */
static inline void thumbnet_imu_push(const thumbnet_imu_t *imu, uint8_t *kept,
                                     const int16_t *sample)
{
    thumbnet_signal_state_t *const state = (thumbnet_signal_state_t *)(void *)kept;
    int8_t *const row = thumbnet_signal_next_row(state, (int8_t *)(void *)(kept + sizeof *state),
                                                 imu->frames, imu->channels);
    for (uint32_t k = 0; k < imu->channels; k++) {
        row[k] = thumbnet_signal_quantize(&imu->quantize, k, sample[k]);
    }
}

#endif
