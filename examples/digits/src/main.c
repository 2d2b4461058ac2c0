/* Reads handwritten digits with the network that thumbnet compiled from digits.tflite.
 *
 * Prints a few held-out images with what the network takes them for, its accuracy over all images
 * of test_images.h, and what it costs. Works on any target with printf; on the emulated boards of
 * this repository it also measures stack and instructions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <digits.h>

#include <stdint.h>
#include <stdio.h>

#include "test_images.h"

#ifdef __has_include
#if __has_include(<emulated.h>)
#include <emulated.h>
#define MEASURED 1
#endif
#endif

#if TEST_IMAGE_SIZE != DIGITS_IMAGE_SIZE
#error "test_images.h does not fit the model; run make_images.py again"
#endif

#define IMAGE_SIDE 8
#define SHOWN 10          /* images to draw */
#define SHOWN_ACROSS 5    /* of them side by side */
#define WANTED_PERCENT 97 /* of all images, else main() fails */

static THUMBNET_ARENA(arena, DIGITS_ARENA_SIZE);
static digits_t net;

static const char *const class_names[DIGITS_SCORES_SIZE] = {
    [DIGITS_ZERO] = "zero",   [DIGITS_ONE] = "one",     [DIGITS_TWO] = "two",
    [DIGITS_THREE] = "three", [DIGITS_FOUR] = "four",   [DIGITS_FIVE] = "five",
    [DIGITS_SIX] = "six",     [DIGITS_SEVEN] = "seven", [DIGITS_EIGHT] = "eight",
    [DIGITS_NINE] = "nine",
};

/* What the network says about one image. */
struct answer {
    int class_index; /* enum digits_class, or the negative error of digits_run() */
    int percent;     /* how sure it is of that class */
};

static struct answer classify(const int8_t *image)
{
    int8_t scores[DIGITS_SCORES_SIZE];
    const int error = digits_run(&net, image, scores);
    if (error != THUMBNET_OK) {
        return (struct answer){error, 0};
    }
    int best = 0;
    for (int i = 1; i < (int)DIGITS_SCORES_SIZE; i++) {
        if (scores[i] > scores[best]) {
            best = i;
        }
    }
    /* A softmax counts in 256ths, and its largest score, 255 of them, stands for "certain". */
    return (struct answer){best, (scores[best] - DIGITS_SCORES_ZERO_POINT) * 100 / 255};
}

static void draw_row(const int8_t *pixels)
{
    static const char shades[] = " .:-=+*#%@";
    const int levels = (int)sizeof shades - 1;
    for (int x = 0; x < IMAGE_SIDE; x++) {
        const char shade = shades[(pixels[x] - DIGITS_IMAGE_ZERO_POINT) * levels / 256];
        printf("%c%c", shade, shade); /* twice, as characters are half as wide as high */
    }
}

/* Draws the images first, first + 1, ... side by side, with the answers below. */
static void show(int first, int count)
{
    for (int y = 0; y < IMAGE_SIDE; y++) {
        for (int i = first; i < first + count; i++) {
            draw_row(&test_images[i][y * IMAGE_SIDE]);
            printf("  ");
        }
        printf("\n");
    }
    for (int i = first; i < first + count; i++) {
        const struct answer answer = classify(test_images[i]);
        const char *name = answer.class_index < 0 ? "error" : class_names[answer.class_index];
        const char *mark = answer.class_index == test_labels[i] ? "" : "(wrong)";
        printf("%-5s %3d%% %-7s ", name, answer.percent, mark);
    }
    printf("\n\n");
}

static int count_right(void)
{
    int right = 0;
    for (int i = 0; i < TEST_IMAGE_COUNT; i++) {
        right += classify(test_images[i]).class_index == test_labels[i];
    }
    return right;
}

static void print_cost(void)
{
    printf("RAM           %7lu B arena\n", (unsigned long)DIGITS_ARENA_SIZE);
    printf("flash         %7lu B weights\n", (unsigned long)DIGITS_WEIGHT_SIZE);
    printf("work          %7lu multiply-accumulates an image\n", (unsigned long)DIGITS_MACS);
#ifdef MEASURED
    int8_t scores[DIGITS_SCORES_SIZE];
    const uint64_t nothing_begin = emulated_instructions();
    const uint64_t begin = emulated_instructions();
    digits_run(&net, test_images[0], scores);
    const uint64_t end = emulated_instructions();
    const uint64_t spent = (end - begin) - (begin - nothing_begin);

    emulated_stack_paint();
    digits_run(&net, test_images[0], scores);
    printf("stack         %7lu B, measured\n", (unsigned long)emulated_stack_used());
    printf("instructions  %7lu an image, measured\n", (unsigned long)spent);
#endif
}

int main(void)
{
    const int error = digits_init(&net, arena, sizeof arena);
    if (error != THUMBNET_OK) {
        printf("digits_init failed: %d\n", error);
        return 1;
    }
    for (int first = 0; first < SHOWN; first += SHOWN_ACROSS) {
        show(first, SHOWN_ACROSS);
    }
    const int right = count_right();
    const int tenths = right * 1000 / TEST_IMAGE_COUNT;
    printf("accuracy      %d of %d held-out images, %d.%d%%\n", right, TEST_IMAGE_COUNT,
           tenths / 10, tenths % 10);
    print_cost();
    return right * 100 >= WANTED_PERCENT * TEST_IMAGE_COUNT ? 0 : 1;
}
