/* The compiler's own types: its <stdint.h> wants a C library's.
 * SPDX-License-Identifier: Apache-2.0 */
#ifdef __clang__
#include_next <stdint.h>
#else
#include <stdint-gcc.h>
#endif
