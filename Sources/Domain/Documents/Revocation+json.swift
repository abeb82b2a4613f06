package import Tokens

extension Revocation {
    /// What whoever revoked is told.
    package var receipt: JSON {
        ["revocationId": JSON(id.description), "sequence": JSON(sequence), "appliesAt": JSON(cutoff.exact)]
    }

    /// The revocation for those who manage the tenant.
    package var members: [(name: String, value: JSON)] {
        [
            ("id", JSON(id.description)), ("sequence", JSON(sequence)), ("kind", JSON(subject.kind.rawValue)),
            ("subject", JSON(subject.text)), ("appliesAt", JSON(cutoff.exact)), ("reason", JSON(reason)),
            ("revokedBy", JSON(by)), ("createdAt", JSON(createdAt.description)),
            ("expiresAt", JSON(expiresAt.description)),
        ]
    }
}

extension RevocationReader {
    /// The reader, and whether it has what stands at the place.
    package func json(asOf sequence: Int64) -> JSON {
        [
            "name": JSON(name), "sequence": JSON(self.sequence), "seenAt": JSON(seenAt.description),
            "hasApplied": JSON(self.sequence >= sequence),
        ]
    }
}

extension Timestamp {
    /// RFC 3339 in UTC with milliseconds, such as `2026-01-02T03:04:05.678Z`.
    package var exact: String {
        let fraction = String((milliseconds % 1_000 + 1_000) % 1_000)
        return description.dropLast() + "." + String(repeating: "0", count: 3 - fraction.count) + fraction + "Z"
    }
}
