#include "sqlite_log.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

struct sqlite_log {
    sqlite3 *database;
    sqlite3_stmt *begin, *insert, *commit;
    size_t entry_bytes;
};

static void must(const struct sqlite_log *log, int succeeded) {
    if (succeeded) return;
    fprintf(stderr, "error: sqlite: %s\n", sqlite3_errmsg(log->database));
    exit(1);
}

static void execute(const struct sqlite_log *log, const char *sql) {
    must(log, sqlite3_exec(log->database, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3_stmt *prepare(const struct sqlite_log *log, const char *sql) {
    sqlite3_stmt *statement = NULL;
    must(log, sqlite3_prepare_v3(log->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL)
        == SQLITE_OK);
    return statement;
}

static void step(const struct sqlite_log *log, sqlite3_stmt *statement) {
    must(log, sqlite3_step(statement) == SQLITE_DONE);
    must(log, sqlite3_reset(statement) == SQLITE_OK);
}

static void commit(void *opaque, const unsigned char *entries, size_t count) {
    struct sqlite_log *log = opaque;
    step(log, log->begin);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *entry = entries + i * log->entry_bytes;
        must(log, sqlite3_bind_blob(log->insert, 1, entry, (int)log->entry_bytes, SQLITE_STATIC)
            == SQLITE_OK);
        step(log, log->insert);
    }
    step(log, log->commit);
}

void run_sqlite_log(const char *directory, const char *name, struct load load) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/log.db", directory) >= (int)sizeof path) fail("path");
    struct sqlite_log log = {.entry_bytes = load.entry_bytes};
    must(&log, sqlite3_open(path, &log.database) == SQLITE_OK);
    execute(&log, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE entry(number INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
    log.begin = prepare(&log, "BEGIN IMMEDIATE");
    log.insert = prepare(&log, "INSERT INTO entry(bytes) VALUES (?)");
    log.commit = prepare(&log, "COMMIT");
    run_load(name, load, commit, &log);
    sqlite3_finalize(log.begin);
    sqlite3_finalize(log.insert);
    sqlite3_finalize(log.commit);
    must(&log, sqlite3_close(log.database) == SQLITE_OK);
}
