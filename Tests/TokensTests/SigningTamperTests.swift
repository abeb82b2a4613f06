import Testing
import Tokens

@Suite("Nothing but the key's own signature is accepted")
struct SigningTamperTests {
    @Test("a single flipped bit in the signature is rejected", arguments: SignatureAlgorithm.allCases)
    func flippedSignatureBit(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        let signature = try key.signature(of: "header.payload")
        #expect(key.accepts(signature, of: "header.payload"))
        for bit in 0..<signature.count * 8 {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.accepts(changed, of: "header.payload"))
        }
        #expect(key.accepts(signature, of: "header.payload"))
    }

    @Test("a single flipped bit in the text is rejected", arguments: SignatureAlgorithm.allCases)
    func flippedInputBit(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        let text = Array("header.payload".utf8)
        let signature = try key.signature(of: "header.payload")
        for bit in 0..<text.count * 8 {
            var changed = text
            changed[bit / 8] ^= 1 << (bit % 8)
            let accepted = key.verify(signature.span, of: changed.span)
            #expect(!accepted)
        }
    }

    @Test("shorter and longer signatures are rejected", arguments: SignatureAlgorithm.allCases)
    func wrongLengths(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        let signature = try key.signature(of: "text")
        for length in 0..<signature.count {
            #expect(!key.accepts(Array(signature.prefix(length)), of: "text"))
        }
        #expect(!key.accepts(signature + [0], of: "text"))
        #expect(!key.accepts([0] + signature, of: "text"))
        #expect(!key.accepts(signature + signature, of: "text"))
        #expect(signature.count <= algorithm.maximumSignatureBytes)
    }

    @Test("a DER signature is not a JOSE signature (RFC 7518 §3.4)")
    func derSignature() throws {
        let key = try freshKey(.es256)
        let raw = try key.signature(of: "text")
        let halves = [raw.prefix(32), raw.suffix(32)].map { half -> [UInt8] in
            let number = Array(half.drop { $0 == 0 })
            let padded = (number.first ?? 0) > 127 ? [0] + number : number
            return [2, UInt8(padded.count)] + padded
        }
        let der = [0x30, UInt8(halves[0].count + halves[1].count)] + halves[0] + halves[1]
        #expect(!key.accepts(der, of: "text"))
    }

    @Test("every changed character of a token is rejected", arguments: SignatureAlgorithm.allCases)
    func changedToken(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        var token: [UInt8] = []
        try key.appendToken(headerSegment: key.headerSegment(typ: "JWT"), payload: Array("{}".utf8).span, to: &token)
        #expect(key.accepts(token: token))
        for index in token.indices where token[index] != UInt8(ascii: ".") {
            var changed = token
            changed[index] = token[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(!key.accepts(token: changed))
        }
    }
}
