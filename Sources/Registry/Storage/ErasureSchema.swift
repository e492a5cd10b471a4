/// Step 0002: what erasing a person needs.
enum ErasureSchema {
    static let sql = """
        CREATE INDEX salts_of_person ON salts (person);
        -- What providers must still be able to prove of persons who were erased, until they take it.
        CREATE TABLE evidence (
            grant_id BLOB NOT NULL PRIMARY KEY CHECK (length(grant_id) = 16),
            agreement BLOB NOT NULL REFERENCES agreements,
            dataset TEXT NOT NULL REFERENCES datasets,
            provider TEXT NOT NULL REFERENCES organisations,
            made_at INTEGER NOT NULL,
            kept_until INTEGER NOT NULL,
            file BLOB NOT NULL
        ) STRICT;
        CREATE INDEX evidence_of_provider ON evidence (provider, grant_id);
        CREATE INDEX evidence_by_age ON evidence (kept_until);
        """
}
