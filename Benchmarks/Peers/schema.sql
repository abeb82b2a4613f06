-- What every peer stores; ours has its own schema. The benchmark creates and seeds it before the peers start.
PRAGMA journal_mode = WAL;
CREATE TABLE tenant (
    id TEXT NOT NULL PRIMARY KEY,
    rate REAL NOT NULL,
    burst REAL NOT NULL
);
CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL
);
CREATE TABLE signing_key (
    kid TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    secret BLOB NOT NULL
);
CREATE TABLE user (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT,
    image TEXT,
    custom TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) WITHOUT ROWID;
