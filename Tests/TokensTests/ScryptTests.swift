import Testing
import Tokens

@Suite("scrypt")
struct ScryptTests {
    /// RFC 7914 §12, the first 32 of the 64 bytes: PBKDF2 gives them block by block.
    @Test("the vectors of RFC 7914")
    func vectors() throws {
        let hash = try Scrypt.hash(
            Array("password".utf8), salt: Array("NaCl".utf8), cost: try #require(Scrypt.Cost(logN: 10, r: 8, p: 16)))
        #expect(hex(hash) == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
        let second = try Scrypt.hash(
            Array("pleaseletmein".utf8), salt: Array("SodiumChloride".utf8),
            cost: try #require(Scrypt.Cost(logN: 14, r: 8, p: 1)))
        #expect(hex(second) == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    }

    @Test("the standard cost can be paid, and an empty password and one with a zero are passwords")
    func odd() throws {
        let salt = [UInt8](repeating: 1, count: 16)
        #expect(try Scrypt.hash(Array("x".utf8), salt: salt, cost: .standard).count == Scrypt.byteCount)
        let hashes = try [[], [0x61], [0x61, 0, 0x62]].map { try Scrypt.hash($0, salt: salt, cost: .unsafelyCheap) }
        #expect(Set(hashes).count == 3, "nothing is cut off at a zero")
    }

    @Test(
        "costs out of range are none",
        arguments: [(9, 8, 1), (21, 8, 1), (15, 0, 1), (15, 33, 1), (15, 8, 0), (15, 8, 17)])
    func range(logN: Int, r: Int, p: Int) { #expect(Scrypt.Cost(logN: logN, r: r, p: p) == nil) }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16) }.joined()
    }
}
