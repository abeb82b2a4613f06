import Foundation
import GRDB

/// The user as stored after an upsert.
struct StoredUser: Sendable {
    let name: String?
    let image: String?
    let custom: String?
}

/// WAL, `synchronous=FULL`, one transaction per upsert.
struct Store: Sendable {
    private let pool: DatabasePool

    init(path: String) throws {
        self.pool = try DatabasePool(path: path)
        // Not in `prepareDatabase`: the pool sets its writer to NORMAL after that ran.
        try self.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
    }

    func signingKeys() throws -> [(kid: String, secret: Data)] {
        try self.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT kid, secret FROM signing_key").map { ($0["kid"], $0["secret"]) }
        }
    }

    func key(hash: Data) async throws -> APIKey? {
        let sql = """
            SELECT api_key.id, api_key.tenant_id, scopes, rate, burst, kid FROM api_key
            JOIN tenant ON tenant.id = api_key.tenant_id JOIN signing_key ON signing_key.tenant_id = tenant.id
            WHERE hash = ?
            """
        return try await self.pool.read { db in
            try Row.fetchOne(db, sql: sql, arguments: [hash]).map { row in
                let scopes: String = row["scopes"]
                return APIKey(
                    id: row["id"], tenant: row["tenant_id"], scopes: Set(scopes.split(separator: " ").map(String.init)),
                    rate: row["rate"], burst: row["burst"], kid: row["kid"])
            }
        }
    }

    func upsert(tenant: String, request: IssueRequest, custom: String?, now: Int) async throws -> StoredUser {
        let sql = """
            INSERT INTO user (tenant_id, user_id, name, image, custom, created_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
            ON CONFLICT (tenant_id, user_id) DO UPDATE SET
                name = CASE WHEN ?7 THEN excluded.name ELSE name END,
                image = CASE WHEN ?8 THEN excluded.image ELSE image END,
                custom = CASE WHEN ?9 THEN excluded.custom ELSE custom END,
                updated_at = excluded.updated_at
            RETURNING name, image, custom
            """
        let arguments: StatementArguments = [
            tenant, request.userId, request.name.value, request.image.value, custom, now,
            request.name.isPresent, request.image.isPresent, request.custom.isPresent,
        ]
        return try await self.pool.write { db in
            let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
            guard let row else { throw DatabaseError(message: "upsert returned nothing") }
            return StoredUser(name: row["name"], image: row["image"], custom: row["custom"])
        }
    }
}
