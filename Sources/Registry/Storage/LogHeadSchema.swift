/// Step 0003: what the registry knows of the log.
enum LogHeadSchema {
    static let sql = """
        -- The newest checkpoint of the log, a signed note: one row, or none before the first.
        CREATE TABLE log_head (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            checkpoint TEXT NOT NULL
        ) STRICT;
        """
}
