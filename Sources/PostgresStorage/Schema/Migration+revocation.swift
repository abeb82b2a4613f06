extension Migration {
    /// Revocations, a log of their own in the order of `sequence`, and who has applied them up to where.
    ///
    /// `sequence` begins with the time (see `RevocationDraft.sequence`), by which dead entries are found without an
    /// index. A reader of every tenant has the empty tenant.
    static let revocation = Migration(
        version: 9, name: "revocation",
        sql: """
            CREATE TABLE revocation (
                sequence bigint NOT NULL PRIMARY KEY,
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                kind text COLLATE "C" NOT NULL CHECK (kind <> ''),
                subject text COLLATE "C" NOT NULL,
                cutoff_at bigint NOT NULL,
                reason text NOT NULL,
                revoked_by text NOT NULL,
                created_at bigint NOT NULL,
                expires_at bigint NOT NULL
            );
            CREATE INDEX revocation_by_subject ON revocation (tenant_id, kind, subject, cutoff_at);
            CREATE INDEX revocation_by_tenant ON revocation (tenant_id, sequence);

            CREATE TABLE revocation_reader (
                tenant_id text COLLATE "C" NOT NULL,
                kind text COLLATE "C" NOT NULL CHECK (kind IN ('node', 'verifier')),
                name text COLLATE "C" NOT NULL CHECK (name <> ''),
                sequence bigint NOT NULL,
                seen_at bigint NOT NULL,
                PRIMARY KEY (tenant_id, kind, name)
            ) WITH (fillfactor = 50);
            """)
}
