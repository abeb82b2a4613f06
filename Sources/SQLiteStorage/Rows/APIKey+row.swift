internal import Domain
internal import Foundation
internal import GRDB
internal import Tokens

extension APIKey {
    static let columns = """
        api_key_id, owner, tenant_id, name, scopes, secret_hash, former_hash, former_until, created_at, expires_at, \
        revoked_at, revoked_reason, revoked_by, allowed_addresses, rate, burst, imported_prefix, imported_hash, \
        leaked_at, leaked_where, quarantined_at
        """

    /// The API key of a row.
    init(_ row: Row) throws(StoreFailure) {
        let formerUntil: Int64? = try row.optional("former_until")
        let expiresAt: Int64? = try row.optional("expires_at")
        let revokedAt: Int64? = try row.optional("revoked_at")
        let leakedAt: Int64? = try row.optional("leaked_at")
        let prefix: String? = try row.optional("imported_prefix")
        self.init(
            id: try row.checked("api_key_id", APIKey.ID.init), owner: try Owner(row), name: try row.required("name"),
            scopes: try row.checked("scopes") { Scopes(names: $0.split(separator: " ")) },
            secretHash: try row.digest("secret_hash"),
            former: try formerUntil.map { until throws(StoreFailure) in
                Former(hash: try row.digest("former_hash"), until: Timestamp(milliseconds: until))
            },
            createdAt: try row.moment("created_at"), expiresAt: expiresAt.map(Timestamp.init(milliseconds:)),
            revocation: try revokedAt.map { at throws(StoreFailure) in
                Revocation(
                    at: Timestamp(milliseconds: at), reason: try row.required("revoked_reason"),
                    by: try row.optional("revoked_by"))
            },
            allowedAddresses: try row.addresses("allowed_addresses"), rateLimit: try row.rateLimit(),
            imported: try prefix.map { prefix throws(StoreFailure) in
                Imported(prefix: prefix, hash: try row.digest("imported_hash"))
            },
            leak: try leakedAt.map { at throws(StoreFailure) in
                let quarantinedAt: Int64? = try row.optional("quarantined_at")
                return Leak(
                    at: Timestamp(milliseconds: at), place: try row.required("leaked_where"),
                    quarantinedAt: quarantinedAt.map(Timestamp.init(milliseconds:)))
            })
    }

    /// The values of all columns that are not written once, by name.
    var fields: NamedValues {
        [
            "id": id.text, "owner": owner.name, "tenant": owner.tenant?.text, "name": name,
            "scopes": scopes.names.joined(separator: " "), "hash": secretHash.stored,
            "former": former?.hash.stored, "until": former?.until.milliseconds,
            "expires": expiresAt?.milliseconds,
            "revoked": revocation?.at.milliseconds, "reason": revocation?.reason, "by": revocation?.by,
            "addresses": allowedAddresses.stored, "rate": rateLimit?.rate, "burst": rateLimit?.burst,
            "leaked": leak?.at.milliseconds, "place": leak?.place, "quarantined": leak?.quarantinedAt?.milliseconds,
        ]
    }

    /// The values of the columns that are written once: what is known of the key's origin.
    var origin: StatementArguments {
        [
            "created": createdAt.milliseconds, "prefix": imported?.prefix,
            "imported": imported?.hash.stored,
        ]
    }
}

extension Row {
    fileprivate func addresses(_ column: String) throws(StoreFailure) -> [AddressRange] {
        let text: String? = try optional(column)
        guard let ranges = [AddressRange](stored: text) else {
            throw .corrupt(cause: "column \(column) breaks its rules")
        }
        return ranges
    }

    fileprivate func rateLimit() throws(StoreFailure) -> RateLimit? {
        guard let rate: Int = try optional("rate") else { return nil }
        return RateLimit(rate: rate, burst: try required("burst"))
    }
}

extension APIKey.Owner {
    init(_ row: Row) throws(StoreFailure) {
        let name: String = try row.required("owner")
        switch name {
        case "tenant": self = .tenant(try row.checked("tenant_id", Tenant.ID.init))
        case "node": self = .node
        case "operator": self = .operator
        default: throw .corrupt(cause: "column owner breaks its rules")
        }
    }

    var name: String { kind }
}
