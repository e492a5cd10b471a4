#ifndef PINNING_H
#define PINNING_H

/// Keeps the calling thread on one core. Returns 0, or -1 if there is no such core.
int pin_this_thread(int core);

/// Keeps all other threads that the process has now on one core; of a real-time process those that have no
/// real-time priority may use the cores 0 to `last`. Returns 0, or -1 if the threads cannot be listed.
int pin_others(int core, int last);

#endif
