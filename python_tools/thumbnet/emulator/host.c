/* The services of emulated.h that the harness uses, on the host.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Instructions and stack are not measured here: both figures stay zero. */
#include "emulated.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES 16

static FILE *files[FILES];

void emulated_write(const char *text)
{
    (void)fputs(text, stdout);
}

void emulated_exit(int status)
{
    exit(status);
}

int emulated_open(const char *path, enum emulated_mode mode)
{
    for (int file = 0; file < FILES; file++) {
        if (files[file] == NULL) {
            files[file] = fopen(path, mode == EMULATED_READ ? "rb" : "wb");
            return files[file] == NULL ? -1 : file;
        }
    }
    return -1;
}

size_t emulated_read(int file, void *bytes, size_t size)
{
    return fread(bytes, 1, size, files[file]);
}

size_t emulated_file_write(int file, const void *bytes, size_t size)
{
    return fwrite(bytes, 1, size, files[file]);
}

int emulated_close(int file)
{
    const int status = fclose(files[file]);
    files[file] = NULL;
    return status == 0 ? 0 : -1;
}

uint64_t emulated_instructions(void)
{
    return 0;
}

void emulated_stack_paint(void)
{
}

size_t emulated_stack_used(void)
{
    return 0;
}

size_t emulated_stack_free(void)
{
    return 0;
}
