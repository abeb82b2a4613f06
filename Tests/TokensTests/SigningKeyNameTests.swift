import Testing
import Tokens

@Suite("Names of new signing keys")
struct SigningKeyNameTests {
    @Test("no kid begins with a hyphen, which command lines and HAProxy take for an option")
    func hyphen() throws {
        // One name in 64 would; of 600 none does by chance once in 12,000 runs.
        for _ in 0..<600 {
            let key = try SigningKey.generate(.hs256, randomBytes: SecureRandom.bytes)
            #expect(!key.kid.hasPrefix("-"))
        }
        for _ in 0..<40 {
            let key = try SigningKey.generate(.es256, randomBytes: SecureRandom.bytes)
            #expect(!key.kid.hasPrefix("-"))
        }
    }
}
