/* Reset, fault report and instruction count of an emulated RV32IMC (QEMU's `virt` machine).
 *
 * With ../emulated.c, string.c and link.ld it gives main() a freestanding C environment: Debian's
 * RISC-V compiler comes without a C library. SPDX-License-Identifier: Apache-2.0 */
#include "emulated.h"
#include "emulated_internal.h"

/* The control registers are an extension of their own since the ISA manual of 2019. */
__asm__(".option arch, +zicsr");

extern const uint32_t __data_load[];
extern uint32_t __data_start[], __data_end[], __bss_start[], __bss_end[], __stack_limit[];

extern int main(void);
void emulated_reset(void) __attribute__((noreturn, naked, used, section(".vectors")));
void emulated_fault(void) __attribute__((naked, used, aligned(4)));
void emulated_start(void) __attribute__((noreturn, used));
void emulated_report_fault(void) __attribute__((noreturn, used));

void emulated_reset(void)
{
    __asm__ volatile(".option push\n"
                     ".option norelax\n"
                     "la gp, __global_pointer$\n"
                     ".option pop\n"
                     "la sp, __stack_top\n"
                     "la t0, emulated_fault\n"
                     "csrw mtvec, t0\n"
                     "call emulated_start\n");
}

void emulated_start(void)
{
    const uint32_t *from = __data_load;
    for (uint32_t *to = __data_start; to < __data_end; ++to, ++from) {
        *to = *from;
    }
    for (uint32_t *to = __bss_start; to < __bss_end; ++to) {
        *to = 0;
    }
    /* What the stack must never reach; emulated_exit() looks whether it has. */
    for (uint32_t *guard = __bss_end; guard <= __stack_limit; ++guard) {
        *guard = EMULATED_STACK_PAINT;
    }
    emulated_exit(main());
}

/* The report gets a stack of its own: the usual cause of a fault is that the stack has run out. */
void emulated_fault(void)
{
    __asm__ volatile("la sp, __stack_top\n"
                     "call emulated_report_fault\n");
}

static void write_hex(const char *name, uint32_t value)
{
    char text[9];
    for (unsigned digit = 0; digit < 8u; ++digit) {
        text[digit] = "0123456789abcdef"[(value >> (28u - 4u * digit)) & 0xFu];
    }
    text[8] = '\0';
    emulated_write(name);
    emulated_write(text);
}

void emulated_report_fault(void)
{
    uint32_t pc, cause, address;
    __asm__ volatile("csrr %0, mepc" : "=r"(pc));
    __asm__ volatile("csrr %0, mcause" : "=r"(cause));
    __asm__ volatile("csrr %0, mtval" : "=r"(address));
    emulated_write("\nfault");
    write_hex(": pc 0x", pc);
    write_hex(" cause 0x", cause);
    write_hex(" address 0x", address);
    emulated_write("\n");
    emulated_exit(EMULATED_STATUS_FAULT);
}

/* Nothing is buffered here. */
void emulated_flush(void)
{
}

/* minstret counts instructions under `-icount shift=0`, where one takes 1 ns. */
uint64_t emulated_instructions(void)
{
    uint32_t high, low, again;
    do {
        __asm__ volatile("csrr %0, minstreth" : "=r"(high));
        __asm__ volatile("csrr %0, minstret" : "=r"(low));
        __asm__ volatile("csrr %0, minstreth" : "=r"(again));
    } while (high != again);
    return (uint64_t)high << 32 | low;
}
