package import Domain

extension PostgresStorage {
    package func userRecord(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> UserRecord? {
        try read(.user(tenant, id)) { row throws(StoreFailure) in try UserRecord(row) }.first
    }

    package func userRecords(
        of tenant: Tenant.ID, after id: User.ID?, status: User.Status?, limit: Int
    ) throws(StoreFailure) -> [UserRecord] {
        let condition =
            switch status {
            case nil: ""
            case .active: "AND deactivated_at IS NULL"
            case .deactivated: "AND deactivated_at IS NOT NULL"
            }
        // No identifier is empty, so that every one comes after the empty text.
        return try read(
            Statement(
                """
                SELECT \(UserRecord.columns) FROM "user" WHERE tenant_id = $1 AND user_id > $2 \(condition)
                ORDER BY user_id LIMIT $3
                """, .text(tenant.text), .text(id?.text ?? ""), .number(Int64(limit)))
        ) { row throws(StoreFailure) in try UserRecord(row) }
    }

    package func upsert(
        _ changes: [UserChange], of tenant: Tenant.ID, at moment: Timestamp
    ) throws(StoreFailure) -> [UserUpsert] {
        // By identifier, as everybody locks users: two batches never wait for each other in a circle.
        let order = changes.indices.sorted { left, right in
            let (one, other) = (changes[left].id.text.utf8, changes[right].id.text.utf8)
            return one.elementsEqual(other) ? left < right : one.lexicographicallyPrecedes(other)
        }
        return try write { connection throws(StoreFailure) in
            try connection.requireTenant(tenant)
            var upserts = [UserUpsert?](repeating: nil, count: changes.count)
            var isNew = false
            let statements = order.flatMap { Statement.upsert(changes[$0], of: tenant, at: moment) }
            try connection.exchange(statements) { place, answer throws(StoreFailure) in
                guard place % 2 == 1 else { return isNew = answer.changed == 1 }
                let record = try answer.row { row throws(StoreFailure) in try UserRecord(row) }
                upserts[order[place / 2]] = record.map { UserUpsert(record: $0, isNew: isNew) }
            }
            let done = upserts.compactMap(\.self)
            guard done.count == changes.count else { throw .corrupt(cause: "a user was not stored") }
            return done
        }
    }

    package func change(
        _ id: User.ID, of tenant: Tenant.ID, at moment: Timestamp, _ body: (User) -> User?
    ) throws(StoreFailure) -> UserRecord {
        try write { connection throws(StoreFailure) in
            guard let stored = try connection.record(.user(tenant, id, locking: true)) else { throw .missing }
            guard let user = body(stored.user) else { return stored }
            let changed = try connection.record(
                Statement(
                    """
                    UPDATE "user" SET name = $3, image = $4, custom = $5, updated_at = $6
                    WHERE tenant_id = $1 AND user_id = $2 RETURNING \(UserRecord.columns)
                    """, .text(tenant.text), .text(id.text), .text(user.name), .text(user.image),
                    .json(user.custom), .number(moment.milliseconds)))
            guard let changed else { throw .corrupt(cause: "a user was not stored") }
            return changed
        }
    }
}

extension Connection {
    /// The user that a statement gives.
    fileprivate mutating func record(_ statement: Statement) throws(StoreFailure) -> UserRecord? {
        var record: UserRecord?
        try exchange([statement]) { _, answer throws(StoreFailure) in
            record = try answer.row { row throws(StoreFailure) in try UserRecord(row) }
        }
        return record
    }

    /// Throws `missing` where there is no such tenant: a user's row does not refer to one.
    fileprivate mutating func requireTenant(_ tenant: Tenant.ID) throws(StoreFailure) {
        var isThere = false
        try exchange([
            Statement("SELECT EXISTS (SELECT FROM tenant WHERE tenant_id = $1)", .text(tenant.text))
        ]) { _, answer throws(StoreFailure) in
            isThere = try answer.row { row throws(StoreFailure) in try row.flag(0) } ?? false
        }
        guard isThere else { throw .missing }
    }
}

extension Statement {
    fileprivate static func user(_ tenant: Tenant.ID, _ id: User.ID, locking: Bool = false) -> Statement {
        Statement(
            """
            SELECT \(UserRecord.columns) FROM "user" WHERE tenant_id = $1 AND user_id = $2 \(locking ? "FOR UPDATE" : "")
            """, .text(tenant.text), .text(id.text))
    }

    /// Adds the user where it is missing, then carries out the change, which after the adding does nothing more.
    fileprivate static func upsert(_ change: UserChange, of tenant: Tenant.ID, at moment: Timestamp) -> [Statement] {
        let user = change.applied(to: nil)
        var kept: Int64 = 0
        if case .keep = change.name { kept |= 1 }
        if case .keep = change.image { kept |= 2 }
        if case .keep = change.custom { kept |= 4 }
        let values: [Value] = [
            .text(tenant.text), .text(user.id.text), .text(user.name), .text(user.image), .json(user.custom),
            .number(moment.milliseconds),
        ]
        return [
            Statement(
                """
                INSERT INTO "user" (tenant_id, user_id, name, image, custom, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING
                """, values),
            Statement(
                """
                UPDATE "user" SET name = CASE WHEN $7 & 1 <> 0 THEN name ELSE $3 END,
                    image = CASE WHEN $7 & 2 <> 0 THEN image ELSE $4 END,
                    custom = CASE WHEN $7 & 4 <> 0 THEN custom ELSE $5 END, updated_at = $6
                WHERE tenant_id = $1 AND user_id = $2 RETURNING \(UserRecord.columns)
                """, values + [.number(kept)]),
        ]
    }
}
