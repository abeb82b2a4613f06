internal import Domain
internal import Tokens

extension APIKey {
    static let columns = """
        api_key_id, owner, tenant_id, name, scopes, secret_hash, former_hash, former_until, expires_at, \
        allowed_addresses, rate, burst, leaked_at, leaked_where, quarantined_at, revoked_at, revoked_reason, \
        revoked_by, created_at, imported_prefix, imported_hash
        """

    /// The API key of a row with ``columns``.
    init(_ row: borrowing Row) throws(StoreFailure) {
        var former: Former?
        if let until = try row.optionalNumber(7) {
            former = Former(hash: try row.digest(6), until: Timestamp(milliseconds: until))
        }
        guard let addresses = [AddressRange](stored: try row.optionalText(9)) else {
            throw .corrupt(cause: "column allowed_addresses breaks its rules")
        }
        var rateLimit: RateLimit?
        if let rate = try row.optionalNumber(10) {
            rateLimit = RateLimit(rate: Int(rate), burst: Int(try row.number(11)))
        }
        var leak: Leak?
        if let moment = try row.optionalNumber(12) {
            leak = Leak(
                at: Timestamp(milliseconds: moment), place: try row.text(13),
                quarantinedAt: try row.optionalNumber(14).map(Timestamp.init(milliseconds:)))
        }
        var revocation: Revocation?
        if let moment = try row.optionalNumber(15) {
            revocation = Revocation(
                at: Timestamp(milliseconds: moment), reason: try row.text(16), by: try row.optionalText(17))
        }
        var imported: Imported?
        if let prefix = try row.optionalText(19) { imported = Imported(prefix: prefix, hash: try row.digest(20)) }
        self.init(
            id: try row.checked(0, APIKey.ID.init), owner: try Owner(row), name: try row.text(3),
            scopes: try row.checked(4) { Scopes(names: $0.split(separator: " ")) }, secretHash: try row.digest(5),
            former: former, createdAt: try row.moment(18),
            expiresAt: try row.optionalNumber(8).map(Timestamp.init(milliseconds:)), revocation: revocation,
            allowedAddresses: addresses, rateLimit: rateLimit, imported: imported, leak: leak)
    }

    /// The values of the first three of ``columns``: which key it is, and whose.
    var owned: [Statement.Value] { [.text(id.text), .text(owner.name), .text(owner.tenant?.text)] }

    /// The values of ``columns`` from the name up to those of the revocation.
    var changeable: [Statement.Value] {
        [
            .text(name), .text(scopes.names.joined(separator: " ")), .bytes(secretHash.bytes),
            .bytes(former?.hash.bytes), .number(former?.until.milliseconds), .number(expiresAt?.milliseconds),
            .text(allowedAddresses.stored), .number(rateLimit.map { Int64($0.rate) }),
            .number(rateLimit.map { Int64($0.burst) }), .number(leak?.at.milliseconds), .text(leak?.place),
            .number(leak?.quarantinedAt?.milliseconds),
        ]
    }

    /// The values of the columns of the revocation.
    var revoked: [Statement.Value] {
        [.number(revocation?.at.milliseconds), .text(revocation?.reason), .text(revocation?.by)]
    }

    /// The values of ``columns`` from the time of creation on, which are written once.
    var origin: [Statement.Value] {
        [.number(createdAt.milliseconds), .text(imported?.prefix), .bytes(imported?.hash.bytes)]
    }
}

extension APIKey.Owner {
    fileprivate init(_ row: borrowing Row) throws(StoreFailure) {
        switch try row.text(1) {
        case "tenant": self = .tenant(try row.checked(2, Tenant.ID.init))
        case "node": self = .node
        case "operator": self = .operator
        default: throw .corrupt(cause: "column owner breaks its rules")
        }
    }

    var name: String { kind }
}
