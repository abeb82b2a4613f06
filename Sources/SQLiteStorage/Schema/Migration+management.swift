extension Migration {
    /// Deleted tenants, who revoked a key, and how keys are used.
    ///
    /// Usage has a table of its own, so that counting never touches the row that requests are checked against. A
    /// deleted tenant has the status `suspended` too: to an older program it is at least that.
    static let management = Migration(
        version: 2, name: "management",
        sql: """
            ALTER TABLE tenant ADD COLUMN deleted_at INTEGER;
            ALTER TABLE api_key ADD COLUMN revoked_by TEXT;

            CREATE TABLE api_key_usage (
                api_key_id TEXT NOT NULL PRIMARY KEY REFERENCES api_key,
                uses INTEGER NOT NULL CHECK (uses >= 0),
                last_used_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            """)
}
