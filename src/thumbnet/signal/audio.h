/* Log-mel energies and MFCC of 16-bit PCM in fixed point. SPDX-License-Identifier: Apache-2.0
 *
 * thumbnet.signal.audio (Python) computes the same integers and documents the formats. */
#ifndef THUMBNET_SIGNAL_AUDIO_H
#define THUMBNET_SIGNAL_AUDIO_H

#include "thumbnet/kernels/dsp.h"
#include "thumbnet/signal/rows.h"

/* A front end. What it keeps lies in `state`: thumbnet_signal_state_t, then at these offsets the
 * transform's points, the samples of the frame under way, logarithms and the rows. */
typedef struct {
    const int16_t *window;  /* its rising half, Q15: window_size / 2 + 1 */
    const int16_t *sines;   /* sin(2 pi i / fft), i up to fft / 4, Q15 */
    const uint16_t *bands;  /* first bin and number of bins of each */
    const int16_t *weights; /* of all bands one after the other, Q15 */
    const int16_t *dct;     /* features x band_count, Q15; NULL: the logarithms are the features */
    thumbnet_signal_quantize_t quantize;
    uint32_t samples; /* offsets in the state, in bytes; the transform's points are at 8 */
    uint32_t logs;
    uint32_t rows;
    uint16_t window_size;
    uint16_t hop;
    uint16_t fft; /* points, a power of two */
    uint16_t band_count;
    uint16_t features; /* of a row */
    uint16_t frames;   /* rows of the input */
} thumbnet_audio_t;

/* floor(a * w / 2^16). */
THUMBNET_INLINE int32_t thumbnet_audio_multiply(int32_t a, int32_t w)
{
#if THUMBNET_DSP
    int32_t high;
    __asm__("smulwb %0, %1, %2" : "=r"(high) : "r"(a), "r"(w));
    return high;
#else
    return (a >> 16) * w + (((a & 0xffff) * w) >> 16);
#endif
}

/* sum + floor(a * w / 2^16). */
THUMBNET_INLINE int32_t thumbnet_audio_accumulate(int32_t sum, int32_t a, int32_t w)
{
#if THUMBNET_DSP
    int32_t more;
    __asm__("smlawb %0, %1, %2, %3" : "=r"(more) : "r"(a), "r"(w), "r"(sum));
    return more;
#else
    return sum + thumbnet_audio_multiply(a, w);
#endif
}

/* a / 2 + t and a / 2 - t in the places of a and b; t is half of b times a twiddle. */
THUMBNET_INLINE void thumbnet_audio_butterfly(int32_t *a, int32_t *b, int32_t t_re, int32_t t_im)
{
    const int32_t re = a[0] >> 1, im = a[1] >> 1;
    a[0] = re + t_re;
    a[1] = im + t_im;
    b[0] = re - t_re;
    b[1] = im - t_im;
}

/* The first two stages, whose twiddles are 1 and -i. */
static inline void thumbnet_audio_first_stages(int32_t *z, uint32_t points)
{
    for (int32_t *const end = z + 2u * points; z != end; z += 8) {
        thumbnet_audio_butterfly(z, z + 2, z[2] >> 1, z[3] >> 1);
        thumbnet_audio_butterfly(z + 4, z + 6, z[6] >> 1, z[7] >> 1);
        thumbnet_audio_butterfly(z, z + 4, z[4] >> 1, z[5] >> 1);
        thumbnet_audio_butterfly(z + 2, z + 6, z[7] >> 1, -(z[6] >> 1));
    }
}

/* One twiddle of a stage: all blocks of 2 * half points. */
static inline void thumbnet_audio_blocks(int32_t *z, const int32_t *end, uint32_t half, int32_t c,
                                         int32_t s)
{
    for (; z < end; z += 4u * half) {
        int32_t *const b = z + 2u * half;
        const int32_t re = b[0], im = b[1];
        const int32_t t_re = thumbnet_audio_accumulate(thumbnet_audio_multiply(im, s), re, c);
        const int32_t t_im = thumbnet_audio_multiply(im, c) - thumbnet_audio_multiply(re, s);
        thumbnet_audio_butterfly(z, b, t_re, t_im);
    }
}

