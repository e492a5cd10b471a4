#pragma once
#include "load.h"

// The least that a transparency log must do for each commit: hash, write and fdatasync one file, sign a
// checkpoint. No tiles, no publishing, no recovery. Leaves `journal` and `checkpoint` in `directory`.
void run_signed_log(const char *directory, const char *name, struct load load);
