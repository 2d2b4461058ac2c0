/* Bare-metal support for firmware that runs in an emulator (QEMU, Renode) through Arm semihosting.
 *
 * Linked with startup.c, emulated.c, syscalls.c and link.ld it gives main() a C environment on the
 * boards of ../boards: text and files go to the host, main()'s value becomes the emulator's exit
 * status, executed instructions can be counted and stack use can be measured. There is no heap.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef EMULATED_H
#define EMULATED_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Exit status after a CPU fault; the text "fault" and the registers have been printed. */
#define EMULATED_STATUS_FAULT 121
/** Exit status when the stack was found to have grown past its limit. */
#define EMULATED_STATUS_STACK_OVERFLOW 122
/** Exit status after abort() or a failed assert(). */
#define EMULATED_STATUS_ABORT 123

/** How emulated_open() opens a host file; the values are those of Arm semihosting (binary modes).
 */
enum emulated_mode {
    EMULATED_READ = 1,  /**< "rb": the file must exist. */
    EMULATED_WRITE = 5, /**< "wb": created, or emptied. */
    EMULATED_APPEND = 9 /**< "ab": created, or written after its end. */
};

/** Writes zero-terminated `text` to the emulator's standard output, now and in order with printf.
 */
void emulated_write(const char *text);

/** Writes `size` bytes to the emulator's standard output, now and in order with printf. */
void emulated_write_bytes(const void *bytes, size_t size);

/** Ends the emulation with `status` (0..255) as the emulator's exit status. */
void emulated_exit(int status) __attribute__((noreturn));

/** Opens the host file `path` (relative to the emulator's directory).
 *  Returns a handle for the functions below, or -1. */
int emulated_open(const char *path, enum emulated_mode mode);

/** Reads up to `size` bytes; returns how many were read (fewer at the end of the file). */
size_t emulated_read(int file, void *bytes, size_t size);

/** Writes `size` bytes; returns how many were written. */
size_t emulated_file_write(int file, const void *bytes, size_t size);

/** Returns the length of an open file in bytes, or -1. */
int32_t emulated_file_size(int file);

/** Closes a handle; returns 0, or -1. */
int emulated_close(int file);

/** Copies the words given to the emulator with `-semihosting-config arg=...` (the first is the
 *  program's name) or `-append` into `text`; returns 0, or -1 when they do not fit. */
int emulated_command_line(char *text, size_t size);

/** Returns the instructions executed since start-up, exactly and repeatably.
 *
 *  Valid where QEMU runs with `-icount shift=6` (64 ns of emulated time an instruction, always).
 *  These are instructions, not cycles: a load, a multiply and a vector operation count one each.
 *  The difference of two calls includes one call's own instructions: subtract the difference of
 *  two calls with nothing between them. */
uint64_t emulated_instructions(void);

/** Paints the free stack below the caller's frame and remembers where it begins. */
void emulated_stack_paint(void);

/** Returns the bytes of stack used below the frame that called emulated_stack_paint() since it
 *  did. A multiple of 4. Equal to emulated_stack_free() when the stack was used up or overran. */
size_t emulated_stack_used(void);

/** Returns the bytes that were free below the frame that called emulated_stack_paint(). */
size_t emulated_stack_free(void);

#ifdef __cplusplus
}
#endif

#endif
