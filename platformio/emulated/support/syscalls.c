/* The system calls of newlib, so that printf, puts and assert work without a host library.
 *
 * Standard output is collected into lines, because newlib-nano's printf without a buffer
 * writes single characters and each call of the host is slow. SPDX-License-Identifier: Apache-2.0
 */
#include "emulated.h"
#include "emulated_internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>

#define LINE_SIZE 128u
#define HEAP_SIZE 512u

static char line[LINE_SIZE];
static size_t line_used;

int _write(int file, const char *bytes, int size);
int _read(int file, char *bytes, int size);
int _close(int file);
int _fstat(int file, struct stat *status);
int _isatty(int file);
off_t _lseek(int file, off_t offset, int whence);
void *_sbrk(ptrdiff_t increment);
void _exit(int status) __attribute__((noreturn));
int _kill(int process, int signal);
int _getpid(void);

void emulated_flush(void)
{
    const size_t used = line_used;
    line_used = 0;
    if (used != 0u) {
        emulated_console(line, used);
    }
}

int _write(int file, const char *bytes, int size)
{
    (void)file;
    for (int index = 0; index < size; ++index) {
        line[line_used++] = bytes[index];
        if (bytes[index] == '\n' || line_used == LINE_SIZE) {
            emulated_flush();
        }
    }
    return size;
}

int _read(int file, char *bytes, int size)
{
    (void)file;
    (void)bytes;
    (void)size;
    return 0;
}

int _close(int file)
{
    (void)file;
    return 0;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

off_t _lseek(int file, off_t offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

/* Enough for the FILEs of newlib-nano, which are not static; with no bytes left for a buffer it
 * writes single characters. Linked only into firmware that uses stdio or malloc(). */
void *_sbrk(ptrdiff_t increment)
{
    static uint64_t heap[HEAP_SIZE / 8u];
    static ptrdiff_t used;
    if (increment > (ptrdiff_t)sizeof heap - used || used + increment < 0) {
        errno = ENOMEM;
        return (void *)-1; /* what sbrk() returns when it fails */
    }
    char *const start = (char *)heap + used;
    used += increment;
    return start;
}

void _exit(int status)
{
    emulated_exit(status);
}

/* Reached from abort(), and so from a failed assert(). */
int _kill(int process, int signal)
{
    (void)process;
    (void)signal;
    emulated_exit(EMULATED_STATUS_ABORT);
}

int _getpid(void)
{
    return 1;
}
