import Domain
import Testing
import Tokens

@Suite("A pair is admitted exactly when neither token is longer than 7 KiB")
struct TokenLengthTests {
    private struct Case: CustomTestStringConvertible {
        let algorithm: SignatureAlgorithm
        let hasHost: Bool
        let audience: String

        var testDescription: String { "\(algorithm) \(hasHost ? "with" : "without") host, aud of \(audience.count)" }
    }

    private static let cases = SignatureAlgorithm.allCases.flatMap { algorithm in
        [("chat-realtime", false), ("chat-realtime", true), (String(repeating: "a", count: 255), true)].map {
            Case(algorithm: algorithm, hasHost: $0.1, audience: $0.0)
        }
    }

    private func mint(_ example: Case) throws -> Mint {
        let house = try House(
            deployment: Deployment(publicURL: "https://chat.example", wsAudience: example.audience))
        var settings = TenantChange()
        settings.tokenClaims = ["c"]
        if example.hasHost { settings.xmppHost = .set(Self.longHost) }
        try house.addTenant(String(repeating: "t", count: 63), example.algorithm, settings: settings)
        return try Mint(house, tenant: String(repeating: "t", count: 63))
    }

    private static let longHost = [63, 63, 63, 61].map { String(repeating: "h", count: $0) }.joined(separator: ".")

    /// A user whose tokens grow by a byte of payload with each byte of filling, whatever else is in them.
    private func user(filling: Int, texts: String) throws -> User {
        User(
            id: try #require(User.ID(texts)), name: texts, image: nil,
            custom: bytes(#"{"c":"\#(String(repeating: "x", count: filling))"}"#))
    }

    private func longest(_ mint: Mint, _ draft: TokenDraft, _ user: User) throws -> Int {
        try TokenKind.allCases.map { try mint.token($0, user: user, of: draft).utf8.count }.max() ?? 0
    }

    /// RS256 signs too slowly to look at many sizes.
    private func fillings(_ algorithm: SignatureAlgorithm, around: Int) -> [Int] {
        algorithm == .rs256 ? [around - 1, around, around + 1, around + 2] : Array(around - 12...around + 12)
    }

    @Test("to the byte, for every algorithm and the longest names", arguments: cases)
    private func boundary(example: Case) throws {
        let mint = try mint(example)
        let draft = try mint.draft()
        for texts in ["u", String(repeating: "\"", count: 255), String(repeating: "@", count: 255)] {
            // The first filling that does not fit, found by halving, then everything near it.
            var (fits, exceeds) = (0, 8_192)
            while exceeds - fits > 1 {
                let middle = (fits + exceeds) / 2
                let length = try longest(mint, draft, try user(filling: middle, texts: texts))
                if length <= TokenDraft.longestToken { fits = middle } else { exceeds = middle }
            }
            for filling in fillings(example.algorithm, around: fits) where filling >= 0 {
                let user = try user(filling: filling, texts: texts)
                let length = try longest(mint, draft, user)
                #expect(draft.admits(user) == (length <= 7_168), "filling \(filling): \(length) bytes")
            }
        }
    }

    @Test("whatever the sizes, a token longer than 7 KiB is never admitted", arguments: 0..<4)
    func random(round: Int) throws {
        let example = Case(algorithm: .hs256, hasHost: true, audience: String(repeating: "a", count: 255))
        let mint = try mint(example)
        for _ in 0..<200 {
            let draft = try mint.draft(
                channels: "[\"\(String(repeating: "c", count: Int.random(in: 1...3_000)))\"]")
            let texts = String(
                repeating: ["x", "\"", "@", "é", "\\"].randomElement() ?? "", count: Int.random(in: 1...120))
            let user = try user(filling: Int.random(in: 0...4_000), texts: texts)
            #expect(draft.admits(user) == (try longest(mint, draft, user) <= TokenDraft.longestToken))
        }
    }
}
