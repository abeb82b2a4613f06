package import Domain
internal import GRDB

extension SQLiteStorage {
    package func userRecord(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> UserRecord? {
        try read { db in try UserRow.find(tenant, id, db)?.record }
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
        return try read { db in
            let select = try RawStatement(
                db,
                """
                SELECT \(UserRecord.columns) FROM user WHERE tenant_id = ?1 AND user_id > ?2 \(condition)
                ORDER BY user_id LIMIT ?3
                """)
            defer { select.reset() }
            try select.bind(1, copying: tenant.text)
            // No identifier is empty, so that every one comes after this.
            try select.bind(2, copying: id?.text ?? "")
            try select.bind(3, Int64(limit))
            var records: [UserRecord] = []
            while try select.step() { records.append(try UserRecord(select)) }
            return records
        }
    }

    package func upsert(
        _ changes: [UserChange], of tenant: Tenant.ID, at moment: Timestamp
    ) throws(StoreFailure) -> [UserUpsert] {
        try write { db in
            let sql = "SELECT EXISTS (SELECT 1 FROM tenant WHERE tenant_id = ?)"
            guard try Bool.fetchOne(db, sql: sql, arguments: [tenant.text]) == true else { throw StoreFailure.missing }
            let writer = try UserWriter(db)
            return try changes.map { change in
                guard let row = try UserRow.find(tenant, change.id, db) else {
                    let user = change.applied(to: nil)
                    try writer.add(user, to: tenant, at: moment)
                    let record = UserRecord(user: user, createdAt: moment, updatedAt: moment, deactivatedAt: nil)
                    return UserUpsert(record: record, isNew: true)
                }
                let user = change.applied(to: row.record.user)
                try writer.replace(row.number, by: user, at: moment)
                return UserUpsert(record: row.record.with(user, at: moment), isNew: false)
            }
        }
    }

    package func change(
        _ id: User.ID, of tenant: Tenant.ID, at moment: Timestamp, _ body: (User) -> User?
    ) throws(StoreFailure) -> UserRecord {
        try write { db in
            guard let row = try UserRow.find(tenant, id, db) else { throw StoreFailure.missing }
            guard let user = body(row.record.user) else { return row.record }
            try UserWriter(db).replace(row.number, by: user, at: moment)
            return row.record.with(user, at: moment)
        }
    }
}

extension UserRecord {
    /// The record with another profile.
    fileprivate func with(_ user: User, at moment: Timestamp) -> UserRecord {
        UserRecord(user: user, createdAt: createdAt, updatedAt: moment, deactivatedAt: deactivatedAt)
    }
}
