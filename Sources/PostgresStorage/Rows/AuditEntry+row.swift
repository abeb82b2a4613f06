internal import Domain
internal import Tokens

extension AuditEntry {
    static let columns = """
        chain, sequence, month, hash, happened_at, actor, address, request_id, action, target, before_state, \
        after_state, events, previous_hash
        """

    /// The entry of a row with ``columns``.
    init(_ row: borrowing Row, of tenant: Tenant.ID?) throws(StoreFailure) {
        self.init(
            link: try AuditLink(row, of: tenant, from: 1), previous: try row.digest(13), action: try row.text(8),
            origin: AuditOrigin(
                actor: try row.text(5), address: try row.optionalText(6), requestID: try row.optionalText(7)),
            target: try row.optionalText(9), before: try row.optionalText(10).map { Array($0.utf8) },
            after: try row.optionalText(11).map { Array($0.utf8) }, count: try row.number(12), at: try row.moment(4))
    }

    /// The values of ``columns``.
    var fields: [Statement.Value] {
        link.fields + [
            .number(at.milliseconds), .text(origin.actor), .text(origin.address), .text(origin.requestID),
            .text(action), .text(target), .text(before.map { String(decoding: $0, as: UTF8.self) }),
            .text(after.map { String(decoding: $0, as: UTF8.self) }), .number(count), .bytes(previous.bytes),
        ]
    }
}

extension AuditLink {
    /// The place whose number, month and hash stand in a row from this column on.
    init(_ row: borrowing Row, of tenant: Tenant.ID?, from column: Int = 0) throws(StoreFailure) {
        self.init(
            tenant: tenant, sequence: try row.number(column), month: try row.number(column + 1),
            hash: try row.digest(column + 2))
    }

    /// The chain, number, month and hash.
    var fields: [Statement.Value] {
        [.text(chain), .number(sequence), .number(month), .bytes(hash.bytes)]
    }
}
