/// Step 0008: organisations that ask to take part, keys of clients, agreements that end early, processors,
/// and what was taken back of tokens.
enum ParticipantSchema {
    static let sql = """
        ALTER TABLE organisations ADD COLUMN state_reason TEXT;
        -- Public keys with which a client signs who it is (RFC 7523), by their RFC 7638 thumbprint.
        CREATE TABLE client_keys (
            organisation TEXT NOT NULL REFERENCES organisations,
            thumbprint BLOB NOT NULL CHECK (length(thumbprint) = 32),
            jwk TEXT NOT NULL,
            added_at INTEGER NOT NULL,
            PRIMARY KEY (organisation, thumbprint)
        ) STRICT, WITHOUT ROWID;
        -- What a pending organisation brings. It becomes a credential when the operator approves: until then
        -- it keeps nobody from registering the same.
        CREATE TABLE registrations (
            organisation TEXT NOT NULL PRIMARY KEY REFERENCES organisations,
            certificate TEXT,
            jwks TEXT,
            made_at INTEGER NOT NULL,
            CHECK ((certificate IS NULL) <> (jwks IS NULL))
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE agreements ADD COLUMN ended_at INTEGER;
        ALTER TABLE agreements ADD COLUMN end_reason TEXT;
        CREATE TABLE processors (
            agreement BLOB NOT NULL REFERENCES agreements,
            organisation TEXT NOT NULL REFERENCES organisations,
            PRIMARY KEY (agreement, organisation)
        ) STRICT, WITHOUT ROWID;
        -- Tokens that were taken back before their time, until that comes.
        CREATE TABLE revoked_tokens (
            id TEXT NOT NULL PRIMARY KEY,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);
        -- Keys that signed tokens before the one of now.
        CREATE TABLE former_keys (
            kid TEXT NOT NULL PRIMARY KEY,
            jwk TEXT NOT NULL,
            retired_at INTEGER NOT NULL,
            successor TEXT NOT NULL,
            is_revoked INTEGER NOT NULL CHECK (is_revoked IN (0, 1))
        ) STRICT, WITHOUT ROWID;
        """
}