/* DFT of fft / 2 complex points in bit-reversed order, in place, divided by their number. */
static THUMBNET_NOINLINE void thumbnet_audio_transform(int32_t *z, const int16_t *sines,
                                                       uint32_t fft)
{
    const uint32_t points = fft / 2u, quarter = fft / 4u;
    const int32_t *const end = z + 2u * points;
    thumbnet_audio_first_stages(z, points);
    for (uint32_t half = 4; half < points; half *= 2u) {
        const uint32_t step = points / half;
        for (int32_t *a = z; a < end; a += 4u * half) {
            int32_t *const b = a + 2u * half;
            thumbnet_audio_butterfly(a, b, b[0] >> 1, b[1] >> 1);
            thumbnet_audio_butterfly(a + half, b + half, b[half + 1u] >> 1, -(b[half] >> 1));
        }
        for (uint32_t j = 1; j < half / 2u; j++) {
            const int32_t c = sines[quarter - j * step], s = sines[j * step];
            thumbnet_audio_blocks(z + 2u * j, end, half, c, s);
            /* A quarter of a turn further. */
            thumbnet_audio_blocks(z + 2u * j + half, end, half, -s, c);
        }
    }
}

THUMBNET_INLINE void thumbnet_audio_store(int32_t *slot, int32_t re, int32_t im)
{
    const uint64_t power = (uint64_t)((int64_t)re * re + (int64_t)im * im) >> 16;
    slot[0] = (int32_t)(uint32_t)power;
    slot[1] = (int32_t)(uint32_t)(power >> 32);
}

/* Powers of bins 1 to fft / 2 - 1 of the real signal, 64 bits each (low word first), from the
 * transform of its even and odd samples; in place. */
static THUMBNET_NOINLINE void thumbnet_audio_power(int32_t *z, const int16_t *sines, uint32_t fft)
{
    const uint32_t points = fft / 2u, quarter = fft / 4u;
    for (uint32_t k = 1; k <= points / 2u; k++) {
        int32_t *const low = z + 2u * k, *const high = z + 2u * (points - k);
        const int32_t even_re = (low[0] + high[0]) >> 1, even_im = (low[1] - high[1]) >> 1;
        const int32_t odd_re = low[0] - high[0], odd_im = low[1] + high[1];
        const int32_t c = sines[quarter - k], s = sines[k];
        const int32_t t_re =
            thumbnet_audio_accumulate(thumbnet_audio_multiply(odd_im, s), odd_re, c);
        const int32_t t_im =
            thumbnet_audio_multiply(odd_im, c) - thumbnet_audio_multiply(odd_re, s);
        thumbnet_audio_store(low, even_re + t_im, even_im - t_re);
        thumbnet_audio_store(high, even_re - t_im, even_im + t_re);
    }
}

/* A sample times 2^block and its weight, which is Q15, halved. */
THUMBNET_INLINE int32_t thumbnet_audio_weighted(int32_t sample, uint32_t block, int32_t weight)
{
    return ((int32_t)((uint32_t)sample << block) * weight) >> 1;
}

/* The same for a sample anywhere, 0 behind the frame. */
static inline int32_t thumbnet_audio_weigh(const thumbnet_audio_t *audio, const int16_t *samples,
                                           uint32_t at, uint32_t block)
{
    const uint32_t size = audio->window_size;
    if (at >= size) {
        return 0;
    }
    return thumbnet_audio_weighted(samples[at], block,
                                   audio->window[at <= size / 2u ? at : size - at]);
}

