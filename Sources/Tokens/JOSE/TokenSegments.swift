/// Where the three parts of a compact JWS lie (RFC 7515 §7.1); nothing in them has been read yet.
package struct TokenSegments: Equatable, Sendable {
    /// The base64url text of the header.
    package let header: Range<Int>
    /// The base64url text of the payload.
    package let payload: Range<Int>
    /// The base64url text of the signature.
    package let signature: Range<Int>

    /// What the signature is computed over: header, dot and payload.
    package var signingInput: Range<Int> { header.lowerBound..<payload.upperBound }

    /// Cuts `token` at its two dots; `nil` unless there are exactly two and no part is empty.
    package init?(_ token: Span<UInt8>) {
        guard let (first, second) = Self.dots(token), first > 0, first + 1 < second, second + 1 < token.count else {
            return nil
        }
        self.init(first: first, second: second, end: token.count)
    }

    /// Cuts at dots already found.
    init(first: Int, second: Int, end: Int) {
        header = 0..<first
        payload = first + 1..<second
        signature = second + 1..<end
    }

    /// The places of the dots if there are exactly two.
    static func dots(_ token: Span<UInt8>) -> (Int, Int)? {
        var first: Int?
        var second: Int?
        for index in token.indices where token[index] == UInt8(ascii: ".") {
            guard second == nil else { return nil }
            if first == nil { first = index } else { second = index }
        }
        guard let first, let second else { return nil }
        return (first, second)
    }
}
