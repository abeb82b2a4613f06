internal import Domain
internal import Foundation
internal import GRDB
internal import Tokens

extension AuditEntry {
    static let columns = """
        chain, sequence, month, happened_at, actor, address, request_id, action, target, before_state, after_state, \
        events, previous_hash, hash
        """

    /// The entry of a row with ``columns``.
    init(_ row: Row, of tenant: Tenant.ID?) throws(StoreFailure) {
        let before: String? = try row.optional("before_state")
        let after: String? = try row.optional("after_state")
        self.init(
            link: try AuditLink(row, of: tenant), previous: try row.digest("previous_hash"),
            action: try row.required("action"),
            origin: AuditOrigin(
                actor: try row.required("actor"), address: try row.optional("address"),
                requestID: try row.optional("request_id")),
            target: try row.optional("target"), before: before.map { Array($0.utf8) },
            after: after.map { Array($0.utf8) },
            count: try row.required("events"), at: try row.moment("happened_at"))
    }

    /// The values of ``columns`` but those of its place, by name.
    var fields: StatementArguments {
        [
            "happened": at.milliseconds, "actor": origin.actor, "address": origin.address,
            "request": origin.requestID, "action": action, "target": target,
            "before": before.map { String(decoding: $0, as: UTF8.self) },
            "after": after.map { String(decoding: $0, as: UTF8.self) }, "events": count,
            "previous": Data(previous.bytes),
        ]
    }
}

extension AuditLink {
    /// The place that a row tells of.
    init(_ row: Row, of tenant: Tenant.ID?) throws(StoreFailure) {
        self.init(
            tenant: tenant, sequence: try row.required("sequence"), month: try row.required("month"),
            hash: try row.digest("hash"))
    }

    /// The values of a place, by name.
    var fields: StatementArguments {
        ["chain": chain, "sequence": sequence, "month": month, "hash": Data(hash.bytes)]
    }
}
