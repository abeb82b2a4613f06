internal import Domain

/// What the database held when it was asked.
struct Knowledge {
    /// For each person of a batch what is stored; nil: nothing.
    var users: [(user: User, isDeactivated: Bool)?]
    /// For each tally of a batch the pairs counted before.
    var pairs: [Int64]
}

extension IssueBatch {
    /// Reads what is stored about everybody in the batch.
    func look(_ connection: inout Connection) throws(StoreFailure) -> Knowledge {
        var users = Parameters(), months = Parameters()
        users.append(texts: people) { $0.tenant.text }
        users.append(texts: people) { $0.id.text }
        months.append(texts: tallies) { $0.tenant.text }
        months.append(numbers: tallies) { Int64($0.month.number) }
        var known = Knowledge(
            users: Array(repeating: nil, count: people.count), pairs: Array(repeating: 0, count: tallies.count))
        try connection.exchange([
            .limits, Statement("SELECT place, name, image, custom, is_deactivated FROM known_users($1, $2)", users),
            Statement(
                """
                SELECT place, pairs FROM unnest($1, $2) WITH ORDINALITY AS wanted(tenant_id, month, place)
                JOIN issued_month USING (tenant_id, month)
                """, months),
        ]) { place, answer throws(StoreFailure) in
            switch place {
            case 1:
                for (index, user, isDeactivated) in try answer.rows(self.user) {
                    known.users[index] = (user, isDeactivated)
                }
            case 2:
                let rows = try answer.rows { row throws(StoreFailure) in
                    (try self.index(row.number(0), below: tallies.count), try row.number(1))
                }
                for (index, pairs) in rows { known.pairs[index] = pairs }
            default: break
            }
        }
        return known
    }

    /// Has the database do what was decided, all of it or nothing, before this side gives up waiting.
    ///
    /// - Parameters:
    ///   - connection: to the database.
    ///   - world: the clock.
    ///   - outcomes: what was decided.
    ///   - answers: what is kept in the same transaction; then nobody may turn out to be deactivated.
    /// - Returns: the places of the people who are deactivated and for whom nothing was done; nil where nothing was
    ///   done at all, since what was decided rests on what is no longer so.
    /// - Throws: `unavailable` where the database does not answer, `corrupt` where it answers what it must not.
    func carryOut(
        _ connection: inout Connection, _ world: World, _ outcomes: [IssueOutcome],
        keeping answers: [(item: RepeatableCommand, answer: KeptAnswer)] = []
    ) throws(StoreFailure) -> Set<Int>? {
        let counted = tallies.filter { $0.pairs > 0 }
        guard !counted.isEmpty else { return [] }
        let written = people.indices.filter { people[$0].pairs > 0 }
        let end = world.monotonicNanoseconds() + Int64(Connection.patience * 1e9)
        let statement = Self.issuing(
            call(
                counted, written.map { people[$0] }, notAfter: connection.clock?.milliseconds(at: end) ?? 0,
                isForBatches: connection.isForBatches),
            keeping: answers)
        var numbers: [Int64] = []
        do throws(StoreFailure) {
            // One transaction with the batch. Where that does nothing, the grants are nobody's: they were not told.
            let grants = refreshable(outcomes)
            try connection.exchange(grants.isEmpty ? [statement] : [statement, .storing(grants)]) {
                place, answer throws(StoreFailure) in
                if place == 0 { numbers = try answer.row { row throws(StoreFailure) in try row.numbers(0) } ?? [] }
            }
        } catch {
            guard connection.wasOutrun else { throw error }
            return nil
        }
        guard let told = numbers.first else { throw .corrupt(cause: "a batch says nothing") }
        connection.clock = ServerClock(told: told, heard: world.monotonicNanoseconds())
        if numbers.dropFirst().first == 0 { return nil }
        return Set(
            try numbers.dropFirst().map { place throws(StoreFailure) in
                written[try index(place, below: written.count)]
            })
    }

    private static func issuing(
        _ call: (sql: String, parameters: Parameters), keeping answers: [(item: RepeatableCommand, answer: KeptAnswer)]
    ) -> Statement {
        guard !answers.isEmpty else { return Statement("SELECT " + call.sql, call.parameters, isKept: true) }
        var parameters = call.parameters
        let first = parameters.types.count + 1
        parameters.append(texts: answers) { $0.item.key.apiKey.text }
        parameters.append(texts: answers) { $0.item.key.hash.hex }
        parameters.append(texts: answers) { $0.item.request.hex }
        parameters.append(texts: answers) { $0.answer.grant.description }
        parameters.append(blobs: answers) { $0.answer.sealed }
        parameters.append(numbers: answers) { $0.item.command.at.milliseconds }
        parameters.append(IdempotencyKey.life * 1_000)
        let rest = numbered(first...parameters.types.count)
        return Statement("SELECT keep_answers(\(call.sql), \(rest))", parameters, isKept: true)
    }

