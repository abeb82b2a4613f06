extension Migration {
    /// Revocations, a log of their own in the order of `sequence`, and who has applied them up to where.
    ///
    /// `sequence` begins with the time (see `RevocationDraft.sequence`), by which dead entries are found without an
    /// index. A reader of every tenant has the empty tenant.
    static let revocation = Migration(
        version: 8, name: "revocation",
        sql: """
            CREATE TABLE revocation (
                sequence INTEGER NOT NULL PRIMARY KEY,
                tenant_id TEXT NOT NULL REFERENCES tenant,
                kind TEXT NOT NULL CHECK (kind <> ''),
                subject TEXT NOT NULL,
                cutoff_at INTEGER NOT NULL,
                reason TEXT NOT NULL,
                revoked_by TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX revocation_by_subject ON revocation (tenant_id, kind, subject, cutoff_at);
            CREATE INDEX revocation_by_tenant ON revocation (tenant_id, sequence);

            CREATE TABLE revocation_reader (
                tenant_id TEXT NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('node', 'verifier')),
                name TEXT NOT NULL CHECK (name <> ''),
                sequence INTEGER NOT NULL,
                seen_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, kind, name)
            ) STRICT, WITHOUT ROWID;
            """)
}
