extension Migration {
    /// The sealed key of refresh tokens, one row for each grant that can be refreshed, and sealed answers to requests that
    /// may come again.
    ///
    /// `counter` is that of the newest refresh token. Rows whose end has come are dead, and are deleted now and then.
    static let refresh = Migration(
        version: 9, name: "refresh",
        sql: """
            CREATE TABLE refresh_key (
                key_number INTEGER NOT NULL PRIMARY KEY CHECK (key_number = 1),
                sealed BLOB NOT NULL CHECK (length(sealed) > 0),
                created_at INTEGER NOT NULL
            ) STRICT;

            CREATE TABLE grant_refresh (
                grant_id TEXT NOT NULL PRIMARY KEY CHECK (length(grant_id) = 36),
                tenant_id TEXT NOT NULL REFERENCES tenant,
                user_id TEXT NOT NULL,
                api_key_id TEXT NOT NULL,
                label TEXT,
                token_life INTEGER NOT NULL CHECK (token_life >= 1),
                channels TEXT,
                counter INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 4294967295),
                ends_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX grant_refresh_by_end ON grant_refresh (ends_at);
            CREATE INDEX grant_refresh_by_user ON grant_refresh (tenant_id, user_id);

            CREATE TABLE issue_answer (
                api_key_id TEXT NOT NULL,
                key_hash TEXT NOT NULL CHECK (length(key_hash) = 64),
                request_hash TEXT NOT NULL CHECK (length(request_hash) = 64),
                grant_id TEXT NOT NULL CHECK (length(grant_id) = 36),
                sealed BLOB NOT NULL CHECK (length(sealed) > 0),
                created_at INTEGER NOT NULL,
                PRIMARY KEY (api_key_id, key_hash)
            ) STRICT;
            CREATE INDEX issue_answer_by_time ON issue_answer (created_at);
            """)
}
