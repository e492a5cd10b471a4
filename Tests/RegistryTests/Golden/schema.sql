-- After 0001-exchange, 0002-erasure, 0003-log-head, 0004-time-column, 0005-tenancies, 0006-upstreams, 0007-field-changes, 0008-participants.
PRAGMA application_id = 1399616873;
CREATE TABLE agreements (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    request BLOB NOT NULL UNIQUE REFERENCES requests,
    dataset TEXT NOT NULL REFERENCES datasets,
    provider TEXT NOT NULL REFERENCES organisations,
    consumer TEXT NOT NULL REFERENCES organisations,
    purpose TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    fields TEXT NOT NULL,
    valid_until INTEGER,
    policy TEXT NOT NULL,
    jws TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL CHECK (epoch >= 0)
, span_from INTEGER, span_to INTEGER, ended_at INTEGER, end_reason TEXT) STRICT;
CREATE INDEX agreements_of_consumer ON agreements (consumer, id);
CREATE INDEX agreements_of_dataset ON agreements (dataset, id);
CREATE INDEX agreements_of_provider ON agreements (provider, id);
CREATE TABLE client_keys (
    organisation TEXT NOT NULL REFERENCES organisations,
    thumbprint BLOB NOT NULL CHECK (length(thumbprint) = 32),
    jwk TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (organisation, thumbprint)
) STRICT, WITHOUT ROWID;
CREATE TABLE credentials (
    thumbprint BLOB NOT NULL PRIMARY KEY CHECK (length(thumbprint) = 32),
    principal TEXT NOT NULL REFERENCES principals,
    certificate TEXT NOT NULL,
    not_after INTEGER NOT NULL
) STRICT;
CREATE INDEX credentials_of_principal ON credentials (principal);
CREATE TABLE dataset_fields (
    dataset TEXT NOT NULL REFERENCES datasets,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    required INTEGER NOT NULL CHECK (required IN (0, 1)),
    PRIMARY KEY (dataset, position),
    UNIQUE (dataset, id),
    UNIQUE (dataset, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE dataset_versions (
    dataset TEXT NOT NULL REFERENCES datasets,
    version INTEGER NOT NULL CHECK (version >= 1),
    rows INTEGER NOT NULL,
    owners INTEGER NOT NULL,
    ownerless_rows INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (dataset, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE datasets (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL REFERENCES organisations,
    title TEXT NOT NULL,
    owner_rule TEXT NOT NULL CHECK (owner_rule IN ('column', 'single', 'open')),
    owner_column TEXT,
    owner TEXT REFERENCES principals,
    null_values TEXT NOT NULL,
    offer TEXT NOT NULL, time_column TEXT, links_since INTEGER NOT NULL DEFAULT 1, upstream_url TEXT, upstream_format TEXT, upstream_bearer TEXT, field_change TEXT,
    CHECK ((owner_rule = 'column') = (owner_column IS NOT NULL)),
    CHECK ((owner_rule = 'single') = (owner IS NOT NULL))
) STRICT;
CREATE INDEX datasets_of_owner ON datasets (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX datasets_of_provider ON datasets (provider);
CREATE TABLE evidence (
    grant_id BLOB NOT NULL PRIMARY KEY CHECK (length(grant_id) = 16),
    agreement BLOB NOT NULL REFERENCES agreements,
    dataset TEXT NOT NULL REFERENCES datasets,
    provider TEXT NOT NULL REFERENCES organisations,
    made_at INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    file BLOB NOT NULL
) STRICT;
CREATE INDEX evidence_by_age ON evidence (kept_until);
CREATE INDEX evidence_of_provider ON evidence (provider, grant_id);
CREATE TABLE former_fields (
    dataset TEXT NOT NULL REFERENCES datasets,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (dataset, id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE former_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    jwk TEXT NOT NULL,
    retired_at INTEGER NOT NULL,
    successor TEXT NOT NULL,
    is_revoked INTEGER NOT NULL CHECK (is_revoked IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE TABLE grants (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    agreement BLOB NOT NULL REFERENCES agreements,
    owner TEXT NOT NULL REFERENCES principals,
    state TEXT NOT NULL
        CHECK (state IN ('Requested', 'Given', 'Refused', 'Withdrawn', 'Revoked', 'Expired')),
    fields TEXT NOT NULL,
    owner_keys TEXT,
    valid_until INTEGER,
    reason TEXT,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_expiring ON grants (valid_until)
    WHERE state = 'Given' AND valid_until IS NOT NULL;
CREATE INDEX grants_of_owner ON grants (owner, agreement);
CREATE UNIQUE INDEX grants_open ON grants (agreement, owner) WHERE state IN ('Requested', 'Given');
CREATE TABLE idempotency_keys (
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE TABLE log_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    checkpoint TEXT NOT NULL
) STRICT;
CREATE TABLE organisations (
    id TEXT NOT NULL PRIMARY KEY REFERENCES principals,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    state TEXT NOT NULL
, state_reason TEXT) STRICT;
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY,
    entry BLOB NOT NULL
) STRICT;
CREATE TABLE outbox_counter (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    newest INTEGER NOT NULL
) STRICT;
CREATE TABLE owner_links (
    number INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL REFERENCES datasets,
    owner_key TEXT NOT NULL,
    owner TEXT NOT NULL REFERENCES principals,
    since_version INTEGER NOT NULL CHECK (since_version >= 1),
    made_at INTEGER NOT NULL,
    ended_at INTEGER
, period_from INTEGER, period_to INTEGER) STRICT;
CREATE UNIQUE INDEX owner_links_live
    ON owner_links (dataset, owner_key, ifnull(period_from, -9223372036854775808))
    WHERE ended_at IS NULL;
CREATE INDEX owner_links_of_key ON owner_links (dataset, owner_key);
CREATE INDEX owner_links_of_owner ON owner_links (owner, dataset) WHERE ended_at IS NULL;
CREATE TABLE persons (
    id TEXT NOT NULL PRIMARY KEY REFERENCES principals,
    name TEXT NOT NULL,
    organisation TEXT REFERENCES organisations,
    role TEXT
) STRICT;
CREATE TABLE principals (
    id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE processors (
    agreement BLOB NOT NULL REFERENCES agreements,
    organisation TEXT NOT NULL REFERENCES organisations,
    PRIMARY KEY (agreement, organisation)
) STRICT, WITHOUT ROWID;
CREATE TABLE registrations (
    organisation TEXT NOT NULL PRIMARY KEY REFERENCES organisations,
    certificate TEXT,
    jwks TEXT,
    made_at INTEGER NOT NULL,
    CHECK ((certificate IS NULL) <> (jwks IS NULL))
) STRICT, WITHOUT ROWID;
CREATE TABLE requests (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    dataset TEXT NOT NULL REFERENCES datasets,
    consumer TEXT NOT NULL REFERENCES organisations,
    purpose TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    fields TEXT NOT NULL,
    valid_until INTEGER,
    retention TEXT,
    notice TEXT NOT NULL,
    state TEXT NOT NULL,
    refusal_reason TEXT,
    made_at INTEGER NOT NULL
, span_from INTEGER, span_to INTEGER) STRICT;
CREATE INDEX requests_of_consumer ON requests (consumer, id);
CREATE INDEX requests_of_dataset ON requests (dataset, id);
CREATE TABLE revoked_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);
CREATE TABLE salts (
    nonce BLOB NOT NULL CHECK (length(nonce) = 16),
    person TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    PRIMARY KEY (nonce, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX salts_of_person ON salts (person);
