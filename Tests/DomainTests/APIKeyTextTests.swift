import Domain
import Synchronization
import Testing
import Tokens

@Suite("The text of an API key tells a real key from a mistyped one without a look-up")
struct APIKeyTextTests {
    /// The CRC-32 and the digest were computed with zlib and OpenSSL.
    private static let example = "chatsdk_0123456789ABabcdefghijklmnopqrstuvwxyzABCDEF4cBQvU"
    private static let prefix = bytes("chatsdk")
    private static let base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    private func read(_ text: String, prefix: [UInt8] = prefix) -> APIKey.Text? {
        APIKey.Text(text.utf8.span, prefix: prefix)
    }

    @Test(
        "known keys read as their parts",
        arguments: [
            (
                "chatsdk", example, "0123456789AB",
                "cfd2f1fad75a1978da0a444883db7251414b139f31f5a04704c291fdb0e175e6"
            ),
            (
                "k", "k_zzzzzzzzzzzz0000000000000000000000000000000022w0F1", "zzzzzzzzzzzz",
                "84e0c0eafaa95a34c293f278ac52e45ce537bab5e752a00e6959a13ae103b65a"
            ),
        ])
    func vectors(prefix: String, text: String, id: String, digest: String) throws {
        let key = try #require(read(text, prefix: bytes(prefix)))
        #expect(key.id.text == id)
        #expect(key.secretHash.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == digest)
    }

    @Test("a new key reads as itself, and no two are alike")
    func roundTrip() throws {
        var texts: Set<String> = []
        for _ in 0..<500 {
            let secret = APIKey.Secret(prefix: "chatsdk", world: .system)
            let (id, hash) = (secret.id, secret.hash)
            let text = secret.revealOnce()
            let key = try #require(read(text))
            #expect(key.id == id && key.secretHash == hash)
            #expect(text.utf8.count == 58 && text.hasPrefix("chatsdk_\(id)"))
            texts.insert(text)
        }
        #expect(texts.count == 500)
    }

    @Test("every character changed to any other is noticed")
    func flips() {
        let original = Array(Self.example)
        for index in original.indices {
            for digit in Self.base62 where digit != original[index] {
                var changed = original
                changed[index] = digit
                #expect(read(String(changed)) == nil, "position \(index), \(digit)")
            }
        }
    }

    @Test("two neighbours exchanged are noticed")
    func transpositions() {
        let original = Array(Self.example)
        for index in original.indices.dropLast() where original[index] != original[index + 1] {
            var changed = original
            changed.swapAt(index, index + 1)
            #expect(read(String(changed)) == nil, "position \(index)")
        }
    }

    @Test("text of another length, prefix or alphabet is refused")
    func otherForms() {
        let example = Self.example
        for text in [
            "", "chatsdk", "chatsdk_", String(example.dropLast()), example + "0", " " + example, example + "\n",
            example.uppercased(), "CHATSDK" + example.dropFirst(7), "chatsdk-" + example.dropFirst(8),
            String(example.dropFirst(8)), "chatsdk_" + example,
            "chatsdk_-123456789ABabcdefghijklmnopqrstuvwxyzABCDEF4cBQvU",
            "chatsdk_0123456789ABabcdefghijklmnopqrstuvwxyzABCDE\u{E9}4cBQv",
        ] {
            #expect(read(text) == nil, "\(text)")
        }
        #expect(read(example, prefix: bytes("chatsdl")) == nil)
        #expect(read(example, prefix: bytes("chatsd")) == nil)
        #expect(read(example, prefix: []) == nil)
    }

    @Test("characters are drawn evenly: bytes of 248 and more are drawn again")
    func evenDraw() throws {
        let calls = Mutex(0)
        let world = World(now: { Timestamp(seconds: 0) }, monotonicNanoseconds: { 0 }) { count in
            let call = calls.withLock { calls in
                calls += 1
                return calls
            }
            return Array(repeating: call % 2 == 1 ? 248 : 247, count: count)
        }
        let secret = APIKey.Secret(prefix: "chatsdk", world: world)
        #expect(secret.id.text == String(repeating: "z", count: 12))
        #expect(calls.withLock { $0 } == 4)
    }

    @Test("a preview shows the public part and nothing of the secret")
    func preview() {
        let secret = APIKey.Secret(prefix: "chatsdk", world: .system)
        let key = APIKey(
            id: secret.id, owner: .node, name: "n", scopes: .verify, secretHash: secret.hash,
            createdAt: Timestamp(seconds: 0))
        let text = secret.revealOnce()
        #expect(key.preview(prefix: "chatsdk") == String(text.prefix(20)))
        #expect(!key.preview(prefix: "chatsdk").contains(text.dropFirst(20).prefix(4)))
    }

    @Test("a new secret for an existing key keeps the identifier and nothing else")
    func rotation() throws {
        let id = try #require(APIKey.ID("0123456789AB"))
        let first = APIKey.Secret(for: id, prefix: "chatsdk", world: .system)
        let second = APIKey.Secret(for: id, prefix: "chatsdk", world: .system)
        #expect(first.id == id && second.id == id && first.hash != second.hash)
        let text = second.revealOnce()
        #expect(try #require(read(text)).id == id)
    }

    @Test("an identifier is 12 base62 characters", arguments: ["", "0123456789A", "0123456789ABC", "0123456789A-"])
    func identifiers(text: String) {
        #expect(APIKey.ID(text) == nil)
    }
}

@Suite("A key is active until it expires or is revoked")
struct APIKeyStatusTests {
    private func key(expiresAt: Int64?, isRevoked: Bool = false) throws -> APIKey {
        let secret = APIKey.Secret(prefix: "k", world: .system)
        return APIKey(
            id: secret.id, owner: .node, name: "n", scopes: .verify, secretHash: secret.hash,
            createdAt: Timestamp(seconds: 0), expiresAt: expiresAt.map { Timestamp(seconds: $0) },
            revocation: isRevoked ? APIKey.Revocation(at: Timestamp(seconds: 1), reason: "") : nil)
    }

    @Test("the moment of expiry is the first at which it does not work")
    func expiry() throws {
        let key = try key(expiresAt: 100)
        #expect(key.status(at: Timestamp(milliseconds: 99_999)) == .active)
        #expect(key.status(at: Timestamp(seconds: 100)) == .expired)
        #expect(try self.key(expiresAt: nil).status(at: Timestamp(seconds: 1 << 40)) == .active)
    }

    @Test("a revoked key stays revoked after its expiry")
    func revoked() throws {
        #expect(try key(expiresAt: 100, isRevoked: true).status(at: Timestamp(seconds: 200)) == .revoked)
    }
}
