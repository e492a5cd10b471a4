#include "load.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

// More bytes than these waiting are refused, as Sluis refuses them.
static const size_t maximum_pending_bytes = 64 << 20;
// How many entries wait at most where the producer is not bound to a rate.
static const size_t saturated_window = 16384;

uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void fail(const char *what) {
    fprintf(stderr, "error: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void *checked(void *memory) {
    if (memory == NULL) fail("memory");
    return memory;
}

void latencies_add(struct latencies *latencies, uint64_t ns) {
    if (latencies->count == latencies->capacity) {
        latencies->capacity = latencies->capacity == 0 ? 1 << 16 : latencies->capacity * 2;
        latencies->ns = checked(realloc(latencies->ns, latencies->capacity * sizeof *latencies->ns));
    }
    latencies->ns[latencies->count++] = ns;
}

static int compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

void latencies_print(struct latencies *latencies, const char *name) {
    if (latencies->count == 0) {
        fprintf(stderr, "error: %s: nothing was measured\n", name);
        exit(1);
    }
    qsort(latencies->ns, latencies->count, sizeof *latencies->ns, compare);
    size_t last = latencies->count - 1;
    printf("figure %s_p50_ms %.3f ms\n", name, (double)latencies->ns[last / 2] / 1e6);
    printf("figure %s_p99_ms %.3f ms\n", name, (double)latencies->ns[last * 99 / 100] / 1e6);
    printf("figure %s_max_ms %.3f ms\n", name, (double)latencies->ns[last] / 1e6);
}

// Entries that wait for one commit, and when each was due.
struct batch {
    unsigned char *entries;
    uint64_t *due;
    size_t count;
};

struct queue {
    struct load load;
    pthread_mutex_t lock;
    pthread_cond_t has_entries, has_room;
    struct batch pending;
    size_t capacity, refused;
    bool has_ended;
    uint64_t start;
};

static struct batch new_batch(const struct queue *queue) {
    size_t bytes = queue->capacity * queue->load.entry_bytes;
    struct batch batch = {checked(malloc(bytes)), checked(malloc(queue->capacity * sizeof(uint64_t))), 0};
    // Touched before the clock runs: page faults are not what is measured.
    memset(batch.entries, 1, bytes);
    memset(batch.due, 1, queue->capacity * sizeof(uint64_t));
    return batch;
}

// No two entries are the same: each begins with its number.
static void push(struct queue *queue, uint64_t number, uint64_t due) {
    struct batch *batch = &queue->pending;
    if (batch->count == queue->capacity) {
        queue->refused++;
        return;
    }
    unsigned char *entry = batch->entries + batch->count * queue->load.entry_bytes;
    memset(entry, (int)(number % 251), queue->load.entry_bytes);
    memcpy(entry, &number, sizeof number);
    batch->due[batch->count++] = due;
}

static void sleep_until(uint64_t ns) {
    struct timespec time = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {}
}

// Lets all arrive that are due by now, then sleeps until the next one is.
static void produce_at_rate(struct queue *queue, uint64_t end) {
    double interval = 1e9 / queue->load.rate;
    uint64_t number = 0, due = queue->start;
    while (due < end) {
        sleep_until(due);
        uint64_t now = now_ns();
        pthread_mutex_lock(&queue->lock);
        for (; due <= now && due < end; due = queue->start + (uint64_t)((double)number * interval)) {
            push(queue, number++, due);
        }
        pthread_cond_signal(&queue->has_entries);
        pthread_mutex_unlock(&queue->lock);
    }
}

static void produce_saturated(struct queue *queue, uint64_t end) {
    uint64_t number = 0;
    while (now_ns() < end) {
        pthread_mutex_lock(&queue->lock);
        while (queue->pending.count > 0) pthread_cond_wait(&queue->has_room, &queue->lock);
        uint64_t now = now_ns();
        while (queue->pending.count < queue->capacity) push(queue, number++, now);
        pthread_cond_signal(&queue->has_entries);
        pthread_mutex_unlock(&queue->lock);
    }
}

static void *produce(void *argument) {
    struct queue *queue = argument;
    prctl(PR_SET_TIMERSLACK, 1);
    uint64_t end = queue->start + (uint64_t)(queue->load.seconds * 1e9);
    if (queue->load.rate > 0) produce_at_rate(queue, end);
    else produce_saturated(queue, end);
    pthread_mutex_lock(&queue->lock);
    queue->has_ended = true;
    pthread_cond_signal(&queue->has_entries);
    pthread_mutex_unlock(&queue->lock);
    return NULL;
}

// Takes what waits for `taken`, which is empty; false when nothing comes any more.
static bool take(struct queue *queue, struct batch *taken) {
    pthread_mutex_lock(&queue->lock);
    while (queue->pending.count == 0 && !queue->has_ended) {
        pthread_cond_wait(&queue->has_entries, &queue->lock);
    }
    struct batch pending = queue->pending;
    queue->pending = *taken;
    *taken = pending;
    pthread_cond_signal(&queue->has_room);
    pthread_mutex_unlock(&queue->lock);
    return taken->count > 0;
}

void run_load(const char *name, struct load load, commit_function commit, void *log) {
    struct queue queue = {.load = load, .lock = PTHREAD_MUTEX_INITIALIZER,
        .has_entries = PTHREAD_COND_INITIALIZER, .has_room = PTHREAD_COND_INITIALIZER};
    queue.capacity = load.rate > 0 ? maximum_pending_bytes / load.entry_bytes : saturated_window;
    queue.pending = new_batch(&queue);
    struct batch batch = new_batch(&queue);
    struct latencies latencies = {0};
    size_t commits = 0;
    queue.start = now_ns();
    pthread_t producer;
    if ((errno = pthread_create(&producer, NULL, produce, &queue)) != 0) fail("pthread_create");
    uint64_t answered = queue.start;
    for (; take(&queue, &batch); batch.count = 0, commits++) {
        commit(log, batch.entries, batch.count);
        answered = now_ns();
        for (size_t i = 0; i < batch.count; i++) latencies_add(&latencies, answered - batch.due[i]);
    }
    pthread_join(producer, NULL);
    double seconds = (double)(answered - queue.start) / 1e9;
    printf("figure %s_append_per_s %.0f entries/s\n", name, (double)latencies.count / seconds);
    latencies_print(&latencies, name);
    printf("figure %s_entries_per_commit %.1f entries\n", name, (double)latencies.count / (double)commits);
    printf("figure %s_refused %zu entries\n", name, queue.refused);
}
