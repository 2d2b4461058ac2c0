/* Byte to byte functions as a table. SPDX-License-Identifier: Apache-2.0 */
#ifndef THUMBNET_KERNELS_LOOKUP_H
#define THUMBNET_KERNELS_LOOKUP_H

#include "thumbnet.h"

typedef struct {
    const uint8_t *table; /* [256], indexed by the input byte read as uint8_t */
    int32_t channels;
} thumbnet_lookup_t;

/* out = table[in]; a row, or a whole tensor as one long row. */
THUMBNET_INLINE void thumbnet_lookup_u8(const void *constants, const void *const *rows, void *out,
                                        int32_t x, int32_t n, void *scratch)
{
    const thumbnet_lookup_t *p = (const thumbnet_lookup_t *)constants;
    const uint8_t *table = p->table;
    const uint8_t *in = (const uint8_t *)rows[0];
    uint8_t *result = (uint8_t *)out;
    const int32_t count = n * p->channels;
    for (int32_t i = 0; i < count; i++) {
        result[i] = table[in[i]];
    }
    (void)x;
    (void)scratch;
}

#endif
