/* The C library functions that generated code and compilers call.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Compiled with -fno-builtin -fno-tree-loop-distribute-patterns, or a compiler would turn these
 * loops into calls of themselves. */
#include <stdint.h>
#include <string.h>

/* Lets words alias whatever they carry. */
typedef uint32_t __attribute__((may_alias)) word_t;

#define ALIGNED(value) (((uintptr_t)(value) & 3u) == 0u)

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *out = (uint8_t *)to;
    const uint8_t *in = (const uint8_t *)from;
    if (ALIGNED((uintptr_t)to | (uintptr_t)from)) {
        for (; size >= 4u; size -= 4u, out += 4, in += 4) {
            *(word_t *)(void *)out = *(const word_t *)(const void *)in;
        }
    }
    for (; size != 0u; --size) {
        *out++ = *in++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *out = (uint8_t *)to;
    const uint8_t *in = (const uint8_t *)from;
    if ((uintptr_t)to <= (uintptr_t)from) {
        for (; size != 0u; --size) {
            *out++ = *in++;
        }
        return to;
    }
    while (size != 0u) {
        --size;
        out[size] = in[size];
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    uint8_t *out = (uint8_t *)to;
    const uint32_t word = (uint8_t)value * 0x01010101u;
    if (ALIGNED(to)) {
        for (; size >= 4u; size -= 4u, out += 4) {
            *(word_t *)(void *)out = word;
        }
    }
    for (; size != 0u; --size) {
        *out++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const uint8_t *a = (const uint8_t *)left;
    const uint8_t *b = (const uint8_t *)right;
    for (; size != 0u; --size, ++a, ++b) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t size = 0;
    while (text[size] != '\0') {
        ++size;
    }
    return size;
}
