extension Migration {
    /// Which tokens of deactivated, reactivated and erased users are honoured; what may be in the change log.
    ///
    /// A cut-off names its user by a reference, so that erasing a person leaves nothing to read. Which subjects the
    /// change log has is for the program to know. The index, of deactivated users alone, costs writes of others
    /// nothing: what they change is not part of it.
    static let users = Migration(
        version: 6, name: "users",
        sql: """
            CREATE TABLE user_cutoff (
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                reference text COLLATE "C" NOT NULL CHECK (length(reference) = 32),
                changed_at bigint NOT NULL,
                is_deactivated bigint NOT NULL CHECK (is_deactivated IN (0, 1)),
                PRIMARY KEY (tenant_id, reference)
            );
            CREATE INDEX user_cutoff_by_time ON user_cutoff (changed_at);
            CREATE INDEX user_deactivated ON "user" (tenant_id, user_id) WHERE deactivated_at IS NOT NULL;

            ALTER TABLE change_log DROP CONSTRAINT change_log_subject_check,
                ADD CONSTRAINT change_log_subject_check CHECK (subject <> '');
            """)
}
