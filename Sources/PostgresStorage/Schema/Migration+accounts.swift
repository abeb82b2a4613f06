extension Migration {
    /// Accounts, their sessions, the members of tenants and who is invited.
    ///
    /// A session and an invitation are found by the hash of a secret that is not stored; passwords are scrypt hashes
    /// that carry their parameters.
    static let accounts = Migration(
        version: 7, name: "accounts",
        sql: """
            CREATE TABLE account (
                account_id text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(account_id) = 36),
                email text COLLATE "C" NOT NULL UNIQUE CHECK (email = lower(email)),
                password_hash text NOT NULL,
                created_at bigint NOT NULL,
                password_changed_at bigint NOT NULL
            );

            CREATE TABLE membership (
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                account_id text COLLATE "C" NOT NULL REFERENCES account,
                role text NOT NULL CHECK (role IN ('viewer', 'admin', 'owner')),
                joined_at bigint NOT NULL,
                PRIMARY KEY (tenant_id, account_id)
            );
            CREATE INDEX membership_by_account ON membership (account_id, tenant_id);

            CREATE TABLE session (
                session_id text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(session_id) = 36),
                account_id text COLLATE "C" NOT NULL REFERENCES account,
                token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
                created_at bigint NOT NULL,
                expires_at bigint NOT NULL,
                last_seen_at bigint NOT NULL,
                address text,
                user_agent text
            );
            CREATE INDEX session_by_account ON session (account_id, session_id);
            CREATE INDEX session_by_end ON session (expires_at);

            CREATE TABLE invitation (
                invitation_id text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(invitation_id) = 36),
                token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                role text NOT NULL CHECK (role IN ('viewer', 'admin', 'owner')),
                email text COLLATE "C",
                invited_by text NOT NULL,
                created_at bigint NOT NULL,
                expires_at bigint NOT NULL,
                used_at bigint,
                used_by text COLLATE "C" REFERENCES account,
                CHECK ((used_at IS NULL) = (used_by IS NULL))
            );
            CREATE INDEX invitation_by_tenant ON invitation (tenant_id, created_at, invitation_id);
            """)
}
