/// The grammar of RFC 8259 §2 to §6: each function takes the index where its part starts and returns the one after it.
///
/// Indices are passed in registers and not kept in the scanner, which is what makes this fast.
extension JSONScanner {
    /// A value with all that `Value` tells about it: what the counters gained while it was read.
    ///
    /// `first` is the byte at `start`, here and below: it is loaded once.
    @inline(__always)
    mutating func recordedValue(
        _ bytes: Span<UInt8>, _ start: Int, _ first: UInt8, _ depth: Int
    ) throws(JSONFailure) -> Value {
        let before = seen
        seen.deepest = depth
        let end = try value(bytes, start, first, depth)
        let value = Value(
            range: start..<end, kind: Self.kind(first),
            hasEscapes: seen.escapes != before.escapes,
            hasControlCharacters: seen.controlCharacters != before.controlCharacters,
            hasWhitespace: seen.whitespace != before.whitespace, depth: seen.deepest &- depth)
        seen.deepest = max(seen.deepest, before.deepest)
        return value
    }

    /// A value that is already inside `depth` arrays and objects.
    @inline(__always)
    mutating func value(
        _ bytes: Span<UInt8>, _ start: Int, _ first: UInt8, _ depth: Int
    ) throws(JSONFailure) -> Int {
        first == UInt8(ascii: "\"") ? try string(bytes, start) : try otherValue(bytes, start, first, depth)
    }

    @inline(never)
    private mutating func otherValue(
        _ bytes: Span<UInt8>, _ start: Int, _ first: UInt8, _ depth: Int
    ) throws(JSONFailure) -> Int {
        switch first {
        case UInt8(ascii: "{"): return try object(bytes, start, depth &+ 1)
        case UInt8(ascii: "["): return try array(bytes, start, depth &+ 1)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(bytes, start)
        case UInt8(ascii: "t"): return try literal(bytes, start, "true")
        case UInt8(ascii: "f"): return try literal(bytes, start, "false")
        case UInt8(ascii: "n"): return try literal(bytes, start, "null")
        default: throw Self.unexpected(bytes, start)
        }
    }

    private mutating func object(_ bytes: Span<UInt8>, _ open: Int, _ depth: Int) throws(JSONFailure) -> Int {
        try enter(depth, at: open)
        var index = open &+ 1
        var next = next(bytes, &index)
        if next == UInt8(ascii: "}") { return index &+ 1 }
        let firstName = nameCount
        while true {
            guard next == UInt8(ascii: "\"") else { throw Self.unexpected(bytes, index) }
            index = try member(bytes, index, depth)
            next = self.next(bytes, &index)
            if next == UInt8(ascii: "}") { break }
            guard next == UInt8(ascii: ",") else { throw Self.unexpected(bytes, index) }
            index &+= 1
            next = self.next(bytes, &index)
        }
        try refuseDuplicates(bytes, from: firstName)
        return index &+ 1
    }

    @inline(__always)
    private mutating func member(_ bytes: Span<UInt8>, _ start: Int, _ depth: Int) throws(JSONFailure) -> Int {
        let escapes = seen.escapes
        var index = try string(bytes, start)
        let name = start &+ 1..<index &- 1
        let nameHasEscapes = seen.escapes != escapes
        addName(bytes, name, hasEscapes: nameHasEscapes)
        guard next(bytes, &index) == UInt8(ascii: ":") else { throw Self.unexpected(bytes, index) }
        index &+= 1
        let first = next(bytes, &index)
        guard depth == 1 else { return try value(bytes, index, first, depth) }
        let value = try recordedValue(bytes, index, first, depth)
        record(name, hasEscapes: nameHasEscapes, value)
        return value.range.upperBound
    }

    private mutating func array(_ bytes: Span<UInt8>, _ open: Int, _ depth: Int) throws(JSONFailure) -> Int {
        try enter(depth, at: open)
        var index = open &+ 1
        var next = next(bytes, &index)
        if next == UInt8(ascii: "]") { return index &+ 1 }
        while true {
            index = try value(bytes, index, next, depth)
            next = self.next(bytes, &index)
            if next == UInt8(ascii: "]") { return index &+ 1 }
            guard next == UInt8(ascii: ",") else { throw Self.unexpected(bytes, index) }
            index &+= 1
            next = self.next(bytes, &index)
        }
    }

    @inline(__always)
    private mutating func enter(_ depth: Int, at index: Int) throws(JSONFailure) {
        guard depth <= maximumDepth else { throw JSONFailure(.tooDeep, at: index) }
        if depth > seen.deepest { seen.deepest = depth }
    }

    @inline(__always)
    private mutating func literal(
        _ bytes: Span<UInt8>, _ start: Int, _ text: StaticString
    ) throws(JSONFailure) -> Int {
        let end = start &+ text.utf8CodeUnitCount
        guard end <= bytes.count else { throw JSONFailure(.unexpectedEnd, at: bytes.count) }
        for index in start..<end where unsafe bytes[index] != text.utf8Start[index &- start] {
            throw JSONFailure(.unexpectedByte, at: index)
        }
        return end
    }

    /// Moves `index` to the first byte that is no whitespace (RFC 8259 §2) and returns it; 0 at the end.
    @inline(__always)
    mutating func next(_ bytes: Span<UInt8>, _ index: inout Int) -> UInt8 {
        let byte = Self.byte(bytes, index)
        if byte > 0x20 { return byte }
        index = skipWhitespaceRun(bytes, index)
        return Self.byte(bytes, index)
    }

    @inline(never)
    private mutating func skipWhitespaceRun(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index &+= 1
            default:
                seen.whitespace &+= index &- start
                return index
            }
        }
        seen.whitespace &+= index &- start
        return index
    }

    /// The byte at `index`, or 0 at the end: 0 is allowed nowhere, so one comparison serves both.
    @inline(__always)
    static func byte(_ bytes: Span<UInt8>, _ index: Int) -> UInt8 {
        UInt(bitPattern: index) < UInt(bitPattern: bytes.count) ? bytes[index] : 0
    }

    /// What a validated value is, by its first byte.
    @inline(__always)
    static func kind(_ first: UInt8) -> Kind {
        switch first {
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "t"): .true
        case UInt8(ascii: "f"): .false
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// The failure at `index`: the end of the text, a byte order mark, or else `problem`.
    @inline(never)
    static func unexpected(
        _ bytes: Span<UInt8>, _ index: Int, _ problem: JSONFailure.Problem = .unexpectedByte
    ) -> JSONFailure {
        guard index < bytes.count else { return JSONFailure(.unexpectedEnd, at: index) }
        let isMark = index == 0 && bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        return JSONFailure(isMark ? .byteOrderMark : problem, at: index)
    }
}
