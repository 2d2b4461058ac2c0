/* The models of this firmware behind one signature, the memory that they run in, and what is
 * checked after a run. SPDX-License-Identifier: Apache-2.0 */
#ifndef MODELS_H
#define MODELS_H

#include <digits.h>
#include <every_operator.h>
#include <residual.h>
#include <residual_buffer.h>
#include <residual_rows.h>
#include <residual_small.h>
#include <two_ways.h>

#include <stdint.h>

#include "model_vectors.h"

#define GUARD 32u /* bytes on both sides of what a model may touch */
#define UNTOUCHED 0x5a
#define BORDERS 2u /* most inputs, and most outputs */
#define MOST_OUTPUT 64u
#define MOST_ARENA 4096u
#define MOST_INPUT 1024u
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A tensor of all samples. */
typedef struct {
    const void *samples;
    uint32_t size; /* bytes of one */
} border_t;

/* A model behind one signature for all. */
typedef struct {
    const char *name;
    int (*init)(void *arena, size_t size);
    int (*init_nothing)(void *arena, size_t size); /* with NULL for the model */
    int (*run)(const void *const *inputs, void *const *outputs);
    int (*run_nothing)(const void *const *inputs, void *const *outputs);
    void (*forget)(void); /* as if it had never been initialised */
    uint32_t arena_size;
    uint32_t samples;
    border_t inputs[BORDERS]; /* a size of 0: there is no such input */
    border_t outputs[BORDERS];
} model_t;

enum {
    RESIDUAL,
    RESIDUAL_BUFFER,
    RESIDUAL_SMALL,
    RESIDUAL_ROWS,
    EVERY_OPERATOR,
    TWO_WAYS,
    DIGITS,
    MODELS
};

extern const model_t models[MODELS];
extern residual_t residual_object;
extern residual_rows_t residual_rows_object;
extern every_operator_t every_operator_object;

extern uint8_t memory[GUARD + MOST_ARENA + GUARD];
extern uint8_t *const arena; /* within memory */
extern uint8_t out_memory[BORDERS][GUARD + MOST_OUTPUT + GUARD];

/* Fills the arena with a value and what lies around it and the outputs with UNTOUCHED. */
void fill(uint8_t value);

/* An input or output of one sample; NULL where there is no such tensor. */
const void *sample_of(const border_t *border, uint32_t sample);

/* Runs one sample, its inputs where `inputs` says; outputs go to out_memory. */
int run_with(const model_t *model, const void *const *inputs);

/* Runs one sample from where it is stored. */
int run(const model_t *model, uint32_t sample);

/* The outputs are the sample's, and nothing beside them has been written. */
void check_outputs(const model_t *model, uint32_t sample);

/* Nothing has been written outside an arena of `size` bytes. */
void check_guards(const model_t *model, uint32_t size);

#endif
