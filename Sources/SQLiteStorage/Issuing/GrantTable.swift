internal import Domain
internal import GRDB

/// Stores the grants of a batch that are to be refreshed.
struct GrantTable {
    private let insert: RawStatement

    init(_ db: Database) throws(StoreFailure) {
        insert = try RawStatement(
            db,
            """
            INSERT INTO grant_refresh
                (grant_id, tenant_id, user_id, api_key_id, token_life, ends_at, channels, label, counter)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)
            """)
    }

    /// Stores a grant that was born just now.
    func add(_ grant: RefreshableGrant) throws(StoreFailure) {
        try insert.bind(1, copying: grant.id.description)
        try insert.bind(2, copying: grant.tenant.text)
        try insert.bind(3, copying: grant.terms.user.text)
        try insert.bind(4, copying: grant.terms.apiKey.text)
        try insert.bind(5, grant.terms.life)
        try insert.bind(6, grant.endsAt.milliseconds)
        try insert.withBound(7, grant.terms.channels) { () throws(StoreFailure) in
            try insert.withBound(8, grant.terms.label?.text) { () throws(StoreFailure) in try insert.changeOne() }
        }
    }
}
