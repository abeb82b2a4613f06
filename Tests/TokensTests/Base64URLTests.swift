import Testing
import Tokens

@Suite("Base64url has one text for every byte string")
struct Base64URLTests {
    @Test(
        "encodes and decodes the vectors of RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, text: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == text)
        #expect(Base64URL.decode(text) == Array(plain.utf8))
    }

    @Test("uses the URL alphabet of RFC 4648 §5")
    func alphabet() {
        #expect(Base64URL.encode([0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF]) == "----____")
        #expect(Base64URL.decode("----____") == [0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF])
    }

    @Test("brings back byte strings of every length")
    func roundTrip() {
        for length in 0..<260 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ length) }
            let text = Base64URL.encode(bytes)
            #expect(text.utf8.count == Base64URL.encodedCount(length))
            #expect(Base64URL.decode(text) == bytes)
        }
    }

    @Test(
        "refuses padding, white space, the other alphabet and impossible lengths",
        arguments: [
            "Zg==", "Zm8=", "=", "Zm9v\n", " Zm9v", "Zm 9v", "++++", "////", "Z", "Zm9vY", "Zm9v.", "Zm9é", "\0\0",
        ])
    func strictness(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("accepts exactly 64 of 256 bytes in every place of a group")
    func everyByte() {
        for place in 0..<4 {
            let accepted = (0...255).filter { byte in
                var text = [UInt8](repeating: UInt8(ascii: "A"), count: 8)
                text[place + 4] = UInt8(byte)
                var bytes: [UInt8] = []
                return Base64URL.decode(text.span, into: &bytes)
            }
            #expect(accepted.count == 64)
        }
    }

    @Test("refuses every text whose unused last bits are not zero")
    func trailingBits() {
        let symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        #expect(symbols.filter { Base64URL.decode("A\($0)") != nil } == "AQgw")
        #expect(symbols.filter { Base64URL.decode("AA\($0)") != nil } == "AEIMQUYcgkosw048")
    }

    @Test("appends after what a buffer holds, and leaves it alone on refusal")
    func appending() {
        var buffer: [UInt8] = [1, 2]
        let good = Base64URL.decode(Array("Zm9v".utf8).span, into: &buffer)
        #expect(good)
        #expect(buffer == [1, 2] + Array("foo".utf8))
        let bad = Base64URL.decode(Array("Zm9=".utf8).span, into: &buffer)
        #expect(!bad)
        #expect(buffer == [1, 2] + Array("foo".utf8))
        var text = Array("x.".utf8)
        Base64URL.append(Array("foo".utf8).span, to: &text)
        #expect(text == Array("x.Zm9v".utf8))
    }
}
