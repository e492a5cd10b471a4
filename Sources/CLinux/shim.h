#ifndef SLUIS_CLINUX_SHIM_H
#define SLUIS_CLINUX_SHIM_H

// What Linux offers beyond POSIX. The C library declares it only under _GNU_SOURCE, which is not set where
// Swift imports its headers.

/// Makes all of the file system durable that a descriptor is on: syncfs(2).
extern int syncfs(int descriptor);

#endif
