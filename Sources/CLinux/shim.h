#ifndef SLUIS_CLINUX_SHIM_H
#define SLUIS_CLINUX_SHIM_H

// What Linux offers beyond POSIX. The C library declares it only under _GNU_SOURCE, which is not set where
// Swift imports its headers.

/// Makes all of the file system durable that a descriptor is on: syncfs(2).
extern int syncfs(int descriptor);

/// With SLUIS_START_WRITING: starts to write what is changed of a file to the disk and waits for nothing:
/// sync_file_range(2). It makes nothing durable.
extern int sync_file_range(int descriptor, long offset, long length, unsigned int flags);
#define SLUIS_START_WRITING 2u

#endif
