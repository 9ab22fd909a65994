#include "model/kernels.h"

#include <string.h>

static bool always(void) {
    return true;
}

#if defined(__x86_64__)
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni");
}
#endif

/* The fastest first. */
static const struct choice {
    const fd_kernels *kernels;
    bool (*works)(void);
} choices[] = {
#if defined(__x86_64__)
    {&fd_kernels_avx512, has_avx512},
    {&fd_kernels_avx2, has_avx2},
#elif defined(__aarch64__)
    {&fd_kernels_neon, always}, /* every such CPU has it */
#endif
    {&fd_kernels_portable, always},
};

const fd_kernels *fd_kernels_choose(const char *isa, fd_error *error) {
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if ((!isa || strcmp(isa, choices[i].kernels->name) == 0) && choices[i].works())
            return choices[i].kernels;
    fd_fail(error, FD_USAGE, "This machine has no instruction set called \"%s\".", isa);
    return NULL;
}
