import Testing
import Tokens

@Suite("A sealed secret opens under its own key and context only")
struct SealedSecretTests {
    private let secret = Array("the private JWK of a tenant".utf8)

    private func masterKey(_ byte: UInt8) throws -> MasterKey {
        try MasterKey([UInt8](repeating: byte, count: MasterKey.byteCount))
    }

    @Test("what was sealed comes back, whatever its length and context")
    func roundTrip() throws {
        let key = try masterKey(1)
        for length in [0, 1, 15, 16, 17, 4096] {
            let plaintext = randomTestBytes(length)
            for context in ["", "signing_key/acme/k1"] {
                let sealed = try key.seal(plaintext, context: context)
                #expect(sealed.count == length + 28)
                #expect(try key.open(sealed, context: context) == plaintext)
            }
        }
    }

    /// NIST's GCM test case 14 (AES-256, zero key, zero nonce, sixteen zero bytes, no associated data).
    @Test("the format is nonce, ciphertext, tag of AES-256-GCM")
    func format() throws {
        let ciphertext: [UInt8] = [
            0xCE, 0xA7, 0x40, 0x3D, 0x4D, 0x60, 0x6B, 0x6E, 0x07, 0x4E, 0xC5, 0xD3, 0xBA, 0xF3, 0x9D, 0x18,
        ]
        let tag: [UInt8] = [
            0xD0, 0xD1, 0xC8, 0xA7, 0x99, 0x99, 0x6B, 0xF0, 0x26, 0x5B, 0x98, 0xB5, 0xD4, 0x8A, 0xB9, 0x19,
        ]
        let sealed = [UInt8](repeating: 0, count: 12) + ciphertext + tag
        #expect(try masterKey(0).open(sealed, context: "") == [UInt8](repeating: 0, count: 16))
    }

    @Test("a single flipped bit anywhere breaks the seal")
    func flippedBit() throws {
        let key = try masterKey(1)
        let sealed = try key.seal(secret, context: "a")
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: TokenFailure.sealBroken) { try key.open(changed, context: "a") }
        }
    }

    @Test("every truncation, another context and another key break the seal")
    func wrongOpening() throws {
        let key = try masterKey(1)
        let sealed = try key.seal(secret, context: "a")
        for length in 0..<sealed.count {
            #expect(throws: TokenFailure.sealBroken) { try key.open(Array(sealed.prefix(length)), context: "a") }
        }
        for context in ["", "b", "A", "a "] {
            #expect(throws: TokenFailure.sealBroken) { try key.open(sealed, context: context) }
        }
        #expect(throws: TokenFailure.sealBroken) { try masterKey(2).open(sealed, context: "a") }
    }

    @Test("no two seals of one secret are alike")
    func nonces() throws {
        let key = try masterKey(1)
        let sealed = try (0..<200).map { _ in try key.seal(secret, context: "a") }
        #expect(Set(sealed.map { Array($0.prefix(12)) }).count == 200)
        #expect(Set(sealed).count == 200)
    }

    @Test("a master key has exactly 32 bytes", arguments: [0, 16, 31, 33, 64])
    func keyLength(count: Int) {
        #expect(throws: TokenFailure.keyRefused(.memberEncoding)) {
            try MasterKey([UInt8](repeating: 1, count: count))
        }
    }
}
