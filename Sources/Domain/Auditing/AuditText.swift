package import Tokens

/// The bytes of an entry that are hashed: canonical JSON, compact, its members in the order of their names.
///
/// They are put together by hand, since the states before and after are canonical JSON already and are kept verbatim.
package struct AuditText: Sendable {
    /// The bytes.
    package private(set) var bytes: [UInt8] = []

    /// The bytes of a draft that gets this number.
    init(_ draft: AuditDraft, sequence: Int64) {
        write(
            tenant: draft.tenant, sequence: sequence, action: draft.action.rawValue, origin: draft.origin,
            target: draft.target, before: draft.before, after: draft.after, count: draft.count, at: draft.at)
    }

    /// The bytes of a stored entry.
    package init(_ entry: AuditEntry) {
        write(
            tenant: entry.link.tenant, sequence: entry.link.sequence, action: entry.action, origin: entry.origin,
            target: entry.target, before: entry.before, after: entry.after, count: entry.count, at: entry.at)
    }

    private mutating func write(
        tenant: Tenant.ID?, sequence: Int64, action: String, origin: AuditOrigin, target: String?, before: [UInt8]?,
        after: [UInt8]?, count: Int64, at: Timestamp
    ) {
        bytes.reserveCapacity(512)
        append("{\"action\":", JSON(action))
        append(",\"actor\":", JSON(origin.actor))
        append(",\"address\":", JSON(optional: origin.address))
        append(",\"after\":", after)
        append(",\"at\":", JSON(at.precise))
        append(",\"before\":", before)
        append(",\"count\":", JSON(count))
        append(",\"requestId\":", JSON(optional: origin.requestID))
        append(",\"sequence\":", JSON(sequence))
        append(",\"target\":", JSON(optional: target))
        append(",\"tenant\":", JSON(optional: tenant?.text))
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func append(_ name: String, _ value: JSON) { append(name, value.canonicalBytes()) }

    private mutating func append(_ name: String, _ value: [UInt8]?) {
        bytes.append(contentsOf: name.utf8)
        if let value { bytes.append(contentsOf: value) } else { bytes.append(contentsOf: "null".utf8) }
    }

    /// SHA-256 of the hash before it and of the bytes.
    package func hash(after previous: Digest) -> Digest {
        SHA256.digest((previous.bytes + bytes).span)
    }
}

extension Timestamp {
    /// RFC 3339 in UTC with milliseconds, such as `2026-01-02T03:04:05.678Z`.
    package var precise: String {
        let fraction = (milliseconds % 1_000 + 1_000) % 1_000
        return "\(description.dropLast()).\(String(fraction + 1_000).dropFirst())Z"
    }
}
