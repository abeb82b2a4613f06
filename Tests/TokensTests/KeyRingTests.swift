import Testing
import Tokens

@Suite("A key ring has at most one key that signs and publishes those that verify")
struct KeyRingTests {
    @Test("only revoked keys do not verify")
    func states() {
        #expect(KeyState.allCases.filter(\.verifies) == [.standby, .active, .retired])
        #expect(KeyState.allCases.map(\.rawValue) == ["standby", "active", "retired", "revoked"])
    }

    @Test("keys are found by name, in whatever state, and by no other name")
    func lookup() throws {
        let keys = try (0..<4).map { try freshKey(.edDSA, kid: "k\($0)") }
        let ring = try KeyRing(zip(keys, KeyState.allCases).map { KeyRing.Entry($0, $1) })
        for (key, state) in zip(keys, KeyState.allCases) {
            let found = try #require(ring.key(kid: key.kid))
            #expect(found.0 === key && found.1 == state)
        }
        #expect(ring.key(kid: "") == nil)
        #expect(ring.key(kid: "K1") == nil)
        #expect(ring.active === keys[1])
        #expect(try KeyRing().active == nil)
    }

    @Test("the JWK set holds the public part of every key that verifies")
    func jwks() throws {
        let keys = try SignatureAlgorithm.allCases.map { try freshKey($0) }
        let states: [KeyState] = [.active, .standby, .retired, .revoked]
        let ring = try KeyRing(zip(keys, states).map { KeyRing.Entry($0, $1) })
        let set = try JSON.parse(ring.jwks.span, maximumDepth: 8)["keys"]?.array ?? []
        #expect(set.map { $0["kid"]?.string } == [keys[1].kid, keys[2].kid])
        #expect(set.allSatisfy { $0["use"]?.string == "sig" && $0["d"] == nil && $0["k"] == nil })
        #expect(try KeyRing().jwks == Array(#"{"keys":[]}"#.utf8))
    }

    @Test("the key that signs comes first in the JWK set, however many others there are")
    func activeFirst() throws {
        let keys = try (0..<4).map { _ in try freshKey(.edDSA) }
        let states: [KeyState] = [.retired, .standby, .active, .retired]
        let ring = try KeyRing(zip(keys, states).map { KeyRing.Entry($0, $1) })
        let set = try JSON.parse(ring.jwks.span, maximumDepth: 8)["keys"]?.array ?? []
        #expect(set.map { $0["kid"]?.string } == [2, 0, 1, 3].map { keys[$0].kid })
        #expect(ring.entries.map(\.state) == states)
    }

    @Test("two active keys, two keys of one name and an active public key are refused")
    func refusals() throws {
        let (one, other) = (try freshKey(.edDSA), try freshKey(.edDSA))
        #expect(throws: TokenFailure.keyRingRefused) { try KeyRing([.init(one, .active), .init(other, .active)]) }
        #expect(throws: TokenFailure.keyRingRefused) { try KeyRing([.init(one, .active), .init(one, .retired)]) }
        let verifier = try signingKey(#require(one.jwk(.public)))
        #expect(throws: TokenFailure.keyRingRefused) { try KeyRing([.init(verifier, .active)]) }
        _ = try KeyRing([.init(verifier, .standby)])
    }

    @Test("activating a key retires the one before it")
    func rotation() throws {
        let (old, new) = (try freshKey(.es256), try freshKey(.es256))
        let first = try KeyRing([.init(old, .active)])
        let standby = try first.adding(new, .standby)
        #expect(standby.active === old)
        let rotated = try standby.replacing(stateOf: new.kid, by: .active)
        #expect(rotated.active === new)
        #expect(rotated.key(kid: old.kid)?.1 == .retired)
        #expect(first.active === old)
        #expect(try first.adding(new, .active).key(kid: old.kid)?.1 == .retired)
    }

    @Test("a revoked key leaves the set and stays revoked")
    func revocation() throws {
        let key = try freshKey(.es256)
        let ring = try KeyRing([.init(key, .active)]).replacing(stateOf: key.kid, by: .revoked)
        #expect(ring.active == nil)
        #expect(ring.jwks == Array(#"{"keys":[]}"#.utf8))
        #expect(ring.key(kid: key.kid)?.1 == .revoked)
        #expect(throws: TokenFailure.keyRingRefused) { try ring.replacing(stateOf: key.kid, by: .active) }
        #expect(throws: TokenFailure.keyRingRefused) { try ring.replacing(stateOf: "unknown", by: .active) }
    }
}
