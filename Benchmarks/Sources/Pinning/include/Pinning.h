#ifndef PINNING_H
#define PINNING_H

/// Keeps the calling thread on one core. Returns 0, or -1 if there is no such core.
int pin_this_thread(int core);

#endif
