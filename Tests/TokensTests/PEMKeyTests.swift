import Testing
import Tokens

/// The example of GitHub's documentation of its secret scanning partner programme.
@Suite("Public keys in PEM, and signatures in DER")
struct PEMKeyTests {
    static let pem = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq
        kCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==
        -----END PUBLIC KEY-----

        """
    private static let message = Array(#"[{"token":"some_token","type":"some_type","url":"some_url"}]"#.utf8)
    private static let signature =
        "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc="

    @Test("the published example is good, and no longer with any bit of it changed")
    func example() throws {
        let key = try SigningKey(publicPEM: Self.pem, kid: "k")
        let signature = try #require(Base64.decode(Self.signature))
        func verifies(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
            key.verify(der: signature, of: message.span)
        }
        #expect(verifies(signature, Self.message))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!verifies(changed, Self.message), "byte \(index)")
        }
        for index in Self.message.indices {
            var changed = Self.message
            changed[index] ^= 1
            #expect(!verifies(signature, changed), "byte \(index)")
        }
        for count in signature.indices { #expect(!verifies(Array(signature[..<count]), Self.message)) }
        #expect(!verifies(signature + [0], Self.message))
    }

    @Test("a text that is no such key is refused")
    func refusals() throws {
        let lines = Self.pem.split(separator: "\n").map(String.init)
        for text in [
            "", lines[1] + lines[2], lines[..<3].joined(separator: "\n"), Self.pem.replacing("PUBLIC", with: "PRIVATE"),
            Self.pem.replacing("MFkw", with: "MFkx"), Self.pem.replacing("WAA==", with: "WAB=="),
            Self.pem.replacing("9MJJ", with: "9MJK"), Self.pem.replacing("WAA==", with: "WA"),
        ] { #expect(throws: TokenFailure.self, "\(text)") { try SigningKey(publicPEM: text, kid: "k") } }
    }

    @Test(
        "base64 is read where it is canonical",
        arguments: [
            ("", []), ("AA==", [0]), ("AAA=", [0, 0]), ("+/+/", [0xFB, 0xFF, 0xBF]), ("AA", nil), ("AB==", nil),
            ("AA=", nil), ("A===", nil), ("-_-_", nil), ("AA==AA==", nil), ("A A=", nil),
        ] as [(String, [UInt8]?)])
    func base64(text: String, bytes: [UInt8]?) {
        #expect(Base64.decode(text) == bytes)
        if let bytes { #expect(Base64.encode(bytes) == text) }
    }
}
