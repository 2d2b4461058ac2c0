/* Host services through semihosting, and stack measuring. SPDX-License-Identifier: Apache-2.0 */
#include "emulated.h"
#include "emulated_internal.h"

#include <string.h>

enum semihosting_operation {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_FLEN = 0x0C,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20
};

#define ADP_STOPPED_APPLICATION_EXIT 0x20026u

extern uint32_t __bss_end[], __stack_limit[];

static int console = -1;
/* Used by the assembly below. */
uint32_t *emulated_stack_painted_top __attribute__((used));

static int32_t semihosting(enum semihosting_operation operation, const void *arguments)
{
#ifdef __riscv
    register int32_t a0 __asm__("a0") = (int32_t)operation;
    register const void *a1 __asm__("a1") = arguments;
    /* The three instructions are the call: uncompressed, and not across a page. */
    __asm__ volatile(".balign 16\n"
                     ".option push\n"
                     ".option norvc\n"
                     "slli x0, x0, 0x1f\n"
                     "ebreak\n"
                     "srai x0, x0, 7\n"
                     ".option pop\n"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
#else
    register int32_t r0 __asm__("r0") = (int32_t)operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory", "cc");
    return r0;
#endif
}

static int open_file(const char *path, uint32_t mode)
{
    const uintptr_t arguments[3] = {(uintptr_t)path, mode, strlen(path)};
    return semihosting(SYS_OPEN, arguments);
}

int emulated_open(const char *path, enum emulated_mode mode)
{
    return open_file(path, (uint32_t)mode);
}

size_t emulated_read(int file, void *bytes, size_t size)
{
    const uintptr_t arguments[3] = {(uintptr_t)file, (uintptr_t)bytes, size};
    const int32_t left = semihosting(SYS_READ, arguments);
    return left < 0 || (size_t)left > size ? 0u : size - (size_t)left;
}

size_t emulated_file_write(int file, const void *bytes, size_t size)
{
    const uintptr_t arguments[3] = {(uintptr_t)file, (uintptr_t)bytes, size};
    const int32_t left = semihosting(SYS_WRITE, arguments);
    return left < 0 || (size_t)left > size ? 0u : size - (size_t)left;
}

int32_t emulated_file_size(int file)
{
    const uintptr_t argument = (uintptr_t)file;
    return semihosting(SYS_FLEN, &argument);
}

int emulated_close(int file)
{
    const uintptr_t argument = (uintptr_t)file;
    return semihosting(SYS_CLOSE, &argument) == 0 ? 0 : -1;
}

void emulated_write_bytes(const void *bytes, size_t size)
{
    emulated_flush();
    emulated_console(bytes, size);
}

void emulated_write(const char *text)
{
    emulated_write_bytes(text, strlen(text));
}

void emulated_console(const void *bytes, size_t size)
{
    if (console < 0) {
        console = open_file(":tt", EMULATED_WRITE);
    }
    (void)emulated_file_write(console, bytes, size);
}

int emulated_command_line(char *text, size_t size)
{
    struct {
        char *text;
        size_t size;
    } block = {text, size};
    return semihosting(SYS_GET_CMDLINE, &block) == 0 ? 0 : -1;
}

static int stack_has_overflowed(void)
{
    for (const volatile uint32_t *guard = __bss_end; guard <= __stack_limit; ++guard) {
        if (*guard != EMULATED_STACK_PAINT) {
            return 1;
        }
    }
    return 0;
}

void emulated_exit(int status)
{
    emulated_flush();
    if (status == EMULATED_STATUS_STACK_OVERFLOW ||
        (status != EMULATED_STATUS_FAULT && stack_has_overflowed())) {
        emulated_write("\nemulated: the stack has grown past its limit\n");
        status = EMULATED_STATUS_STACK_OVERFLOW;
    }
    const uintptr_t arguments[2] = {ADP_STOPPED_APPLICATION_EXIT, (uintptr_t)status};
    for (;;) {
        (void)semihosting(SYS_EXIT_EXTENDED, arguments);
    }
}

/* Naked: at the first instruction the stack pointer is still the caller's, and painting with
 * registers alone leaves nothing between it and the painted words. */
__attribute__((naked)) void emulated_stack_paint(void)
{
#ifdef __riscv
    __asm__ volatile("la t0, __stack_limit\n"
                     "li t1, 0xC5C5C5C5\n" /* EMULATED_STACK_PAINT */
                     "la t2, emulated_stack_painted_top\n"
                     "sw sp, 0(t2)\n"
                     "1: bgeu t0, sp, 2f\n"
                     "sw t1, 0(t0)\n"
                     "addi t0, t0, 4\n"
                     "j 1b\n"
                     "2: ret\n");
#else
    __asm__ volatile("ldr r0, =__stack_limit\n"
                     "ldr r1, =0xC5C5C5C5\n" /* EMULATED_STACK_PAINT */
                     "ldr r2, =emulated_stack_painted_top\n"
                     "mov r3, sp\n"
                     "str r3, [r2]\n"
                     "1: cmp r0, r3\n"
                     "bhs 2f\n"
                     "stmia r0!, {r1}\n"
                     "b 1b\n"
                     "2: bx lr\n"
                     ".ltorg\n");
#endif
}

size_t emulated_stack_free(void)
{
    return (size_t)((uintptr_t)emulated_stack_painted_top - (uintptr_t)__stack_limit);
}

size_t emulated_stack_used(void)
{
    const volatile uint32_t *word = __stack_limit;
    while (word < emulated_stack_painted_top && *word == EMULATED_STACK_PAINT) {
        ++word;
    }
    return (size_t)((uintptr_t)emulated_stack_painted_top - (uintptr_t)word);
}
