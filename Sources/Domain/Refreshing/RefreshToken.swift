package import Tokens

/// A refresh token: whose it is, its grant, and the how-manieth of the grant it is.
///
/// As text `chatrt_<tenant>.<base64url>`, where the second part is the grant (16 bytes), the counter (4) and an
/// HMAC-SHA-256 over all of it (32). Nothing is stored for each token: the newest counter of the grant is.
package struct RefreshToken: Sendable, Equatable {
    /// Whose user it is for.
    package let tenant: Tenant.ID
    /// The grant it renews.
    package let grant: Grant.ID
    /// 0 for the first of the grant.
    package let counter: UInt32

    private static let prefix = "chatrt_"
    private static let contentBytes = 20, codeBytes = 32

    /// The token with the given fields.
    package init(tenant: Tenant.ID, grant: Grant.ID, counter: UInt32) {
        self.tenant = tenant
        self.grant = grant
        self.counter = counter
    }

    /// Reads a token that was made with the key; nil for any other text.
    package init?(_ text: String, key: RefreshKey) {
        guard let (token, content, code) = Self.parts(of: text),
            key.verify(code, of: Self.signed(content, for: token.tenant))
        else { return nil }
        self = token
    }

    /// What a text of the right form says, whoever has written it; nil for any other text.
    package init?(unverified text: String) {
        guard let (token, _, _) = Self.parts(of: text) else { return nil }
        self = token
    }

    private static func parts(of text: String) -> (token: RefreshToken, content: [UInt8], code: [UInt8])? {
        guard text.hasPrefix(prefix), text.utf8.count < 256, let point = text.firstIndex(of: "."),
            let tenant = Tenant.ID(String(text[..<point].dropFirst(prefix.count))),
            let bytes = Base64URL.decode(String(text[text.index(after: point)...])),
            bytes.count == contentBytes + codeBytes,
            let grant = Grant.ID(high: number(bytes[0..<8]), low: number(bytes[8..<16]))
        else { return nil }
        let token = RefreshToken(tenant: tenant, grant: grant, counter: UInt32(number(bytes[16..<20])))
        return (token, Array(bytes.prefix(contentBytes)), Array(bytes.dropFirst(contentBytes)))
    }

    /// The token as its client gets it.
    package func text(_ key: RefreshKey) throws(TokenFailure) -> String {
        var bytes: [UInt8] = []
        for half in [grant.high, grant.low] { Self.append(half, bytes: 8, to: &bytes) }
        Self.append(UInt64(counter), bytes: 4, to: &bytes)
        bytes += try key.code(of: Self.signed(bytes, for: tenant))
        return "\(Self.prefix)\(tenant).\(Base64URL.encode(bytes))"
    }

    private static func signed(_ content: [UInt8], for tenant: Tenant.ID) -> [UInt8] {
        Array(prefix.utf8) + tenant.text.utf8 + [UInt8(ascii: ".")] + content
    }

    private static func append(_ number: UInt64, bytes count: Int, to out: inout [UInt8]) {
        for index in (0..<count).reversed() { out.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension RefreshToken {
    /// The counter of the token that follows this one, given that of the grant's newest; nil where this one is older
    /// than the one before the newest.
    ///
    /// The newest brings a new one. The one before it brings the newest again: its answer may have been lost, or other
    /// tabs of the same browser asked at the same time. One that is ahead of what is stored was forgotten with the rest
    /// of a database that was set back: it is genuine, and goes on.
    package func successor(newest: Int64) -> UInt32? {
        guard counter < .max, Int64(counter) >= newest - 1 else { return nil }
        return counter + 1
    }
}
