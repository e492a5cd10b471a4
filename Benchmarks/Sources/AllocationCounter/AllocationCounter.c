// Stands in the way of the C library's allocator, as its manual allows a program to ("Replacing malloc"), and
// hands every call on to it.
#include "AllocationCounter.h"

#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Thread_local int is_counting = 0;
static _Thread_local long allocations = 0;

void *malloc(size_t size) {
    allocations += is_counting;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocations += is_counting;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    allocations += is_counting;
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    allocations += is_counting;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    allocations += is_counting;
    *block = __libc_memalign(alignment, size);
    return *block == NULL ? 12 : 0;
}

void allocation_counter_start(void) {
    allocations = 0;
    is_counting = 1;
}

long allocation_counter_stop(void) {
    is_counting = 0;
    return allocations;
}
