extension Migration {
    /// The audit log: entries chained by hash, the head of each chain, signed checkpoints and the keys that sign them.
    ///
    /// A chain is named by its tenant's identifier; the operator's has an empty name. Entries are neither changed nor
    /// removed but by two: the pruning of whole old months, which notes itself in `deployment` for the length of its
    /// transaction, and a copy into this database that is not finished.
    static let audit = Migration(
        version: 3, name: "audit",
        sql: """
            CREATE TABLE audit_head (
                chain TEXT NOT NULL PRIMARY KEY,
                sequence INTEGER NOT NULL CHECK (sequence >= 1),
                month INTEGER NOT NULL,
                hash BLOB NOT NULL CHECK (length(hash) = 32),
                sealed_sequence INTEGER NOT NULL DEFAULT 0,
                sealed_at INTEGER NOT NULL DEFAULT 0
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX audit_head_unsealed ON audit_head (sealed_at, chain) WHERE sequence > sealed_sequence;

            CREATE TABLE audit_entry (
                chain TEXT NOT NULL,
                sequence INTEGER NOT NULL CHECK (sequence >= 1),
                month INTEGER NOT NULL,
                happened_at INTEGER NOT NULL,
                actor TEXT NOT NULL,
                address TEXT,
                request_id TEXT,
                action TEXT NOT NULL,
                target TEXT,
                before_state TEXT,
                after_state TEXT,
                events INTEGER NOT NULL CHECK (events >= 1),
                previous_hash BLOB NOT NULL CHECK (length(previous_hash) = 32),
                hash BLOB NOT NULL CHECK (length(hash) = 32),
                PRIMARY KEY (chain, sequence, month)
            ) STRICT;
            CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry
            WHEN NOT EXISTS (SELECT 1 FROM deployment WHERE name = 'copy' AND value = CAST('unfinished' AS BLOB))
            BEGIN
                SELECT RAISE(ABORT, 'the audit log is append-only');
            END;
            CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry
            WHEN NOT EXISTS (
                SELECT 1 FROM deployment
                WHERE name = 'audit_prune' OR name = 'copy' AND value = CAST('unfinished' AS BLOB)
            )
            BEGIN
                SELECT RAISE(ABORT, 'the audit log is append-only');
            END;

            CREATE TABLE audit_checkpoint (
                chain TEXT NOT NULL,
                sequence INTEGER NOT NULL CHECK (sequence >= 1),
                signed_at INTEGER NOT NULL,
                statement TEXT NOT NULL,
                PRIMARY KEY (chain, sequence)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE audit_key (
                kid TEXT NOT NULL PRIMARY KEY,
                sealed BLOB NOT NULL CHECK (length(sealed) > 0),
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            """)
}
