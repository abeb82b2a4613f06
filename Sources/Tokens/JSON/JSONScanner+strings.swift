/// Strings (RFC 8259 §7): eight bytes at a time while nothing needs a second look, one byte at a time otherwise.
extension JSONScanner {
    @inline(__always)
    mutating func string(_ bytes: Span<UInt8>, _ open: Int) throws(JSONFailure) -> Int {
        var index = open &+ 1
        while true {
            index = Self.plainEnd(bytes, index)
            if Self.byte(bytes, index) == UInt8(ascii: "\"") { return index &+ 1 }
            index = try special(bytes, index)
        }
    }

    /// The first index from `start` on that is the end or holds a quote, a backslash or a byte outside 0x20...0x7E.
    @inline(__always)
    static func plainEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        while index &+ 8 <= bytes.count {
            let word = ByteWord.load(bytes, index)
            let stops = ByteWord.mustEscape(word) | ByteWord.isNotPrintable(word)
            if stops != 0 { return index &+ ByteWord.first(stops) }
            index &+= 8
        }
        while index < bytes.count, isPlain(bytes[index]) { index &+= 1 }
        return index
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// Validates what stopped `plainEnd` (never a quote) and returns the index after it.
    @inline(never)
    private mutating func special(_ bytes: Span<UInt8>, _ index: Int) throws(JSONFailure) -> Int {
        guard index < bytes.count else { throw JSONFailure(.unexpectedEnd, at: index) }
        switch bytes[index] {
        case UInt8(ascii: "\\"):
            return try escape(bytes, index)
        case 0x7F:
            seen.controlCharacters &+= 1
            return index &+ 1
        case 0x80...:
            return try nonASCII(bytes, index)
        default:
            throw JSONFailure(.controlCharacter, at: index)
        }
    }

    private mutating func escape(_ bytes: Span<UInt8>, _ backslash: Int) throws(JSONFailure) -> Int {
        seen.escapes &+= 1
        guard backslash &+ 1 < bytes.count else { throw JSONFailure(.unexpectedEnd, at: bytes.count) }
        switch bytes[backslash &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return backslash &+ 2
        case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            seen.controlCharacters &+= 1
            return backslash &+ 2
        case UInt8(ascii: "u"):
            return try unicodeEscape(bytes, backslash)
        default:
            throw JSONFailure(.invalidEscape, at: backslash)
        }
    }

    private mutating func unicodeEscape(_ bytes: Span<UInt8>, _ backslash: Int) throws(JSONFailure) -> Int {
        let unit = try codeUnit(bytes, backslash)
        switch unit {
        case 0xD800...0xDBFF:
            let second = backslash &+ 6
            guard Self.byte(bytes, second) == UInt8(ascii: "\\"), Self.byte(bytes, second &+ 1) == UInt8(ascii: "u"),
                (0xDC00...0xDFFF).contains(try codeUnit(bytes, second))
            else { throw JSONFailure(.loneSurrogate, at: backslash) }
            return second &+ 6
        case 0xDC00...0xDFFF:
            throw JSONFailure(.loneSurrogate, at: backslash)
        case 0...0x1F, 0x7F...0x9F:
            seen.controlCharacters &+= 1
            return backslash &+ 6
        default:
            return backslash &+ 6
        }
    }

    private func codeUnit(_ bytes: Span<UInt8>, _ backslash: Int) throws(JSONFailure) -> UInt32 {
        guard backslash &+ 6 <= bytes.count else { throw JSONFailure(.unexpectedEnd, at: bytes.count) }
        var unit: UInt32 = 0
        for index in backslash &+ 2..<backslash &+ 6 {
            guard let digit = bytes[index].hexDigitValue else { throw JSONFailure(.invalidEscape, at: backslash) }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// A run of characters outside ASCII, by the table of well-formed UTF-8 (Unicode 16, table 3-7).
    private mutating func nonASCII(_ bytes: Span<UInt8>, _ start: Int) throws(JSONFailure) -> Int {
        var index = start
        while index < bytes.count, bytes[index] >= 0x80 {
            let second = Self.byte(bytes, index &+ 1)
            let length: Int
            switch (bytes[index], second) {
            case (0xC2...0xDF, 0x80...0xBF): length = 2
            case (0xE0, 0xA0...0xBF), (0xED, 0x80...0x9F): length = 3
            case (0xE1...0xEC, 0x80...0xBF), (0xEE...0xEF, 0x80...0xBF): length = 3
            case (0xF0, 0x90...0xBF), (0xF1...0xF3, 0x80...0xBF), (0xF4, 0x80...0x8F): length = 4
            default: throw JSONFailure(.invalidUTF8, at: index)
            }
            for next in index &+ 2..<index &+ length where Self.byte(bytes, next) & 0xC0 != 0x80 {
                throw JSONFailure(.invalidUTF8, at: index)
            }
            if bytes[index] == 0xC2, second < 0xA0 { seen.controlCharacters &+= 1 }
            index &+= length
        }
        return index
    }
}