    // Written once: a batch takes microseconds.
    private static let issueForKey = "issue_batch_for_key(\(numbered(1...11)))"
    private static let issueBatch = "issue_batch(\(numbered(1...18)))"
    private static let issueBatchAnywhere = "issue_batch_anywhere(\(numbered(1...18)))"

    private static func numbered(_ places: ClosedRange<Int>) -> String {
        places.map { "$\($0)" }.joined(separator: ", ")
    }

    /// The grants that were issued to be refreshed.
    private func refreshable(_ outcomes: [IssueOutcome]) -> [RefreshableGrant] {
        guard commands.contains(where: { $0.refresh != nil }) else { return [] }
        return commands.indices.compactMap { index in
            guard case .issued = outcomes[index] else { return nil }
            return commands[index].refresh
        }
    }

    /// The call of the function that fits the batch, and its arguments.
    private func call(
        _ counted: [Tally], _ written: [Person], notAfter: Int64, isForBatches: Bool
    ) -> (sql: String, parameters: Parameters) {
        var parameters = Parameters()
        parameters.append(notAfter)
        parameters.append(written.map(\.moment.milliseconds).max())
        let keys = keyTallies.filter { $0.pairs > 0 }
        if isForBatches, counted.count == 1, keys.count == 1, counted[0].shadowQuota == nil,
            written.allSatisfy({ $0.kept == 0 && $0.pairs == 1 })
        {
            append(counted[0], keys[0], written, to: &parameters)
            return (Self.issueForKey, parameters)
        }
        append(counted, keys, written, to: &parameters)
        return (isForBatches ? Self.issueBatch : Self.issueBatchAnywhere, parameters)
    }

    private func append(_ tally: Tally, _ key: KeyTally, _ written: [Person], to parameters: inout Parameters) {
        parameters.append(tally.tenant.text)
        parameters.append(Int64(tally.month.number))
        parameters.append(tally.most)
        parameters.append(Int64(key.day.number))
        parameters.append(key.apiKey.text)
        append(written, to: &parameters)
    }

    private func append(_ counted: [Tally], _ keys: [KeyTally], _ written: [Person], to parameters: inout Parameters) {
        parameters.append(texts: counted) { $0.tenant.text }
        parameters.append(numbers: counted) { Int64($0.month.number) }
        parameters.append(numbers: counted) { $0.pairs }
        parameters.append(numbers: counted) { $0.most }
        append(written, to: &parameters)
        parameters.append(texts: counted.count == 1 ? nil : written) { $0.tenant.text }
        parameters.append(numbers: written.allSatisfy { $0.kept == 0 } ? nil : written) { $0.kept }
        parameters.append(numbers: written.allSatisfy { $0.pairs == 1 } ? nil : written) { $0.pairs }
        parameters.append(numbers: counted.allSatisfy { $0.shadowQuota == nil } ? nil : counted) { $0.shadowQuota }
        parameters.append(texts: keys) { $0.tenant.text }
        parameters.append(numbers: keys) { Int64($0.day.number) }
        parameters.append(texts: keys) { $0.apiKey.text }
        parameters.append(numbers: keys) { $0.pairs }
    }

    private func append(_ written: [Person], to parameters: inout Parameters) {
        parameters.append(texts: written) { $0.id.text }
        parameters.append(texts: written) { $0.user?.name }
        parameters.append(texts: written) { $0.user?.image }
        parameters.append(verbatim: written) { $0.user?.custom }
    }

    private func user(_ row: borrowing Row) throws(StoreFailure) -> (index: Int, user: User, isDeactivated: Bool) {
        let index = try index(row.number(0), below: people.count)
        let user = User(
            id: people[index].id, name: try row.optionalText(1), image: try row.optionalText(2),
            custom: try row.optionalBytes(3))
        return (index, user, try row.flag(4))
    }

    private func index(_ place: Int64, below count: Int) throws(StoreFailure) -> Int {
        guard (1...Int64(count)).contains(place) else { throw .corrupt(cause: "a row answers no question") }
        return Int(place) - 1
    }
}
