/* Runs kernels for support/kernel_harness.py; the generated file includes this one behind its table
 * of cases. Jobs come on stdin and results go to stdout, both binary; every buffer has exactly the
 * size that the kernel may touch, so that the address sanitizer sees each step beyond. */

static void get(void *data, size_t size)
{
    if (fread(data, 1, size, stdin) != size) {
        fputs("input ended early\n", stderr);
        exit(2);
    }
}

static int32_t number(void)
{
    int32_t value;
    get(&value, sizeof value);
    return value;
}

/* The inputs that a kernel changes in their place: states of a model. */
static int32_t state_count;
static int32_t states[MAX_INPUTS];

static int is_state(int32_t input)
{
    for (int32_t i = 0; i < state_count; i++) {
        if (states[i] == input) {
            return 1;
        }
    }
    return 0;
}

static void put_states(void *const *inputs, const int32_t *sizes)
{
    for (int32_t i = 0; i < state_count; i++) {
        fwrite(inputs[states[i]], 1, (size_t)sizes[states[i]], stdout);
    }
}

static void *block(int32_t size)
{
    void *memory = malloc((size_t)size);
    memset(memory, 0xA5, (size_t)size);
    return memory;
}

/* The whole tensor at once. With an overlap the output starts `distance` bytes below one input. */
static void run_layer(const test_case_t *test, const int32_t *sizes, int32_t out_size,
                      int32_t scratch_size)
{
    const thumbnet_layer_t *layer = number() ? test->flat : test->layer;
    const int32_t overlapped = number();
    const int32_t distance = number();
    void *blocks[MAX_INPUTS];
    void *inputs[MAX_INPUTS];
    void *out = NULL;
    for (int32_t i = 0; i < layer->inputs; i++) {
        const int32_t end = distance + sizes[i];
        const int shared = i == overlapped;
        blocks[i] = block(shared ? (end > out_size ? end : out_size) : sizes[i]);
        inputs[i] = (uint8_t *)blocks[i] + (shared ? distance : 0);
        out = shared ? blocks[i] : out;
        get(inputs[i], (size_t)sizes[i]);
    }
    if (overlapped < 0) {
        out = block(out_size);
    }
    void *scratch = block(scratch_size);
    thumbnet_run_layer(test->kernel, layer, (const void *const *)inputs, out, scratch);
    fwrite(out, 1, (size_t)out_size, stdout);
    put_states(inputs, sizes);
    for (int32_t i = 0; i < layer->inputs; i++) {
        free(blocks[i]);
    }
    if (overlapped < 0) {
        free(out);
    }
    free(scratch);
}

/* Call by call, as a streaming schedule would, with row segments of exactly the bytes allowed. */
static void run_calls(const test_case_t *test, const int32_t *sizes, int32_t out_size,
                      int32_t scratch_size)
{
    const int32_t calls = number();
    const int32_t row_count = number();
    const size_t clear = test->layer->clear;
    void *inputs[MAX_INPUTS];
    void *rows[THUMBNET_MAX_ROWS + THUMBNET_ROW_NUMBERS];
    int kept[THUMBNET_MAX_ROWS + THUMBNET_ROW_NUMBERS];
    uint8_t *out = (uint8_t *)block(out_size);
    for (int32_t i = 0; i < test->layer->inputs; i++) {
        inputs[i] = block(sizes[i]);
        get(inputs[i], (size_t)sizes[i]);
    }
    void *scratch = block(scratch_size);
    memset(scratch, 0, clear);
    for (int32_t call = 0; call < calls; call++) {
        const int32_t y = number();
        const int32_t x = number();
        const int32_t n = number();
        const int32_t out_offset = number();
        const int32_t run_size = number();
        for (int32_t k = 0; k < row_count; k++) {
            const int32_t input = number();
            const int32_t offset = number();
            const int32_t size = number();
            kept[k] = input >= 0 && is_state(input);
            rows[k] = input < 0 ? NULL : kept[k] ? inputs[input] : block(size);
            if (input >= 0 && !kept[k]) {
                memcpy(rows[k], (uint8_t *)inputs[input] + offset, (size_t)size);
            }
        }
        rows[row_count] = (void *)(uintptr_t)(uint32_t)y;
        void *run = block(run_size);
        memcpy(run, out + out_offset, (size_t)run_size);
        test->kernel(test->layer->constants, (const void *const *)rows, run, x, n, scratch);
        memcpy(out + out_offset, run, (size_t)run_size);
        free(run);
        for (int32_t k = 0; k < row_count; k++) {
            if (!kept[k]) {
                free(rows[k]);
            }
        }
        if (clear == 0) {
            memset(scratch, 0xA5, (size_t)scratch_size);
        }
    }
    fwrite(out, 1, (size_t)out_size, stdout);
    put_states(inputs, sizes);
    for (int32_t i = 0; i < test->layer->inputs; i++) {
        free(inputs[i]);
    }
    free(out);
    free(scratch);
}

int main(void)
{
    for (int32_t jobs = number(); jobs > 0; jobs--) {
        const test_case_t *test = &cases[number()];
        const int32_t by_calls = number();
        const int32_t out_size = number();
        const int32_t scratch_size = number();
        int32_t sizes[MAX_INPUTS];
        for (int32_t i = 0; i < test->layer->inputs; i++) {
            sizes[i] = number();
        }
        state_count = number();
        for (int32_t i = 0; i < state_count; i++) {
            states[i] = number();
        }
        (by_calls ? run_calls : run_layer)(test, sizes, out_size, scratch_size);
    }
    return 0;
}
