internal import Tokens

/// A part of the feed: a JWS about one tenant, whose signature is still to be checked.
struct RevocationDocument {
    /// A longer one is refused.
    static let mostBytes = 16_777_216

    let token: UnverifiedToken
    let issuer: String
    /// Everything of the tenant up to here has been said.
    let sequence: Int64
    let entries: [RevocationList.Entry]
    private let bytes: [UInt8]

    /// Reads the form; nil for anything but a document as the server makes it.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        var payload: [UInt8] = []
        guard
            let token = try? UnverifiedToken(bytes.span, payload: &payload, maximumBytes: Self.mostBytes),
            token.typ == "revocations+jwt", let claims = try? JSON.parse(payload.span, maximumDepth: 8),
            claims["aud"]?.string == "chat-revocations", let issuer = claims["iss"]?.string,
            let sequence = claims["sequence"]?.integer, let entries = claims["entries"]?.array
        else { return nil }
        self.bytes = bytes
        self.token = token
        self.issuer = issuer
        self.sequence = sequence
        self.entries = entries.compactMap(RevocationList.Entry.init)
        guard self.entries.count == entries.count else { return nil }
    }

    /// Whether the key signed it.
    func isSigned(by key: SigningKey) -> Bool {
        key.algorithm == token.algorithm && key.verify(bytes.span, token.segments)
    }
}

extension RevocationList.Entry {
    init?(_ json: JSON) {
        guard let kind = json["kind"]?.string, let subject = json["subject"]?.string,
            let before = json["before"]?.integer, let expires = json["expires"]?.integer
        else { return nil }
        self.init(kind: kind, subject: subject, before: before, expires: expires)
    }
}
