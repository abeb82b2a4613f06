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
                    (try self.index(row, below: tallies.count), try row.number(1))
                }
                for (index, pairs) in rows { known.pairs[index] = pairs }
            default: break
            }
        }
        return known
    }

    /// Has the database do what was decided; false, and nothing was done, where it rests on what is no longer so.
    func carryOut(_ connection: inout Connection) throws(StoreFailure) -> Bool {
        let counted = tallies.filter { $0.pairs > 0 }
        guard !counted.isEmpty else { return true }
        let written = people.filter(\.isWritten)
        var isDone = false
        try connection.exchange([
            Statement(
                "SELECT issue_users($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", parameters(counted, written))
        ]) { _, answer throws(StoreFailure) in
            isDone = try answer.row { row throws(StoreFailure) in try row.flag(0) } ?? false
        }
        return isDone
    }

    private func parameters(_ counted: [Tally], _ written: [Person]) -> Parameters {
        var parameters = Parameters()
        parameters.append(texts: counted) { $0.tenant.text }
        parameters.append(numbers: counted) { Int64($0.month.number) }
        parameters.append(numbers: counted) { $0.pairs }
        parameters.append(numbers: counted) { $0.most }
        parameters.append(texts: written) { $0.tenant.text }
        parameters.append(texts: written) { $0.id.text }
        parameters.append(texts: written) { $0.user?.name }
        parameters.append(texts: written) { $0.user?.image }
        parameters.append(verbatim: written) { $0.user?.custom }
        parameters.append(numbers: written) { $0.kept }
        parameters.append(numbers: written) { $0.moment.milliseconds }
        return parameters
    }

    private func user(_ row: borrowing Row) throws(StoreFailure) -> (index: Int, user: User, isDeactivated: Bool) {
        let index = try index(row, below: people.count)
        let user = User(
            id: people[index].id, name: try row.optionalText(1), image: try row.optionalText(2),
            custom: try row.optionalBytes(3))
        return (index, user, try row.flag(4))
    }

    private func index(_ row: borrowing Row, below count: Int) throws(StoreFailure) -> Int {
        let place = Int(try row.number(0)) - 1
        guard (0..<count).contains(place) else { throw .corrupt(cause: "a row answers no question") }
        return place
    }
}
