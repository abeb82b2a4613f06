package import Domain

extension PostgresStorage {
    /// How often a batch is decided anew because another node was faster.
    static let tries = 16

    package func issue(_ commands: [IssueCommand]) throws(StoreFailure) -> [IssueOutcome] {
        guard !commands.isEmpty else { return [] }
        var batch = IssueBatch(commands)
        return try writer.use { connection throws(StoreFailure) in
            try readClock(&connection)
            try setUp(&connection)
            // A batch that says all of every user can be tried without knowing what is stored.
            var known = batch.isWhole ? nil : try batch.look(&connection)
            for _ in 0..<Self.tries {
                let outcomes = batch.decide(known)
                if let refused = try batch.carryOut(&connection, world, outcomes) {
                    return batch.outcomes(outcomes, refused: refused)
                }
                known = try batch.look(&connection)
            }
            throw .unavailable(cause: "other nodes keep changing what a batch is about")
        }
    }

    /// Makes sure that the connection knows the server's clock.
    func readClock(_ connection: inout Connection) throws(StoreFailure) {
        if let clock = connection.clock, !clock.isStale(at: world.monotonicNanoseconds()) { return }
        var answered: (process: Int64, clock: Int64) = (0, 0)
        try connection.exchange([Statement("SELECT pg_backend_pid()::bigint, server_clock()")]) {
            _, answer throws(StoreFailure) in
            answered = try answer.row { row throws(StoreFailure) in (try row.number(0), try row.number(1)) } ?? answered
        }
        connection.clock = ServerClock(told: answered.clock, heard: world.monotonicNanoseconds())
        connection.meet(processNumber: answered.process)
    }

    /// Makes sure that a session of our own has the settings that batches need.
    private func setUp(_ connection: inout Connection) throws(StoreFailure) {
        guard connection.isDirect, !connection.isForBatches else { return }
        try connection.exchange([.issuing])
        connection.isForBatches = true
    }

    package func user(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> User? {
        try read(
            Statement(
                #"SELECT name, image, custom FROM "user" WHERE tenant_id = $1 AND user_id = $2"#, .text(tenant.text),
                .text(id.text))
        ) { row throws(StoreFailure) in
            User(
                id: id, name: try row.optionalText(0), image: try row.optionalText(1), custom: try row.optionalBytes(2))
        }.first
    }

    package func issuedPairs(_ tenant: Tenant.ID, in month: Month) throws(StoreFailure) -> Int64 {
        try read(
            Statement(
                "SELECT pairs FROM issued_month WHERE tenant_id = $1 AND month = $2", .text(tenant.text),
                .number(Int64(month.number)))
        ) { row throws(StoreFailure) in try row.number(0) }.first ?? 0
    }
}

extension Statement {
    /// The settings of the session that writes users: those of `issue_batch_anywhere`, for good.
    ///
    /// The database keeps its plans for as long as the session lives, also those made while a table was small.
    fileprivate static let issuing = Statement(
        """
        SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false),
            set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),
            set_config('enable_mergejoin', 'off', false), set_config('enable_material', 'off', false),
            set_config('lock_timeout', '3s', false)
        """)
}