/* The number behind `reversed` where numbers below `points` have their bits in reverse order. */
THUMBNET_INLINE uint32_t thumbnet_audio_next_reversed(uint32_t reversed, uint32_t points)
{
    uint32_t bit = points / 2u;
    for (; (reversed & bit) != 0; bit /= 2u) {
        reversed ^= bit;
    }
    return reversed | bit;
}

/* The frame times 2^block and the window, as complex points in bit-reversed order. */
static inline void thumbnet_audio_window(const thumbnet_audio_t *audio, const int16_t *samples,
                                         int32_t *z, uint32_t block)
{
    const uint32_t size = audio->window_size, points = audio->fft / 2u;
    const uint32_t rising = size / 4u, falling = (size + 1u) / 2u - rising - 2u;
    const int16_t *in = samples, *weight = audio->window;
    uint32_t reversed = 0;
    for (uint32_t i = 0; i < rising; i++, in += 2, weight += 2) {
        z[2u * reversed] = thumbnet_audio_weighted(in[0], block, weight[0]);
        z[2u * reversed + 1u] = thumbnet_audio_weighted(in[1], block, weight[1]);
        reversed = thumbnet_audio_next_reversed(reversed, points);
    }
    /* The pair in the middle and, below, the last one may be on both sides of an edge. */
    z[2u * reversed] = thumbnet_audio_weigh(audio, samples, 2u * rising, block);
    z[2u * reversed + 1u] = thumbnet_audio_weigh(audio, samples, 2u * rising + 1u, block);
    reversed = thumbnet_audio_next_reversed(reversed, points);
    in = samples + 2u * rising + 2u;
    weight = audio->window + (size - 2u * rising - 2u);
    for (uint32_t i = 0; i < falling; i++, in += 2, weight -= 2) {
        z[2u * reversed] = thumbnet_audio_weighted(in[0], block, weight[0]);
        z[2u * reversed + 1u] = thumbnet_audio_weighted(in[1], block, weight[-1]);
        reversed = thumbnet_audio_next_reversed(reversed, points);
    }
    for (uint32_t i = rising + 1u + falling; i < points; i++) {
        z[2u * reversed] = thumbnet_audio_weigh(audio, samples, 2u * i, block);
        z[2u * reversed + 1u] = thumbnet_audio_weigh(audio, samples, 2u * i + 1u, block);
        reversed = thumbnet_audio_next_reversed(reversed, points);
    }
}

/* By how many bits the samples can be shifted left: 0 to 15. */
static inline uint32_t thumbnet_audio_block(const int16_t *samples, uint32_t count)
{
    int32_t bits = 0;
    uint32_t block = 15;
    for (; count != 0; count--, samples++) {
        const int32_t sample = *samples;
        bits |= sample ^ (sample >> 31);
    }
    for (; bits != 0; bits /= 2) {
        block--;
    }
    return block;
}

/* log2(1 + i / 64) in Q15. */
static const uint16_t thumbnet_audio_log_table[65] = {
    0,     733,   1455,  2166,  2866,  3556,  4236,  4907,  5568,  6220,  6863,  7498,  8124,
    8742,  9352,  9954,  10549, 11136, 11716, 12289, 12855, 13415, 13968, 14514, 15055, 15589,
    16117, 16639, 17156, 17667, 18173, 18673, 19168, 19658, 20143, 20623, 21098, 21568, 22034,
    22495, 22952, 23404, 23852, 24296, 24736, 25172, 25604, 26031, 26455, 26876, 27292, 27705,
    28114, 28520, 28922, 29321, 29717, 30109, 30498, 30884, 31267, 31647, 32024, 32397, 32768};

