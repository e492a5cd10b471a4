#define _GNU_SOURCE
#include "Pinning.h"

#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static int pin(pid_t thread, int first, int last) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int core = first; core <= last; core++) CPU_SET(core, &set);
    return sched_setaffinity(thread, sizeof set, &set);
}

int pin_this_thread(int core) { return pin(0, core, core); }

int pin_others(int core, int last) {
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return -1;
    pid_t own = gettid();
    for (struct dirent *task = readdir(tasks); task; task = readdir(tasks)) {
        pid_t thread = (pid_t)strtol(task->d_name, NULL, 10);
        if (thread <= 0 || thread == own) continue;
        // What makes way for everything may do so on any core. One that has just ended needs none.
        int makes_way = sched_getscheduler(thread) == SCHED_OTHER && sched_getscheduler(own) != SCHED_OTHER;
        (void)pin(thread, makes_way ? 0 : core, makes_way ? last : core);
    }
    return closedir(tasks);
}
