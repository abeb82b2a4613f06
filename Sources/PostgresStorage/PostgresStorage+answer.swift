package import Domain
internal import Tokens

extension PostgresStorage {
    package func issue(_ commands: [RepeatableCommand]) throws(StoreFailure) -> [RepeatableOutcome] {
        var outcomes = [RepeatableOutcome?](repeating: nil, count: commands.count)
        var waiting = Array(commands.indices)
        while !waiting.isEmpty {
            // The first of each key; whoever repeats it in the same batch finds its answer in the next round.
            var keys: Set<IdempotencyKey> = []
            let round = waiting.filter { keys.insert(commands[$0].key).inserted }
            for (place, outcome) in zip(round, try issueOnce(round.map { commands[$0] })) { outcomes[place] = outcome }
            waiting.removeAll { outcomes[$0] != nil }
        }
        return outcomes.compactMap(\.self)
    }

    private func issueOnce(_ commands: [RepeatableCommand]) throws(StoreFailure) -> [RepeatableOutcome] {
        // Not the connection that others' batches wait for.
        try pool.use { connection throws(StoreFailure) in
            try readClock(&connection)
            for _ in 0..<Self.tries {
                var outcomes = try answers(to: commands, &connection)
                let open = commands.indices.filter { outcomes[$0] == nil }
                if let new = try issueNew(open.map { commands[$0] }, &connection) {
                    for (place, outcome) in zip(open, new) { outcomes[place] = outcome }
                    return outcomes.compactMap(\.self)
                }
            }
            throw .unavailable(cause: "other nodes keep changing what a batch is about")
        }
    }

    /// Carries out commands of which no answer is known; nil, and nothing is done, where that is no longer so.
    private func issueNew(
        _ commands: [RepeatableCommand], _ connection: inout Connection
    ) throws(StoreFailure) -> [RepeatableOutcome]? {
        guard !commands.isEmpty else { return [] }
        var batch = IssueBatch(commands.map(\.command))
        let decided = batch.decide(try batch.look(&connection))
        var outcomes: [RepeatableOutcome] = []
        var kept: [(item: RepeatableCommand, answer: KeptAnswer)] = []
        for (item, outcome) in zip(commands, decided) {
            guard case .issued(let user) = outcome else {
                outcomes.append(.refused(outcome))
                continue
            }
            let answer = try item.kept(for: user)
            kept.append((item, answer))
            outcomes.append(.issued(answer))
        }
        return try batch.carryOut(&connection, world, decided, keeping: kept) == nil ? nil : outcomes
    }

    /// For each command the answer that is kept; nil: none.
    private func answers(
        to commands: [RepeatableCommand], _ connection: inout Connection
    ) throws(StoreFailure) -> [RepeatableOutcome?] {
        var parameters = Parameters()
        parameters.append(texts: commands) { $0.key.apiKey.text }
        parameters.append(texts: commands) { $0.key.hash.hex }
        parameters.append(numbers: commands) { $0.end.milliseconds }
        var outcomes = [RepeatableOutcome?](repeating: nil, count: commands.count)
        try connection.exchange([
            .limits,
            Statement(
                """
                SELECT w.place, a.request_hash, a.grant_id, a.sealed
                FROM unnest($1, $2, $3) WITH ORDINALITY AS w(api_key_id, key_hash, ended_at, place)
                CROSS JOIN LATERAL (
                    SELECT * FROM issue_answer AS a
                    WHERE a.api_key_id = w.api_key_id AND a.key_hash = w.key_hash AND a.created_at > w.ended_at
                ) AS a
                """, parameters),
        ]) { place, answer throws(StoreFailure) in
            guard place == 1 else { return }
            let rows = try answer.rows { row throws(StoreFailure) in
                (
                    try row.number(0), request: try row.text(1),
                    KeptAnswer(grant: try row.checked(2) { Grant.ID($0.utf8.span) }, sealed: try row.bytes(3))
                )
            }
            for (number, request, kept) in rows {
                let place = Int(number) - 1
                guard commands.indices.contains(place) else { throw .corrupt(cause: "a row answers no question") }
                outcomes[place] = request == commands[place].request.hex ? .repeated(kept) : .otherRequest
            }
        }
        return outcomes
    }

    package func pruneAnswers(
        at moment: Timestamp, limit: Int, dryRun: Bool
    ) throws(StoreFailure) -> Int64 {
        let end = moment.adding(seconds: -IdempotencyKey.life).milliseconds
        if dryRun {
            return try read(Statement("SELECT count(*) FROM issue_answer WHERE created_at <= $1", .number(end))) {
                row throws(StoreFailure) in try row.number(0)
            }.first ?? 0
        }
        return try write { connection throws(StoreFailure) in
            var count: Int64 = 0
            try connection.exchange([
                Statement(
                    """
                    DELETE FROM issue_answer WHERE (api_key_id, key_hash) IN (
                        SELECT api_key_id, key_hash FROM issue_answer WHERE created_at <= $1
                        ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
                    )
                    """, .number(end), .number(Int64(limit)))
            ]) { _, answer throws(StoreFailure) in count = Int64(answer.changed) }
            return count
        }
    }
}
