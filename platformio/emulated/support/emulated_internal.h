/* Shared by the files of the support code only. SPDX-License-Identifier: Apache-2.0 */
#ifndef EMULATED_INTERNAL_H
#define EMULATED_INTERNAL_H

#include <stddef.h>

/* The word that free stack is painted with, and the RAM that nobody should touch. */
#define EMULATED_STACK_PAINT 0xC5C5C5C5u

/* Starts the timers behind emulated_instructions(). */
void emulated_clock_start(void);

/* Writes to the host's standard output at once. */
void emulated_console(const void *bytes, size_t size);

/* Writes out what printf has left in its line. */
void emulated_flush(void);

#endif
