/* Vector table, reset and fault handlers of an emulated Cortex-M.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emulated.h"
#include "emulated_internal.h"

extern const uint32_t __data_load[];
extern uint32_t __data_start[], __data_end[], __bss_start[], __bss_end[];
extern uint32_t __stack_top[], __stack_limit[];
/* Symbols whose addresses are figures of the board. */
extern uint8_t __flash_origin[], __flash_size[];
typedef void (*emulated_function)(void);
extern const emulated_function __init_array_start[], __init_array_end[];

extern int main(void);
void emulated_reset(void) __attribute__((noreturn, naked, used));
void emulated_fault(void) __attribute__((naked, used));
void emulated_start(void) __attribute__((noreturn, used));
void emulated_report_fault(const uint32_t *frame) __attribute__((noreturn, used));

#define SCB_CFSR (*(volatile uint32_t *)0xE000ED28u)
#define CFSR_STKOF (1u << 20) /* the stack pointer has gone below MSPLIM (Armv8-M) */

/* The system exceptions only: nothing here enables an interrupt. */
struct vector_table {
    uint32_t *stack_top;
    emulated_function handlers[15];
};

const struct vector_table emulated_vectors __attribute__((section(".vectors"), used));
const struct vector_table emulated_vectors = {
    __stack_top,
    {emulated_reset, emulated_fault, emulated_fault, emulated_fault, emulated_fault, emulated_fault,
     emulated_fault, 0, 0, 0, emulated_fault, emulated_fault, 0, emulated_fault, emulated_fault},
};

/* Naked, because a compiler may use the stack or the FPU before the first statement of a C
 * function, and neither is ready when a debugger or Renode jumps here. */
void emulated_reset(void)
{
    __asm__ volatile("ldr r0, =__stack_top\n"
                     "mov sp, r0\n"
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
                     "ldr r0, =0xE000ED88\n" /* CPACR: full access to CP10 and CP11 */
                     "ldr r1, [r0]\n"
                     "ldr r2, =0x00F00000\n"
                     "orrs r1, r1, r2\n"
                     "str r1, [r0]\n"
                     "dsb\n"
                     "isb\n"
#endif
                     "bl emulated_start\n"
                     ".ltorg\n");
}

/* Makes the flash read-only as it is on the part, where the machine has plain memory in its place:
 * a write through a null pointer or into a constant then faults instead of damaging the program.
 * Cores below Armv7-M (and QEMU's Cortex-M0) have no memory protection. */
#if __ARM_ARCH >= 7
#define MPU_TYPE (*(volatile uint32_t *)0xE000ED90u)
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_CTRL_ENABLE_PRIVDEFENA 5u /* the default map holds where no region is */

#if __ARM_ARCH >= 8
#define MPU_RLAR (*(volatile uint32_t *)0xE000EDA0u)
#define MPU_MAIR0 (*(volatile uint32_t *)0xE000EDC0u)

static void protect(uint32_t region, uint32_t origin, uint32_t size)
{
    MPU_MAIR0 = 0x44u; /* attribute 0: normal memory, not cached */
    MPU_RNR = region;
    MPU_RBAR = origin | 3u << 1;                   /* read-only */
    MPU_RLAR = ((origin + size - 1u) & ~31u) | 1u; /* attribute 0, enabled */
}
#else
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)

static void protect(uint32_t region, uint32_t origin, uint32_t size)
{
    uint32_t log2_size = 5u;
    while (log2_size < 31u && (1u << log2_size) < size) {
        ++log2_size;
    }
    MPU_RNR = region;
    MPU_RBAR = origin;
    MPU_RASR = 6u << 24 | 1u << 17 | (log2_size - 1u) << 1 | 1u; /* read-only, normal, enabled */
}
#endif

static void protect_flash(void)
{
    const uint32_t origin = (uint32_t)(uintptr_t)__flash_origin;
    if (MPU_TYPE != 0u) {
        protect(0u, origin, (uint32_t)(uintptr_t)__flash_size);
        if (origin != 0u) {
            protect(1u, 0u, 4096u); /* where null pointers lead */
        }
        MPU_CTRL = MPU_CTRL_ENABLE_PRIVDEFENA;
        __asm__ volatile("dsb\n isb" : : : "memory");
    }
}
#else
static void protect_flash(void)
{
}
#endif

void emulated_start(void)
{
    protect_flash();
    const uint32_t *from = __data_load;
    for (uint32_t *to = __data_start; to < __data_end; ++to, ++from) {
        *to = *from;
    }
    for (uint32_t *to = __bss_start; to < __bss_end; ++to) {
        *to = 0;
    }
#if defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8_1M_MAIN__)
    __asm__ volatile("msr msplim, %0" : : "r"(__stack_limit));
#endif
    /* What the stack must never reach; emulated_exit() looks whether it has. */
    for (uint32_t *guard = __bss_end; guard <= __stack_limit; ++guard) {
        *guard = EMULATED_STACK_PAINT;
    }
    emulated_clock_start();
    for (const emulated_function *call = __init_array_start; call < __init_array_end; ++call) {
        (*call)();
    }
    emulated_exit(main());
}

/* Passes the exception frame on, and gives the report a stack of its own: the usual cause of a
 * fault on these boards is that the stack has run out. */
void emulated_fault(void)
{
    __asm__ volatile("mov r0, sp\n"
                     "ldr r1, =__stack_top\n"
                     "mov sp, r1\n"
                     "bl emulated_report_fault\n"
                     ".ltorg\n");
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

void emulated_report_fault(const uint32_t *frame)
{
    const uint32_t stack = (uint32_t)(uintptr_t)frame;
    emulated_write("\nfault");
    if (stack >= (uint32_t)(uintptr_t)__bss_end &&
        stack <= (uint32_t)(uintptr_t)__stack_top - 32u) {
        write_hex(": pc 0x", frame[6]);
        write_hex(" lr 0x", frame[5]);
    }
#if __ARM_ARCH >= 7
    write_hex(" cfsr 0x", SCB_CFSR);
#endif
    write_hex(" sp 0x", stack);
    emulated_write("\n");
#if __ARM_ARCH >= 8
    if ((SCB_CFSR & CFSR_STKOF) != 0u) {
        emulated_exit(EMULATED_STATUS_STACK_OVERFLOW);
    }
#endif
    emulated_exit(EMULATED_STATUS_FAULT);
}
