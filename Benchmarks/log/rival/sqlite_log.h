#pragma once
#include "load.h"

// What most audit logs are: rows of a database. WAL and synchronous=FULL, a transaction for each commit.
// Nothing is hashed or signed. Leaves `log.db` in `directory`.
void run_sqlite_log(const char *directory, const char *name, struct load load);
