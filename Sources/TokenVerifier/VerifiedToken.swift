/// A token that was found good, and what it says.
public struct VerifiedToken: Sendable, Equatable {
    /// The door that it opens.
    public let kind: TokenKind
    /// Whose application it is for.
    public let tenant: String
    /// The user as the tenant names him: 1 to 255 bytes of UTF-8.
    public let userID: String
    /// What the pair of tokens has in common: a UUIDv7, 36 characters.
    public let grantID: String
    /// When it was made, in seconds since 1970.
    public let issuedAt: Int64
    /// When it ends, in seconds since 1970: close the connection then, or ask for another token.
    public let expiresAt: Int64
    /// The API key that asked for it, by its public identifier; nil where the token does not say.
    public let apiKeyID: String?
    /// What the tenant called it at issue, such as a device; nil where the token does not say.
    public let label: String?
    /// The `kid` of the key that signed it.
    public let keyID: String
    /// All claims, as the JSON object that was signed: `info`, `channels` and `custom` are in it.
    public let claims: [UInt8]
    /// The birth of the grant in milliseconds since 1970, by which revocations are judged.
    let bornAt: Int64
}
