extension Migration {
    /// Which tokens of deactivated, reactivated and erased users are honoured; what may be in the change log.
    ///
    /// A cut-off names its user by a reference, so that erasing a person leaves nothing to read. Which subjects the
    /// change log has is for the program to know: its table is made anew without a list of them.
    static let users = Migration(
        version: 5, name: "users",
        sql: """
            CREATE TABLE user_cutoff (
                tenant_id TEXT NOT NULL REFERENCES tenant,
                reference TEXT NOT NULL CHECK (length(reference) = 32),
                changed_at INTEGER NOT NULL,
                is_deactivated INTEGER NOT NULL CHECK (is_deactivated IN (0, 1)),
                PRIMARY KEY (tenant_id, reference)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX user_cutoff_by_time ON user_cutoff (changed_at);
            CREATE INDEX user_deactivated ON user (tenant_id, user_id) WHERE deactivated_at IS NOT NULL;

            ALTER TABLE change_log RENAME TO former_change_log;
            CREATE TABLE change_log (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                subject TEXT NOT NULL CHECK (subject <> ''),
                subject_id TEXT NOT NULL,
                changed_at INTEGER NOT NULL
            ) STRICT;
            INSERT INTO change_log SELECT sequence, subject, subject_id, changed_at FROM former_change_log;
            DROP TABLE former_change_log;
            """)
}
