internal import Tokens

/// The head of an HTTP/1.1 request that every reader understands alike.
///
/// Decoding the usual request costs more than answering it. So the bytes are read here first, and only what leaves no
/// room for a second opinion is taken: GET or POST, a path of plain characters, fields of printable ASCII on one line
/// each, one `Host`, at most one `Content-Length`, nothing about the connection. All else, right or wrong, is the
/// HTTP decoder's, which also knows how to refuse it. What is accepted here is held equal to the decoder's reading by
/// a fuzzer; where the two differed, a request could be smuggled past a proxy (RFC 9112 §11.2).
package struct PlainHead: Sendable, Equatable {
    /// The methods of hot endpoints, `HEAD` apart.
    package enum Method: Sendable {
        case get, post
    }

    /// The method.
    package let method: Method
    /// Where the request target is.
    package let target: Range<Int>
    /// Bytes up to and with the empty line.
    package let byteCount: Int
    /// Bytes of the body that follows.
    package let contentLength: Int

    /// The longest head that is read here; the decoder's limits are wider.
    package static let longest = 8 * 1_024
    /// The most fields of a head that is read here.
    package static let mostFields = 64

    /// Reads a head that is complete and plain; nil for any other.
    ///
    /// - Parameters:
    ///   - bytes: from the first byte of the request on.
    ///   - field: told where name and value of each field are, in order, also where nil is returned in the end.
    /// - Returns: where everything is, counted from the first byte.
    package static func read(
        _ bytes: Span<UInt8>, field: (_ name: Range<Int>, _ value: Range<Int>) -> Void
    ) -> PlainHead? {
        var reader = PlainReader(end: min(bytes.count, longest))
        guard let method = reader.method(bytes), let target = reader.target(bytes) else { return nil }
        var framing = PlainFraming()
        var count = 0
        while !reader.isAtLineEnd(bytes) {
            count += 1
            guard count <= mostFields, let name = reader.name(bytes), let value = reader.value(bytes),
                framing.admits(bytes.extracting(name), bytes.extracting(value))
            else { return nil }
            field(name, value)
        }
        guard reader.skipLineEnd(bytes), framing.hosts == 1 else { return nil }
        return PlainHead(
            method: method, target: target, byteCount: reader.position, contentLength: framing.contentLength ?? 0)
    }
}

/// What the fields of a head say about where the request ends and what becomes of the connection.
private struct PlainFraming {
    private(set) var hosts = 0
    private(set) var contentLength: Int?

    /// Notes a field; false where it makes the request anything but plain.
    mutating func admits(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        switch name.count {
        case 4 where name.isSame(as: "host"):
            hosts += 1
            return hosts == 1
        case 14 where name.isSame(as: "content-length"):
            guard contentLength == nil, let length = Self.number(value) else { return false }
            contentLength = length
            return true
        case 6 where name.isSame(as: "expect"): return false
        case 7 where name.isSame(as: "upgrade"): return false
        case 10 where name.isSame(as: "connection"): return value.isSame(as: "keep-alive")
        case 16 where name.isSame(as: "proxy-connection"): return false
        case 17 where name.isSame(as: "transfer-encoding"): return false
        default: return true
        }
    }

    /// A decimal number of one to six digits without leading zeros.
    private static func number(_ text: Span<UInt8>) -> Int? {
        guard (1...6).contains(text.count), text.count == 1 || text[0] != UInt8(ascii: "0") else { return nil }
        var value = 0
        for index in text.indices {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) else { return nil }
            value = value * 10 + Int(text[index] - UInt8(ascii: "0"))
        }
        return value
    }
}

/// A position in the bytes of a head; every method but `isAtLineEnd` moves past what it read.
private struct PlainReader {
    private(set) var position = 0
    let end: Int

    init(end: Int) {
        self.end = end
    }

    mutating func method(_ bytes: Span<UInt8>) -> PlainHead.Method? {
        if skip("POST ", in: bytes) { return .post }
        return skip("GET ", in: bytes) ? .get : nil
    }

    /// The target, which begins with a slash, and the rest of the request line.
    mutating func target(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard position < end, bytes[position] == UInt8(ascii: "/") else { return nil }
        let start = position
        skipAll(of: .target, in: bytes)
        let target = start..<position
        return skip(" HTTP/1.1\r\n", in: bytes) ? target : nil
    }

    /// The name of a field, and the colon.
    mutating func name(_ bytes: Span<UInt8>) -> Range<Int>? {
        let start = position
        skipAll(of: .token, in: bytes)
        guard position > start, position < end, bytes[position] == UInt8(ascii: ":") else { return nil }
        defer { position += 1 }
        return start..<position
    }

    /// The value of a field without the space before it, and the end of its line; nil where a space would be left.
    mutating func value(_ bytes: Span<UInt8>) -> Range<Int>? {
        if position < end, bytes[position] == UInt8(ascii: " ") { position += 1 }
        let start = position
        while position &+ 8 <= end {
            let stops = ByteWord.isNotPrintable(ByteWord.load(bytes, position))
            position &+= stops == 0 ? 8 : ByteWord.first(stops)
            if stops != 0 { break }
        }
        while position < end, (0x20...0x7E).contains(bytes[position]) { position += 1 }
        let value = start..<position
        guard skipLineEnd(bytes) else { return nil }
        let space = UInt8(ascii: " ")
        if let last = value.last, bytes[value.lowerBound] == space || bytes[last] == space { return nil }
        return value
    }

    func isAtLineEnd(_ bytes: Span<UInt8>) -> Bool {
        position < end && bytes[position] == UInt8(ascii: "\r")
    }

    mutating func skipLineEnd(_ bytes: Span<UInt8>) -> Bool {
        guard position + 1 < end, bytes[position] == UInt8(ascii: "\r"), bytes[position + 1] == UInt8(ascii: "\n")
        else { return false }
        position += 2
        return true
    }

    private mutating func skipAll(of characters: ASCIISet, in bytes: Span<UInt8>) {
        while position < end, characters.contains(bytes[position]) { position += 1 }
    }

    private mutating func skip(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        let count = text.utf8CodeUnitCount
        guard end - position >= count else { return false }
        let matches = text.withUTF8Buffer { expected in
            for index in 0..<count where unsafe bytes[position + index] != expected[index] { return false }
            return true
        }
        if matches { position += count }
        return matches
    }
}
