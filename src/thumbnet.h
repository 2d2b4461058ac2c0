/* Thumbnet runtime: what generated code and its users share. SPDX-License-Identifier: Apache-2.0
 *
 * There is nothing to link: kernels are always-inlined bodies that the generated file instantiates.
 * No malloc, no statics, no stdio, no recursion; every written byte lies in the caller's arena, in
 * the caller's output buffers or on the stack. */
#ifndef THUMBNET_H
#define THUMBNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Changes whenever generated code and this runtime stop fitting together. */
#define THUMBNET_ABI 1

/* Return values of every generated function: zero or a negative error. */
#define THUMBNET_OK 0
#define THUMBNET_ERROR_NULL (-1)       /* a pointer that must not be null is null */
#define THUMBNET_ERROR_ARENA_SIZE (-2) /* the arena is smaller than <MODEL>_ARENA_SIZE */
#define THUMBNET_ERROR_ARENA_ALIGNMENT                                                             \
    (-3) /* the arena is not aligned: declare it THUMBNET_ARENA */
#define THUMBNET_ERROR_NOT_INITIALIZED (-4) /* <model>_init has not succeeded on this object */

#define THUMBNET_ERROR_ROWS (-5) /* rows pushed before begin or too many, or finish too early */

#define THUMBNET_ARENA_ALIGNMENT 8u

/* NOINLINE: one copy that all layers share, also where a compiler would rather make one a layer. */
#if defined(__clang__)
#define THUMBNET_NOINLINE __attribute__((noinline, unused))
#elif defined(__GNUC__)
#define THUMBNET_NOINLINE __attribute__((noinline, noclone, unused))
#endif
#if defined(__GNUC__) || defined(__clang__)
#define THUMBNET_ALIGNED __attribute__((aligned(8)))
#define THUMBNET_INLINE static inline __attribute__((always_inline, unused))
#else
#define THUMBNET_ALIGNED
#define THUMBNET_INLINE static inline
#define THUMBNET_NOINLINE
#endif

/* Numbers of the arenas of a model that has two. */
#define THUMBNET_FAST 0
#define THUMBNET_SLOW 1

/* Declares an arena: `static THUMBNET_ARENA(arena, PERSON_DETECT_ARENA_SIZE);` */
#define THUMBNET_ARENA(name, size) THUMBNET_ALIGNED uint8_t name[size]

#endif
