extension Migration {
    /// The audit log: entries chained by hash, the head of each chain, signed checkpoints and the keys that sign them.
    ///
    /// A chain is named by its tenant's identifier; the operator's has an empty name. Whoever appends locks the head of
    /// the chain first. Entries are neither changed nor removed but by two: the pruning of whole old months, which
    /// notes itself in `deployment` for the length of its transaction, and a copy into this database that is not
    /// finished.
    static let audit = Migration(
        version: 4, name: "audit",
        sql: """
            CREATE TABLE audit_head (
                chain text COLLATE "C" NOT NULL PRIMARY KEY,
                sequence bigint NOT NULL CHECK (sequence >= 0),
                month bigint NOT NULL,
                hash bytea NOT NULL CHECK (length(hash) = 32),
                sealed_sequence bigint NOT NULL DEFAULT 0,
                sealed_at bigint NOT NULL DEFAULT 0
            ) WITH (fillfactor = 50);
            CREATE INDEX audit_head_unsealed ON audit_head (sealed_at, chain) WHERE sequence > sealed_sequence;

            CREATE TABLE audit_entry (
                chain text COLLATE "C" NOT NULL,
                sequence bigint NOT NULL CHECK (sequence >= 1),
                month bigint NOT NULL,
                happened_at bigint NOT NULL,
                actor text NOT NULL,
                address text,
                request_id text,
                action text NOT NULL,
                target text,
                before_state text,
                after_state text,
                events bigint NOT NULL CHECK (events >= 1),
                previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
                hash bytea NOT NULL CHECK (length(hash) = 32),
                PRIMARY KEY (chain, sequence, month)
            ) PARTITION BY RANGE (month);
            CREATE TABLE audit_entry_other PARTITION OF audit_entry DEFAULT;

            CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (
                    SELECT FROM deployment
                    WHERE name = 'copy' AND value = 'unfinished'::bytea OR name = 'audit_prune' AND TG_OP = 'DELETE'
                ) THEN
                    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
                END IF;
                RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
            END $$;
            CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE OR DELETE ON audit_entry
            FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();

            CREATE FUNCTION refuse_audit_truncation() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
            END $$;
            CREATE TRIGGER audit_entry_kept BEFORE TRUNCATE ON audit_entry
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_truncation();

            CREATE TABLE audit_checkpoint (
                chain text COLLATE "C" NOT NULL,
                sequence bigint NOT NULL CHECK (sequence >= 1),
                signed_at bigint NOT NULL,
                statement text NOT NULL,
                PRIMARY KEY (chain, sequence)
            );

            CREATE TABLE audit_key (
                kid text COLLATE "C" NOT NULL PRIMARY KEY,
                sealed bytea NOT NULL CHECK (length(sealed) > 0),
                created_at bigint NOT NULL
            );
            """)
}
