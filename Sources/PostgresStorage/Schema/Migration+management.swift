extension Migration {
    /// Deleted tenants, who revoked a key, and how keys are used.
    ///
    /// Usage has a table of its own, so that counting never touches the row that requests are checked against. A
    /// deleted tenant has the status `suspended` too: to an older program it is at least that.
    static let management = Migration(
        version: 3, name: "management",
        sql: """
            ALTER TABLE tenant ADD COLUMN deleted_at bigint;
            ALTER TABLE api_key ADD COLUMN revoked_by text;

            CREATE TABLE api_key_usage (
                api_key_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES api_key,
                uses bigint NOT NULL CHECK (uses >= 0),
                last_used_at bigint NOT NULL
            ) WITH (fillfactor = 50);
            """)
}
