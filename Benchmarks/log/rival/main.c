// The rivals of the log, and the disk under all of them. Prints `figure NAME VALUE UNIT` lines.
//
//   rival c|sqlite DIR SECONDS RATE BYTES    entries of BYTES, RATE a second, or `max` for all that are taken
//   rival fdatasync DIR SECONDS BYTES        appends of BYTES, each followed by fdatasync
//
// DIR is an empty folder on the disk to be measured.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "signed_log.h"
#include "sqlite_log.h"

static _Noreturn void usage(void) {
    fprintf(stderr, "usage: rival c|sqlite DIR SECONDS RATE|max BYTES, rival fdatasync DIR SECONDS BYTES\n");
    exit(2);
}

static double number(const char *text, double minimum, double maximum) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= minimum && value <= maximum)) usage();
    return value;
}

static void run_fdatasync(const char *directory, double seconds, size_t bytes) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/appended", directory) >= (int)sizeof path) fail("path");
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) fail(path);
    unsigned char buffer[65535];
    memset(buffer, 1, sizeof buffer);
    struct latencies latencies = {0};
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), now = start;
    while (now < end) {
        uint64_t before = now;
        if (write(file, buffer, bytes) != (ssize_t)bytes || fdatasync(file) != 0) fail(path);
        now = now_ns();
        latencies_add(&latencies, now - before);
    }
    close(file);
    printf("figure bare_fdatasync_per_s %.0f syncs/s\n",
        (double)latencies.count * 1e9 / (double)(now - start));
    latencies_print(&latencies, "bare_fdatasync");
}

int main(int count, char **arguments) {
    const char *kind = count > 1 ? arguments[1] : "";
    // An entry begins with its number, and its length fits into two bytes.
    if (strcmp(kind, "fdatasync") == 0 && count == 5) {
        run_fdatasync(arguments[2], number(arguments[3], 0.01, 3600),
            (size_t)number(arguments[4], 1, 65535));
        return 0;
    }
    int is_sqlite = strcmp(kind, "sqlite") == 0;
    if ((!is_sqlite && strcmp(kind, "c") != 0) || count != 6) usage();
    int is_saturated = strcmp(arguments[4], "max") == 0;
    struct load load = {
        .seconds = number(arguments[3], 0.01, 3600),
        .rate = is_saturated ? 0 : number(arguments[4], 1, 1e8),
        .entry_bytes = (size_t)number(arguments[5], 8, 65535),
    };
    char name[64];
    snprintf(name, sizeof name, "rival_%s%s", kind, is_saturated ? "_saturated" : "");
    if (is_sqlite) run_sqlite_log(arguments[2], name, load);
    else run_signed_log(arguments[2], name, load);
    return 0;
}
