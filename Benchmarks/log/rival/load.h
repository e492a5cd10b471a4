#pragma once
#include <stddef.h>
#include <stdint.h>

// Nanoseconds of the monotonic clock.
uint64_t now_ns(void);

// Ends the process with a message and the system's reason.
_Noreturn void fail(const char *what);

// Durations in nanoseconds, all of them kept, so that percentiles are exact.
struct latencies {
    uint64_t *ns;
    size_t count, capacity;
};

void latencies_add(struct latencies *latencies, uint64_t ns);

// Prints `figure NAME_p50_ms`, `_p99_ms` and `_max_ms`.
void latencies_print(struct latencies *latencies, const char *name);

// What makes entries durable: `count` entries of `entry_bytes` each, one after the other.
typedef void (*commit_function)(void *log, const unsigned char *entries, size_t count);

struct load {
    double seconds;
    // Entries a second that arrive whether or not earlier ones were answered; 0: as many as are taken.
    double rate;
    size_t entry_bytes;
};

// One thread lets entries arrive, this one commits whatever waits (group commit) and answers. Prints the
// figures of it. The latency of an entry counts from when it was due to arrive to when its commit returned.
void run_load(const char *name, struct load load, commit_function commit, void *log);
