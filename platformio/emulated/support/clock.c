/* Executed instructions from the timers of the emulated machine.
 *
 * Under `-icount shift=6` QEMU advances emulated time by 64 ns an instruction, so a timer's ticks
 * give the instructions exactly. A timer that counts every tick wraps after millions or thousands
 * of millions of instructions; a coarse one with a prescaler tells how often, without interrupts
 * that would disturb the count.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emulated.h"
#include "emulated_internal.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#if defined(EMULATED_MPS2) || defined(EMULATED_IOTKIT)

/* CMSDK APB timer 0 (fine) and the first half of the CMSDK dual timer, prescaled by 256 (coarse).
 * Both count down. The IoTKit's are behind secure addresses. */
#ifdef EMULATED_MPS2
#define BASE 0x40000000u
#define INSTRUCTIONS_PER_TICK 5u, 3 /* 40 ns of 64 ns: 5 / 2^3 */
#else
#define BASE 0x50000000u
#define INSTRUCTIONS_PER_TICK 25u, 5 /* 50 ns of 64 ns */
#endif
#define TIMER_CTRL REGISTER(BASE + 0x0000u)
#define TIMER_VALUE REGISTER(BASE + 0x0004u)
#define TIMER_RELOAD REGISTER(BASE + 0x0008u)
#define DUAL_LOAD REGISTER(BASE + 0x2000u)
#define DUAL_VALUE REGISTER(BASE + 0x2004u)
#define DUAL_CONTROL REGISTER(BASE + 0x2008u)
#define DUAL_ENABLE_PERIODIC_256_32BIT 0xCAu
#define COARSE_SHIFT 8u

void emulated_clock_start(void)
{
    TIMER_RELOAD = 0xFFFFFFFFu;
    TIMER_VALUE = 0xFFFFFFFFu;
    DUAL_LOAD = 0xFFFFFFFFu;
    DUAL_CONTROL = DUAL_ENABLE_PERIODIC_256_32BIT;
    TIMER_CTRL = 1u;
}

static uint32_t fine_ticks(void)
{
    return 0xFFFFFFFFu - TIMER_VALUE;
}

static uint32_t coarse_ticks(void)
{
    return 0xFFFFFFFFu - DUAL_VALUE;
}

#elif defined(EMULATED_SSE300)

/* The system counter: 64 bits at 32 MHz, so nothing coarse is needed. */
#define COUNTER_CONTROL REGISTER(0x58100000u)
#define COUNTER_LOW REGISTER(0x58100008u)
#define COUNTER_HIGH REGISTER(0x5810000Cu)
#define INSTRUCTIONS_PER_TICK 125u, 8 /* 31.25 ns of 64 ns */

void emulated_clock_start(void)
{
    COUNTER_CONTROL = 1u;
}

static uint64_t elapsed_ticks(void)
{
    uint32_t high, low;
    do {
        high = COUNTER_HIGH;
        low = COUNTER_LOW;
    } while (high != COUNTER_HIGH);
    return (uint64_t)high << 32 | low;
}

#elif defined(EMULATED_NRF51)

/* SysTick at 16 MHz (fine; 24 bits, counts down) and TIMER0 at 1 MHz (coarse; counts up). TIMER0
 * alone would not do: QEMU drops a fraction of a tick at every capture. */
#define SYST_CSR REGISTER(0xE000E010u)
#define SYST_RVR REGISTER(0xE000E014u)
#define SYST_CVR REGISTER(0xE000E018u)
#define TIMER_START REGISTER(0x40008000u)
#define TIMER_CAPTURE REGISTER(0x40008040u)
#define TIMER_MODE_32BIT REGISTER(0x40008508u)
#define TIMER_PRESCALER REGISTER(0x40008510u)
#define TIMER_CC REGISTER(0x40008540u)
#define SYST_MAXIMUM 0xFFFFFFu
#define SYST_RELOAD_TICKS 2u /* from enabling at zero to the first full count */
#define FINE_BITS 24u
#define COARSE_SHIFT 4u
#define INSTRUCTIONS_PER_TICK 125u, 7 /* 62.5 ns of 64 ns */

void emulated_clock_start(void)
{
    SYST_RVR = SYST_MAXIMUM;
    SYST_CVR = 0u;
    TIMER_MODE_32BIT = 3u;
    TIMER_PRESCALER = COARSE_SHIFT;
    TIMER_START = 1u;
    SYST_CSR = 5u;
}

static uint32_t fine_ticks(void)
{
    return (SYST_MAXIMUM - SYST_CVR + SYST_RELOAD_TICKS) & SYST_MAXIMUM;
}

static uint32_t coarse_ticks(void)
{
    TIMER_CAPTURE = 1u;
    return TIMER_CC;
}
#else
#error "define the emulated machine's timers, as the board's build.defines does"
#endif

#ifdef COARSE_SHIFT
#ifndef FINE_BITS
#define FINE_BITS 32u
#endif

static uint64_t elapsed_ticks(void)
{
    const uint32_t fine = fine_ticks();
    const uint64_t coarse = (uint64_t)coarse_ticks() << COARSE_SHIFT;
    /* Both started together, so they differ by the fine one's wraps but for the prescaler. */
    const uint64_t wrap = (uint64_t)1 << FINE_BITS;
    const uint64_t wraps = (coarse - fine + wrap / 2u) & ~(wrap - 1u);
    return wraps + fine;
}
#endif

/* Ticks are shorter than instructions and have been rounded down, so rounding up is exact. No
 * division: on a core without the instruction its length would depend on the figures. */
static uint64_t scale(uint64_t ticks, uint32_t multiplier, unsigned shift)
{
    return (ticks * multiplier + (1u << shift) - 1u) >> shift;
}

uint64_t emulated_instructions(void)
{
    return scale(elapsed_ticks(), INSTRUCTIONS_PER_TICK);
}
