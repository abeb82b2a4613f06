import Domain
import Testing
import Tokens

/// Signs tokens as the server does, and as somebody does who has a key but not the server's manners.
struct Mint {
    let house: House
    let state: TenantState

    init(_ house: House, tenant: String = "acme") throws {
        self.house = house
        state = try house.state(tenant)
    }

    static let apiKey = "0123456789AB"

    /// A pair that is decided, issued now.
    func draft(expiresIn: Int64 = 86_400, channels: String? = nil, grant: Grant.ID? = nil) throws -> TokenDraft {
        var source = Grant.Source(world: house.world)
        let grant = grant ?? source.next(at: house.clock.now)
        return TokenDraft(
            state: state, signer: try #require(state.signer), deployment: house.deployment,
            apiKey: try #require(APIKey.ID(Self.apiKey)), grant: grant, issuedAt: grant.birth,
            expiresAt: grant.birth.adding(seconds: expiresIn), channels: channels.map(bytes))
    }

    /// A genuine token for the user.
    func token(_ kind: TokenKind, user: User, of draft: TokenDraft? = nil) throws -> String {
        var payload: [UInt8] = []
        var token: [UInt8] = []
        try (draft ?? self.draft()).appendToken(kind, for: user, payload: &payload, to: &token)
        return String(decoding: token, as: UTF8.self)
    }

    func token(_ kind: TokenKind, user: String = "user-123") throws -> String {
        try token(kind, user: User(id: try #require(User.ID(user))))
    }

    /// Any header and payload, really signed by the key.
    static func sign(_ header: String, _ payload: String, by key: SigningKey) throws -> String {
        let input = Base64URL.encode(bytes(header)) + "." + Base64URL.encode(bytes(payload))
        var signature: [UInt8] = []
        try key.sign(bytes(input).span, appendingTo: &signature)
        return input + "." + Base64URL.encode(signature)
    }

    /// The tenant's signing key in this state.
    func signingKey(_ state: KeyState = .active) throws -> SigningKey {
        try #require(self.state.ring.entries.first { $0.state == state }).key
    }
}

/// The header or the payload of a token as the JSON text that was signed.
func part(_ index: Int, of token: String) throws -> String {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    try #require(parts.count == 3)
    return String(decoding: try #require(Base64URL.decode(String(parts[index]))), as: UTF8.self)
}

/// A JSON text as a tree.
func json(_ text: String) throws -> JSON {
    try JSON.parse(bytes(text).span, maximumDepth: 32)
}
