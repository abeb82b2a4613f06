extension Migration {
    /// Where and how fast an API key may be used, keys that other systems issued, and keys found in the open.
    ///
    /// The prefixes of imported keys have a table of their own, so that a server learns in one small read which texts
    /// are worth a look-up at all.
    static let keyTerms = Migration(
        version: 4, name: "key_terms",
        sql: """
            ALTER TABLE api_key ADD COLUMN allowed_addresses TEXT;
            ALTER TABLE api_key ADD COLUMN rate INTEGER CHECK (rate >= 1);
            ALTER TABLE api_key ADD COLUMN burst INTEGER CHECK (burst >= 1 AND (burst IS NULL) = (rate IS NULL));
            ALTER TABLE api_key ADD COLUMN imported_prefix TEXT;
            ALTER TABLE api_key ADD COLUMN imported_hash BLOB
                CHECK (length(imported_hash) = 32 AND (imported_hash IS NULL) = (imported_prefix IS NULL));
            ALTER TABLE api_key ADD COLUMN leaked_at INTEGER;
            ALTER TABLE api_key ADD COLUMN leaked_where TEXT CHECK ((leaked_where IS NULL) = (leaked_at IS NULL));
            ALTER TABLE api_key ADD COLUMN quarantined_at INTEGER CHECK (quarantined_at IS NULL OR leaked_at IS NOT NULL);
            CREATE UNIQUE INDEX api_key_imported ON api_key (imported_hash) WHERE imported_hash IS NOT NULL;

            CREATE TABLE imported_prefix (
                prefix TEXT NOT NULL PRIMARY KEY CHECK (length(prefix) BETWEEN 3 AND 32)
            ) STRICT, WITHOUT ROWID;
            """)
}
