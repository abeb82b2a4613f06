import Testing
import Tokens

@Suite("Digests and checksums are the published ones")
struct SigningDigestTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test(
        "SHA-256 of the examples of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func sha256(text: String, digest: String) {
        #expect(hex(SHA256.digest(Array(text.utf8).span).bytes) == digest)
    }

    @Test("SHA-256 of a million times a")
    func longInput() {
        let digest = SHA256.digest([UInt8](repeating: 0x61, count: 1_000_000).span)
        #expect(hex(digest.bytes) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("a digest is equal to itself only, also in constant time")
    func digestEquality() {
        let one = SHA256.digest([1].span)
        #expect(one == SHA256.digest([1].span))
        #expect(one.constantTimeEquals(SHA256.digest([1].span)))
        func digest(_ bytes: [UInt8]) -> Digest? { Digest(bytes.span) }
        #expect(digest(one.bytes) == one)
        #expect(digest(one.bytes.dropLast()) == nil)
        #expect(digest(one.bytes + [0]) == nil)
        for index in 0..<32 {
            var changed = one.bytes
            changed[index] ^= 0x10
            #expect(digest(changed) != one)
            #expect(digest(changed)?.constantTimeEquals(one) == false)
        }
    }

    @Test("constant-time equality looks at every byte and at the length")
    func constantTime() {
        func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool { constantTimeEquals(one.span, other.span) }
        #expect(equal([1, 2, 3], [1, 2, 3]))
        #expect(!equal([1, 2, 3], [1, 2]))
        #expect(!equal([1, 2, 3], [0, 2, 3]))
        #expect(!equal([1, 2, 3], [1, 2, 4]))
        #expect(equal([], []))
    }

    @Test("CRC-32 has the check value of its catalogue entry")
    func crc32() {
        #expect(CRC32.checksum(Array("123456789".utf8).span) == 0xCBF4_3926)
        #expect(CRC32.checksum([UInt8]().span) == 0)
        #expect(CRC32.checksum(Array("The quick brown fox jumps over the lazy dog".utf8).span) == 0x414F_A339)
    }

    /// RFC 4231 §4.7 and §4.8: the two vectors with a secret of at least 256 bits (131 bytes of 0xaa).
    @Test(
        "HMAC-SHA-256 of RFC 4231 with secrets longer than a block",
        arguments: [
            (
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                "This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ])
    func longSecrets(text: String, code: String) throws {
        let secret = Base64URL.encode([UInt8](repeating: 0xAA, count: 131))
        let key = try SigningKey(jwk: signingJWK(#"{"kty":"oct","kid":"k","k":"\#(secret)"}"#))
        var signature: [UInt8] = []
        try key.sign(Array(text.utf8).span, appendingTo: &signature)
        #expect(hex(signature) == code)
    }
}
