import Testing
import Tokens

@Suite("ES256 holds at the edges of its numbers")
struct ES256EdgeTests {
    /// The order of P-256 (SEC 2 §2.4.2), big-endian.
    private let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]
    private let zero = [UInt8](repeating: 0, count: 32)
    private let largest = [UInt8](repeating: 255, count: 32)

    private func difference(_ one: [UInt8], _ other: [UInt8]) -> [UInt8] {
        var (result, borrow) = (one, 0)
        for index in one.indices.reversed() {
            let value = Int(one[index]) - Int(other[index]) - borrow
            borrow = value < 0 ? 1 : 0
            result[index] = UInt8(truncatingIfNeeded: value)
        }
        return result
    }

    @Test("r or s of zero, of the order and beyond are rejected")
    func outOfRange() throws {
        let key = try freshKey(.es256)
        let signature = try key.signature(of: "text")
        let (r, s) = (Array(signature.prefix(32)), Array(signature.suffix(32)))
        for bad in [zero, order, largest] {
            #expect(!key.accepts(bad + s, of: "text"))
            #expect(!key.accepts(r + bad, of: "text"))
            #expect(!key.accepts(bad + bad, of: "text"))
        }
        #expect(!key.accepts(s + r, of: "text"))
    }

    /// RFC 7518 §3.4 asks for no low s, so the other root of a signature is as valid as the first.
    @Test("the high-s twin of a signature is accepted")
    func highS() throws {
        let key = try freshKey(.es256)
        for message in 0..<8 {
            let signature = try key.signature(of: String(message))
            let twin = Array(signature.prefix(32)) + difference(order, Array(signature.suffix(32)))
            #expect(key.accepts(twin, of: String(message)))
        }
    }

    @Test("all-zero signatures verify under no algorithm", arguments: SignatureAlgorithm.allCases)
    func blank(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        for count in [0, 32, 64, 256] {
            #expect(!key.accepts([UInt8](repeating: 0, count: count), of: "text"))
        }
    }
}
