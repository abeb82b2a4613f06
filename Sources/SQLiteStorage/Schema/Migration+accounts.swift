extension Migration {
    /// Accounts, their sessions, the members of tenants and who is invited.
    ///
    /// A session and an invitation are found by the hash of a secret that is not stored; passwords are scrypt hashes
    /// that carry their parameters.
    static let accounts = Migration(
        version: 6, name: "accounts",
        sql: """
            CREATE TABLE account (
                account_id TEXT NOT NULL PRIMARY KEY CHECK (length(account_id) = 36),
                email TEXT NOT NULL UNIQUE CHECK (email = lower(email)),
                password_hash TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                password_changed_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE membership (
                tenant_id TEXT NOT NULL REFERENCES tenant,
                account_id TEXT NOT NULL REFERENCES account,
                role TEXT NOT NULL CHECK (role IN ('viewer', 'admin', 'owner')),
                joined_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, account_id)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX membership_by_account ON membership (account_id, tenant_id);

            CREATE TABLE session (
                session_id TEXT NOT NULL PRIMARY KEY CHECK (length(session_id) = 36),
                account_id TEXT NOT NULL REFERENCES account,
                token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                last_seen_at INTEGER NOT NULL,
                address TEXT,
                user_agent TEXT
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX session_by_account ON session (account_id, session_id);
            CREATE INDEX session_by_end ON session (expires_at);

            CREATE TABLE invitation (
                invitation_id TEXT NOT NULL PRIMARY KEY CHECK (length(invitation_id) = 36),
                token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
                tenant_id TEXT NOT NULL REFERENCES tenant,
                role TEXT NOT NULL CHECK (role IN ('viewer', 'admin', 'owner')),
                email TEXT,
                invited_by TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                used_at INTEGER,
                used_by TEXT REFERENCES account,
                CHECK ((used_at IS NULL) = (used_by IS NULL))
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX invitation_by_tenant ON invitation (tenant_id, created_at, invitation_id);
            """)
}