/* log2 in Q9, linear between the table's points; 0 of 0. */
static inline int32_t thumbnet_audio_log2(uint64_t value)
{
    int32_t exponent = 0;
    for (int32_t bits = 32; bits != 0; bits /= 2) {
        if ((value >> (exponent + bits)) != 0) {
            exponent += bits;
        }
    }
    value |= value == 0;
    const uint32_t fraction =
        (uint32_t)(exponent >= 16 ? value >> (exponent - 16) : value << (16 - exponent)) & 0xffffu;
    const uint16_t *const segment = thumbnet_audio_log_table + (fraction >> 10);
    const int32_t step = segment[1] - segment[0];
    const int32_t mantissa = segment[0] + ((step * (int32_t)(fraction & 1023u)) >> 10);
    return (exponent << 9) + ((mantissa + 32) >> 6);
}

/* The energy of a band: powers of its bins times their weights. */
static inline uint64_t thumbnet_audio_energy(const int32_t *power, const int16_t *weights,
                                             uint32_t bins)
{
    uint64_t low = 0;
    uint32_t high = 0;
    for (; bins != 0; bins--, power += 2) {
        const uint32_t weight = (uint32_t)*weights++;
        low += (uint64_t)(uint32_t)power[0] * weight;
        high += (uint32_t)power[1] * weight;
    }
    return low + ((uint64_t)high << 32);
}

/* Makes one row of the frame in `samples`. */
static THUMBNET_NOINLINE void thumbnet_audio_frame(const thumbnet_audio_t *audio, uint8_t *kept)
{
    thumbnet_signal_state_t *const state = (thumbnet_signal_state_t *)(void *)kept;
    int32_t *const z = (int32_t *)(void *)(kept + sizeof *state);
    int16_t *const logs = (int16_t *)(void *)(kept + audio->logs);
    const int16_t *const samples = (const int16_t *)(const void *)(kept + audio->samples);
    const uint32_t block = thumbnet_audio_block(samples, audio->window_size);
    thumbnet_audio_window(audio, samples, z, block);
    thumbnet_audio_transform(z, audio->sines, audio->fft);
    thumbnet_audio_power(z, audio->sines, audio->fft);
    const int16_t *weights = audio->weights;
    for (uint32_t band = 0; band < audio->band_count; band++) {
        const uint32_t first = audio->bands[2u * band], bins = audio->bands[2u * band + 1u];
        const uint64_t energy = thumbnet_audio_energy(z + 2u * first, weights, bins);
        const int32_t log = thumbnet_audio_log2(energy) - (int32_t)(block << 10);
        logs[band] = (int16_t)(log < 0 ? 0 : log);
        weights += bins;
    }
    int8_t *const row = thumbnet_signal_next_row(state, (int8_t *)(void *)(kept + audio->rows),
                                                 audio->frames, audio->features);
    const int16_t *dct = audio->dct;
    for (uint32_t k = 0; k < audio->features; k++) {
        int32_t value = logs[k];
        if (dct != NULL) {
            int64_t sum = 1 << 8;
            for (uint32_t band = 0; band < audio->band_count; band++) {
                sum += (int32_t)*dct++ * logs[band];
            }
            value = (int32_t)(sum >> 9);
        }
        row[k] = thumbnet_signal_quantize(&audio->quantize, k, value);
    }
}

/* Takes any number of samples; every frame that they complete makes a row. */
static inline void thumbnet_audio_push(const thumbnet_audio_t *audio, uint8_t *kept,
                                       const int16_t *samples, size_t count)
{
    thumbnet_signal_state_t *const state = (thumbnet_signal_state_t *)(void *)kept;
    int16_t *const frame = (int16_t *)(void *)(kept + audio->samples);
    while (count != 0) {
        const uint32_t missing = (uint32_t)audio->window_size - state->held;
        const uint32_t taken = count < missing ? (uint32_t)count : missing;
        thumbnet_move(frame + state->held, samples, 2u * taken);
        state->held = (uint16_t)(state->held + taken);
        samples += taken;
        count -= taken;
        if (taken == missing) {
            thumbnet_audio_frame(audio, kept);
            state->held = (uint16_t)(audio->window_size - audio->hop);
            thumbnet_move(frame, frame + audio->hop, 2u * state->held);
        }
    }
}

#endif
