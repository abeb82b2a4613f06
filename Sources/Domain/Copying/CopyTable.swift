internal import Tokens

/// A table that `chat-tokens copy` carries from one database to the other, column by column.
///
/// Both schemas give tables and columns the same names. What a table lacks here would be lost in a move: a test holds
/// ``all`` equal to the schema.
package struct CopyTable: Sendable {
    /// What a column holds.
    package enum Kind: Sendable {
        case text, number, blob
        /// Text that is JSON, and so has no U+0000 as itself.
        case json
    }

    /// A column.
    package struct Column: Sendable {
        /// Its name.
        package let name: String
        /// What it holds.
        package let kind: Kind
    }

    /// Its name.
    package let name: String
    /// The columns of its primary key, by which its rows are ordered, bytes as unsigned numbers.
    package let key: [Column]
    /// All its columns, those of the key first.
    package let columns: [Column]
    /// What is written again where the key is there already: the other columns, or the key where there are none.
    package var changeable: ArraySlice<Column> {
        columns.count > key.count ? columns.dropFirst(key.count) : columns[...]
    }
    /// What changes for a running server when a row is written.
    private let subject: Subject

    private enum Subject: Sendable {
        case nothing
        /// The tenant, the API key or the plan that the column of this place names.
        case tenant(Int), apiKey(Int), plan(Int)
        /// Which of a user's tokens are honoured, as the whole row says.
        case userCutoff
    }

    private init(_ name: String, key: [Column], _ others: [Column], subject: Subject = .nothing) {
        self.name = name
        self.key = key
        columns = key + others
        self.subject = subject
    }

    /// What to tell servers of rows that were written or removed, each subject once.
    package func changes(of rows: [CopyRow]) -> Set<Change.Subject> {
        switch subject {
        case .nothing: []
        case .tenant(let place):
            Set(rows.compactMap { $0.values[place].text.flatMap(Tenant.ID.init).map(Change.Subject.tenant) })
        case .apiKey(let place):
            Set(rows.compactMap { $0.values[place].text.flatMap(APIKey.ID.init).map(Change.Subject.apiKey) })
        case .userCutoff: Set(rows.compactMap { UserCutoff($0).map(Change.Subject.user) })
        case .plan(let place):
            Set(rows.compactMap { $0.values[place].text.flatMap(Plan.ID.init).map(Change.Subject.plan) })
        }
    }

    /// The kids of active signing keys among the rows, with their tenants; none in any other table.
    ///
    /// A tenant has one active key at any moment: before these are written, its others have to step down.
    package func activeKeys(among rows: [CopyRow]) -> [(tenant: CopyValue, kid: CopyValue)] {
        guard name == "signing_key" else { return [] }
        return rows.filter { $0.values[3].text == KeyState.active.rawValue }.map { ($0.values[1], $0.values[0]) }
    }

    /// All tables in an order in which none refers to a later one.
    package static let all = [
        plan, tenant, tokenClaim, signingKey, apiKey, importedPrefix, apiKeyUsage, user, userCutoff, issuedMonth,
        issuedDay, dayCount, auditHead, auditEntry, auditCheckpoint, auditKey, account, membership, session, invitation,
        revocation, refreshKey, grantRefresh, issueAnswer,
    ]

    /// Whether rows that the source has no more may still be referred to by rows of tables that are copied later.
    package var isReferredTo: Bool { name == "plan" }

    private static let plan = CopyTable(
        "plan", key: [text("plan_id")],
        [
            text("name"), number("rate"), number("burst"), number("quota"), number("key_rate"), number("key_burst"),
            number("user_pairs"), number("user_window"), number("created_at"),
        ], subject: .plan(0))

    private static let tenant = CopyTable(
        "tenant", key: [text("tenant_id")],
        [
            text("name"), text("status"), text("plan"), number("rate"), number("burst"), number("quota"),
            number("token_life"), text("xmpp_host"), number("created_at"), number("deleted_at"),
            number("user_pairs"), number("user_window"), text("shadow"),
        ], subject: .tenant(0))

    private static let signingKey = CopyTable(
        "signing_key", key: [text("kid")],
        [
            text("tenant_id"), text("algorithm"), text("state"), blob("sealed"), number("created_at"),
            number("changed_at"),
        ], subject: .tenant(1))

    private static let tokenClaim = CopyTable(
        "token_claim", key: [text("tenant_id"), number("position")], [text("name")], subject: .tenant(0))

    private static let apiKey = CopyTable(
        "api_key", key: [text("api_key_id")],
        [
            text("owner"), text("tenant_id"), text("name"), text("scopes"), blob("secret_hash"), blob("former_hash"),
            number("former_until"), number("created_at"), number("expires_at"), number("revoked_at"),
            text("revoked_reason"), text("revoked_by"), text("allowed_addresses"), number("rate"), number("burst"),
            text("imported_prefix"), blob("imported_hash"), number("leaked_at"), text("leaked_where"),
            number("quarantined_at"),
        ], subject: .apiKey(0))

    private static let importedPrefix = CopyTable("imported_prefix", key: [text("prefix")], [])

    private static let apiKeyUsage = CopyTable(
        "api_key_usage", key: [text("api_key_id")], [number("uses"), number("last_used_at")])

    private static let user = CopyTable(
        "user", key: [text("tenant_id"), text("user_id")],
        [
            text("name"), text("image"), json("custom"), number("created_at"), number("updated_at"),
            number("deactivated_at"),
        ])

    private static let userCutoff = CopyTable(
        "user_cutoff", key: [text("tenant_id"), text("reference")],
        [number("changed_at"), number("is_deactivated")], subject: .userCutoff)

    private static let issuedMonth = CopyTable(
        "issued_month", key: [text("tenant_id"), number("month")], [number("pairs")])

    private static let auditHead = CopyTable(
        "audit_head", key: [text("chain")],
        [
            number("sequence"), number("month"), blob("hash"), number("sealed_sequence"), number("sealed_at"),
        ])

    private static let auditEntry = CopyTable(
        "audit_entry", key: [text("chain"), number("sequence"), number("month")],
        [
            number("happened_at"), text("actor"), text("address"), text("request_id"), text("action"), text("target"),
            text("before_state"), text("after_state"), number("events"), blob("previous_hash"), blob("hash"),
        ])

    private static let auditCheckpoint = CopyTable(
        "audit_checkpoint", key: [text("chain"), number("sequence")], [number("signed_at"), text("statement")])

    private static let auditKey = CopyTable(
        "audit_key", key: [text("kid")], [blob("sealed"), number("created_at")])

    private static let revocation = CopyTable(
        "revocation", key: [number("sequence")],
        [
            text("tenant_id"), text("kind"), text("subject"), number("cutoff_at"), text("reason"), text("revoked_by"),
            number("created_at"), number("expires_at"),
        ])

    private static let account = CopyTable(
        "account", key: [text("account_id")],
        [text("email"), text("password_hash"), number("created_at"), number("password_changed_at")])

    private static let membership = CopyTable(
        "membership", key: [text("tenant_id"), text("account_id")], [text("role"), number("joined_at")])

    private static let session = CopyTable(
        "session", key: [text("session_id")],
        [
            text("account_id"), blob("token_hash"), number("created_at"), number("expires_at"),
            number("last_seen_at"), text("address"), text("user_agent"),
        ])

    private static let invitation = CopyTable(
        "invitation", key: [text("invitation_id")],
        [
            blob("token_hash"), text("tenant_id"), text("role"), text("email"), text("invited_by"),
            number("created_at"), number("expires_at"), number("used_at"), text("used_by"),
        ])

    private static let issuedDay = CopyTable(
        "issued_day", key: [text("tenant_id"), number("day"), text("api_key_id")], [number("pairs")])

    private static let dayCount = CopyTable(
        "day_count", key: [text("tenant_id"), number("day"), text("api_key_id"), text("kind"), text("code")],
        [number("count")])

    private static let refreshKey = CopyTable(
        "refresh_key", key: [number("key_number")], [blob("sealed"), number("created_at")])

    private static let grantRefresh = CopyTable(
        "grant_refresh", key: [text("grant_id")],
        [
            text("tenant_id"), text("user_id"), text("api_key_id"), text("label"), number("token_life"),
            text("channels"), number("counter"), number("ends_at"),
        ])

    private static let issueAnswer = CopyTable(
        "issue_answer", key: [text("api_key_id"), text("key_hash")],
        [text("request_hash"), text("grant_id"), blob("sealed"), number("created_at")])

    private static func text(_ name: String) -> Column { Column(name: name, kind: .text) }
    private static func number(_ name: String) -> Column { Column(name: name, kind: .number) }
    private static func json(_ name: String) -> Column { Column(name: name, kind: .json) }
    private static func blob(_ name: String) -> Column { Column(name: name, kind: .blob) }
}

extension UserCutoff {
    /// The cut-off of a row of its table; nil where it breaks the rules.
    fileprivate init?(_ row: CopyRow) {
        guard let tenant = row.values[0].text.flatMap(Tenant.ID.init),
            let reference = row.values[1].text.flatMap({ UserReference($0) }),
            case .number(let changedAt) = row.values[2], case .number(let isDeactivated) = row.values[3]
        else { return nil }
        self.init(
            tenant: tenant, reference: reference, changedAt: Timestamp(milliseconds: changedAt),
            isDeactivated: isDeactivated == 1)
    }
}
