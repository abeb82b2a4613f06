internal import Domain
internal import Foundation
internal import GRDB
internal import Tokens

extension Digest {
    /// The 32 bytes as they are stored.
    var stored: Data { Data(bytes) }
}

extension Account {
    static let columns = "account_id, email, created_at"

    /// The account of a row.
    init(_ row: Row, createdAt: String = "created_at") throws(StoreFailure) {
        self.init(
            id: try row.checked("account_id", ID.init), email: try row.checked("email", EmailAddress.init),
            createdAt: try row.moment(createdAt))
    }
}

extension Membership {
    /// The tenants of an account that are not deleted, in the order of their identifiers.
    static func all(of account: Account.ID, _ db: Database) throws -> [Membership] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT tenant_id, name, status, role FROM membership JOIN tenant USING (tenant_id)
                WHERE account_id = ? AND deleted_at IS NULL ORDER BY tenant_id
                """, arguments: [account.text]
        ).map { row in
            Membership(
                tenant: try row.checked("tenant_id", Tenant.ID.init), name: try row.required("name"),
                status: try row.named("status"), role: try row.named("role"))
        }
    }
}

extension Session {
    static let columns =
        "session_id, account_id, token_hash, created_at, expires_at, last_seen_at, address, user_agent"

    /// The session of a row.
    init(_ row: Row) throws(StoreFailure) {
        self.init(
            id: try row.checked("session_id", ID.init), account: try row.checked("account_id", Account.ID.init),
            tokenHash: try row.digest("token_hash"), createdAt: try row.moment("created_at"),
            expiresAt: try row.moment("expires_at"), lastSeenAt: try row.moment("last_seen_at"),
            address: try row.optional("address"), userAgent: try row.optional("user_agent"))
    }

    /// The values of ``columns``, by name.
    var fields: StatementArguments {
        [
            "session": id.text, "account": account.text, "hash": tokenHash.stored,
            "created": createdAt.milliseconds, "expires": expiresAt.milliseconds, "seen": lastSeenAt.milliseconds,
            "address": address, "agent": userAgent,
        ]
    }
}

extension Invitation {
    static let columns =
        "invitation_id, token_hash, tenant_id, role, email, invited_by, created_at, expires_at"

    /// The invitation of a row.
    init(_ row: Row) throws(StoreFailure) {
        let email: String? = try row.optional("email")
        self.init(
            id: try row.checked("invitation_id", ID.init), tokenHash: try row.digest("token_hash"),
            tenant: try row.checked("tenant_id", Tenant.ID.init), role: try row.named("role"),
            email: try email.map { _ throws(StoreFailure) in try row.checked("email", EmailAddress.init) },
            invitedBy: try row.required("invited_by"), createdAt: try row.moment("created_at"),
            expiresAt: try row.moment("expires_at"))
    }

    /// The values of ``columns``, by name.
    var fields: StatementArguments {
        [
            "invitation": id.text, "hash": tokenHash.stored, "tenant": tenant.text, "role": role.rawValue,
            "email": email?.text, "by": invitedBy, "created": createdAt.milliseconds,
            "expires": expiresAt.milliseconds,
        ]
    }
}
