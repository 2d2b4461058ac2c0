/* Lines of a camera to rows of an image: crop, resize, quantize. SPDX-License-Identifier:
 * Apache-2.0
 *
 * thumbnet.signal.camera (Python) computes the same integers and documents the formats. */
#ifndef THUMBNET_SIGNAL_CAMERA_H
#define THUMBNET_SIGNAL_CAMERA_H

#include "thumbnet/signal/rows.h"

#define THUMBNET_CAMERA_RGB565 0   /* high byte first, as sensors send them */
#define THUMBNET_CAMERA_RGB565LE 1 /* low byte first */
#define THUMBNET_CAMERA_RGB888 2
#define THUMBNET_CAMERA_YUYV 3
#define THUMBNET_CAMERA_GRAY 4

/* A front end. What it keeps: thumbnet_signal_state_t, then at `sums` a row of sums where it
 * averages. */
typedef struct {
    const uint16_t *columns; /* of each pixel of a row the first one and the end */
    const uint16_t *lines;   /* of each row the same */
    thumbnet_signal_quantize_t quantize;
    uint32_t sums;
    uint16_t width; /* of the image */
    uint16_t height;
    uint8_t channels; /* 1 or 3 */
    uint8_t format;
    uint8_t averages; /* 0: every range is one line or column */
} thumbnet_camera_t;

THUMBNET_INLINE uint8_t thumbnet_camera_byte(int32_t value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* Pixel x of a line as red, green, blue or, of one channel, as brightness. */
static inline void thumbnet_camera_pixel(const thumbnet_camera_t *camera, const uint8_t *line,
                                         uint32_t x, uint8_t pixel[3])
{
    uint32_t r = line[x], g = r, b = r;
    if (camera->format <= THUMBNET_CAMERA_RGB565LE) {
        const uint32_t low = camera->format == THUMBNET_CAMERA_RGB565 ? 1u : 0u;
        const uint32_t word = (uint32_t)line[2u * x + low] | (uint32_t)line[2u * x + 1u - low] << 8;
        r = word >> 11;
        g = (word >> 5) & 63u;
        b = word & 31u;
        r = r << 3 | r >> 2;
        g = g << 2 | g >> 4;
        b = b << 3 | b >> 2;
    } else if (camera->format == THUMBNET_CAMERA_RGB888) {
        r = line[3u * x];
        g = line[3u * x + 1u];
        b = line[3u * x + 2u];
    } else if (camera->format == THUMBNET_CAMERA_YUYV) {
        const uint8_t *const pair = line + 4u * (x / 2u);
        const int32_t y = pair[2u * (x & 1u)], u = pair[1] - 128, v = pair[3] - 128;
        r = g = b = (uint32_t)y;
        if (camera->channels == 3) {
            r = thumbnet_camera_byte(y + ((359 * v + 128) >> 8));
            g = thumbnet_camera_byte(y - ((88 * u + 183 * v + 128) >> 8));
            b = thumbnet_camera_byte(y + ((454 * u + 128) >> 8));
        }
    }
    if (camera->channels == 1) {
        pixel[0] = (uint8_t)((77u * r + 150u * g + 29u * b + 128u) >> 8);
        return;
    }
    pixel[0] = (uint8_t)r;
    pixel[1] = (uint8_t)g;
    pixel[2] = (uint8_t)b;
}

/* A row whose range is this line alone, every pixel one column. */
static inline void thumbnet_camera_pick(const thumbnet_camera_t *camera, const uint8_t *line,
                                        int8_t *out)
{
    for (uint32_t x = 0; x < camera->width; x++) {
        uint8_t pixel[3];
        thumbnet_camera_pixel(camera, line, camera->columns[2u * x], pixel);
        for (uint32_t k = 0; k < camera->channels; k++) {
            *out++ = thumbnet_signal_quantize(&camera->quantize, k, pixel[k]);
        }
    }
}

/* Adds a line to a row's sums. */
static inline void thumbnet_camera_add(const thumbnet_camera_t *camera, const uint8_t *line,
                                       uint32_t *sums)
{
    for (uint32_t x = 0; x < camera->width; x++, sums += camera->channels) {
        for (uint32_t at = camera->columns[2u * x]; at < camera->columns[2u * x + 1u]; at++) {
            uint8_t pixel[3];
            thumbnet_camera_pixel(camera, line, at, pixel);
            for (uint32_t k = 0; k < camera->channels; k++) {
                sums[k] += pixel[k];
            }
        }
    }
}

/* The row of sums over so many lines. */
static inline void thumbnet_camera_average(const thumbnet_camera_t *camera, uint32_t *sums,
                                           uint32_t lines, int8_t *out)
{
    for (uint32_t x = 0; x < camera->width; x++) {
        const uint32_t count =
            lines * (uint32_t)(camera->columns[2u * x + 1u] - camera->columns[2u * x]);
        for (uint32_t k = 0; k < camera->channels; k++, sums++) {
            const int32_t mean = (int32_t)((*sums + count / 2u) / count);
            *out++ = thumbnet_signal_quantize(&camera->quantize, k, mean);
        }
    }
}

/* Takes a line for row number state->rows; true where that row then lies in `out`. */
static inline bool thumbnet_camera_row(const thumbnet_camera_t *camera, uint8_t *kept,
                                       const uint8_t *line, int8_t *out)
{
    thumbnet_signal_state_t *const state = (thumbnet_signal_state_t *)(void *)kept;
    if (state->rows == camera->height) {
        return false;
    }
    const uint32_t begin = camera->lines[2u * state->rows];
    const uint32_t end = camera->lines[2u * state->rows + 1u];
    if (state->held < begin) {
        return false;
    }
    if (camera->averages == 0) {
        thumbnet_camera_pick(camera, line, out);
        return true;
    }
    uint32_t *const sums = (uint32_t *)(void *)(kept + camera->sums);
    if (state->held == begin) {
        thumbnet_clear(sums, 4u * camera->width * camera->channels);
    }
    thumbnet_camera_add(camera, line, sums);
    if (state->held + 1u != end) {
        return false;
    }
    thumbnet_camera_average(camera, sums, end - begin, out);
    return true;
}

#endif
