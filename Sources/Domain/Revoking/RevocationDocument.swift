package import Tokens

/// A part of the feed as verifiers get it: a JWS about one tenant, signed by the key its newest tokens are signed with.
///
/// The format is described in <doc:RevocationFeed>.
package enum RevocationDocument {
    /// The `typ` of the header, which no token has.
    package static let type = "revocations+jwt"
    /// The `aud` of the payload, which no token has.
    package static let audience = "chat-revocations"

    /// The document in compact form; nil where the tenant has no key to sign with.
    ///
    /// - Parameters:
    ///   - entries: what is told, oldest first.
    ///   - sequence: the place up to which that is everything.
    ///   - state: the tenant.
    ///   - moment: when it is made.
    /// - Returns: ASCII.
    /// - Throws: what signing throws; libcrypto failed.
    package static func sign(
        _ entries: [Revocation], through sequence: Int64, of state: TenantState, at moment: Timestamp
    ) throws(TokenFailure) -> [UInt8]? {
        guard let key = state.signer?.key else { return nil }
        let payload = payload(entries, through: sequence, of: state, at: moment)
        var document: [UInt8] = []
        try key.appendToken(headerSegment: key.headerSegment(typ: type), payload: payload.span, to: &document)
        return document
    }

    private static func payload(
        _ entries: [Revocation], through sequence: Int64, of state: TenantState, at moment: Timestamp
    ) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(160 + entries.count * 128)
        out.append(text: "{\"iss\":\"")
        out.append(contentsOf: state.issuer)
        out.append(string: "\",\"aud\":\"\(audience)\",\"iat\":")
        JSONText.appendInteger(moment.seconds, to: &out)
        out.append(text: ",\"sequence\":")
        JSONText.appendInteger(sequence, to: &out)
        out.append(text: ",\"entries\":[")
        for (index, entry) in entries.enumerated() {
            if index > 0 { out.append(text: ",") }
            append(entry, to: &out)
        }
        out.append(text: "]}")
        return out
    }

    private static func append(_ entry: Revocation, to out: inout [UInt8]) {
        out.append(text: "{\"sequence\":")
        JSONText.appendInteger(entry.sequence, to: &out)
        out.append(text: ",\"kind\":\"")
        out.append(string: entry.subject.kind.rawValue)
        out.append(text: "\",\"subject\":")
        out.append(json: entry.subject.text)
        out.append(text: ",\"before\":")
        JSONText.appendInteger(entry.cutoff.milliseconds, to: &out)
        out.append(text: ",\"expires\":")
        JSONText.appendInteger(entry.expiresAt.seconds, to: &out)
        out.append(text: "}")
    }
}
