extension Migration {
    /// Tenants, their keys, their users, what was issued, and the change log.
    ///
    /// Times are milliseconds since 1970 (UTC), months are numbers such as 202611. `user` has a rowid although it has
    /// a key: its rows are long, and in the inner nodes of a key's tree they would make it deep; a million users go in
    /// twice as fast this way.
    static let foundation = Migration(
        version: 1, name: "foundation",
        sql: """
            CREATE TABLE tenant (
                tenant_id TEXT NOT NULL PRIMARY KEY CHECK (length(tenant_id) BETWEEN 1 AND 63),
                name TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
                plan TEXT NOT NULL CHECK (plan IN ('free', 'pro', 'enterprise')),
                rate INTEGER CHECK (rate >= 1),
                burst INTEGER CHECK (burst >= 1),
                quota INTEGER CHECK (quota >= 0),
                token_life INTEGER NOT NULL CHECK (token_life BETWEEN 60 AND 86400),
                xmpp_host TEXT,
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE token_claim (
                tenant_id TEXT NOT NULL REFERENCES tenant,
                position INTEGER NOT NULL CHECK (position >= 0),
                name TEXT NOT NULL,
                PRIMARY KEY (tenant_id, position)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE signing_key (
                kid TEXT NOT NULL PRIMARY KEY CHECK (kid <> ''),
                tenant_id TEXT NOT NULL REFERENCES tenant,
                algorithm TEXT NOT NULL CHECK (algorithm IN ('HS256', 'ES256', 'EdDSA', 'RS256')),
                state TEXT NOT NULL CHECK (state IN ('standby', 'active', 'retired', 'revoked')),
                sealed BLOB NOT NULL CHECK (length(sealed) > 0),
                created_at INTEGER NOT NULL,
                changed_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX signing_key_by_tenant ON signing_key (tenant_id, created_at, kid);
            CREATE UNIQUE INDEX signing_key_active ON signing_key (tenant_id) WHERE state = 'active';

            CREATE TABLE api_key (
                api_key_id TEXT NOT NULL PRIMARY KEY CHECK (length(api_key_id) = 12),
                owner TEXT NOT NULL CHECK (owner IN ('tenant', 'node', 'operator')),
                tenant_id TEXT REFERENCES tenant,
                name TEXT NOT NULL,
                scopes TEXT NOT NULL,
                secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
                former_hash BLOB CHECK (length(former_hash) = 32),
                former_until INTEGER,
                created_at INTEGER NOT NULL,
                expires_at INTEGER,
                revoked_at INTEGER,
                revoked_reason TEXT,
                CHECK ((owner = 'tenant') = (tenant_id IS NOT NULL)),
                CHECK ((former_hash IS NULL) = (former_until IS NULL)),
                CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX api_key_by_owner ON api_key (owner, tenant_id, created_at, api_key_id);

            CREATE TABLE user (
                tenant_id TEXT NOT NULL REFERENCES tenant,
                user_id TEXT NOT NULL CHECK (length(user_id) BETWEEN 1 AND 255),
                name TEXT,
                image TEXT,
                custom TEXT,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                deactivated_at INTEGER,
                PRIMARY KEY (tenant_id, user_id)
            ) STRICT;

            CREATE TABLE issued_month (
                tenant_id TEXT NOT NULL REFERENCES tenant,
                month INTEGER NOT NULL,
                pairs INTEGER NOT NULL CHECK (pairs >= 0),
                PRIMARY KEY (tenant_id, month)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE change_log (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                subject TEXT NOT NULL CHECK (subject IN ('tenant', 'api_key')),
                subject_id TEXT NOT NULL,
                changed_at INTEGER NOT NULL
            ) STRICT;

            CREATE TABLE deployment (
                name TEXT NOT NULL PRIMARY KEY,
                value BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            """)
}
