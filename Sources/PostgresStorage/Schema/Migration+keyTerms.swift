extension Migration {
    /// Where and how fast an API key may be used, keys that other systems issued, and keys found in the open.
    ///
    /// The prefixes of imported keys have a table of their own, so that a server learns in one small read which texts
    /// are worth a look-up at all.
    static let keyTerms = Migration(
        version: 5, name: "key_terms",
        sql: """
            ALTER TABLE api_key
                ADD COLUMN allowed_addresses text,
                ADD COLUMN rate bigint CHECK (rate >= 1),
                ADD COLUMN burst bigint CHECK (burst >= 1),
                ADD COLUMN imported_prefix text COLLATE "C",
                ADD COLUMN imported_hash bytea CHECK (octet_length(imported_hash) = 32),
                ADD COLUMN leaked_at bigint,
                ADD COLUMN leaked_where text,
                ADD COLUMN quarantined_at bigint,
                ADD CHECK ((burst IS NULL) = (rate IS NULL)),
                ADD CHECK ((imported_hash IS NULL) = (imported_prefix IS NULL)),
                ADD CHECK ((leaked_where IS NULL) = (leaked_at IS NULL)),
                ADD CHECK (quarantined_at IS NULL OR leaked_at IS NOT NULL);
            CREATE UNIQUE INDEX api_key_imported ON api_key (imported_hash) WHERE imported_hash IS NOT NULL;

            CREATE TABLE imported_prefix (
                prefix text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(prefix) BETWEEN 3 AND 32)
            );
            """)
}
