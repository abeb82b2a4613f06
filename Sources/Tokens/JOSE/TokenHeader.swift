/// The header of a token of ours: exactly `alg`, `typ` and `kid`.
struct TokenHeader {
    let algorithm: SignatureAlgorithm
    let typ: String
    let kid: String

    /// Reads the JSON of a header strictly; throws `malformed` or `algorithmRefused`.
    init(_ json: Span<UInt8>) throws(TokenFailure) {
        if let known = Self(asWrittenHere: json) {
            self = known
            return
        }
        guard let header = try? JSON.parse(json, maximumDepth: 8), let members = header.members else {
            throw .malformed(.headerNotJSON)
        }
        guard let name = header["alg"]?.string else { throw .malformed(.headerMemberMissing) }
        guard let algorithm = SignatureAlgorithm(rawValue: name) else { throw .algorithmRefused }
        guard members.allSatisfy({ ["alg", "typ", "kid"].contains($0.name) }) else {
            throw .malformed(.headerMemberUnknown)
        }
        guard let typ = header["typ"]?.string, let kid = header["kid"]?.string else {
            throw .malformed(.headerMemberMissing)
        }
        (self.algorithm, self.typ, self.kid) = (algorithm, typ, kid)
    }

    /// Reads the one spelling that `SigningKey.headerSegment` writes, without a JSON parser; `nil` for any other.
    private init?(asWrittenHere json: Span<UInt8>) {
        var rest = Rest(index: 0)
        guard rest.skip("{\"alg\":\"", json), let alg = rest.plainString(json),
            rest.skip(",\"typ\":\"", json), let typ = rest.plainString(json),
            rest.skip(",\"kid\":\"", json), let kid = rest.plainString(json),
            rest.skip("}", json), rest.index == json.count,
            let algorithm = SignatureAlgorithm(rawValue: alg)
        else { return nil }
        (self.algorithm, self.typ, self.kid) = (algorithm, typ, kid)
    }

    /// A place in the header's bytes.
    private struct Rest {
        var index: Int

        mutating func skip(_ literal: StaticString, _ json: Span<UInt8>) -> Bool {
            let count = literal.utf8CodeUnitCount
            guard index + count <= json.count else { return false }
            for offset in 0..<count where unsafe json[index + offset] != literal.utf8Start[offset] { return false }
            index += count
            return true
        }

        /// The string up to the next quote and past it, if it is printable ASCII without escapes.
        mutating func plainString(_ json: Span<UInt8>) -> String? {
            let start = index
            while index < json.count, (0x20...0x7E).contains(json[index]), json[index] != UInt8(ascii: "\\") {
                if json[index] == UInt8(ascii: "\"") {
                    index += 1
                    return String(copying: json.extracting(start..<index - 1))
                }
                index += 1
            }
            return nil
        }
    }
}
