/// Validates JSON in one pass and yields byte ranges instead of values.
///
/// Strict RFC 8259, and stricter where it leaves a choice: UTF-8 only, no byte order mark, no lone surrogate escapes,
/// no name twice in one object at any depth (compared after unescaping), no more than `maximumDepth` levels. What it
/// accepts can be stored and echoed as the bytes that came, so no number loses a digit.
///
/// Keep one scanner per event loop: its arrays are reused, so that a scan normally allocates nothing. The time is
/// linear in the length of the text, whatever the text.
package struct JSONScanner {
    /// No caller can ask for more levels than this: the scanner recurses, and the stack is finite.
    package static let depthCeiling = 512

    /// What a value is.
    package enum Kind: UInt8, Sendable {
        case string, number, object, array, `true`, `false`, null
    }

    /// One validated value, as a range of the scanned bytes.
    package struct Value: Equatable, Sendable {
        /// The JSON text of the value; for a string this includes both quotes.
        package var range: Range<Int>
        /// What it is.
        package var kind: Kind
        /// Whether a string, or any string inside, contains a backslash.
        package var hasEscapes: Bool
        /// Whether a string, or any string inside, has a control character once decoded.
        ///
        /// Control characters are Unicode's category Cc: U+0000 to U+001F and U+007F to U+009F, escaped or not.
        package var hasControlCharacters: Bool
        /// Whether there is whitespace outside strings.
        package var hasWhitespace: Bool
        /// Levels of nesting: 0 for a scalar, 1 for `{}`, 2 for `[[1]]`.
        package var depth: Int

        /// The bytes between the quotes of a string.
        package var content: Range<Int> { range.lowerBound + 1..<range.upperBound - 1 }
    }

    /// One member of the top-level object.
    package struct Member: Equatable, Sendable {
        /// The bytes of the name between its quotes, as they came.
        package var name: Range<Int>
        /// Whether the name contains a backslash, so that its bytes must be unescaped before they are compared.
        package var nameHasEscapes: Bool
        /// The value.
        package var value: Value
    }

    /// The members of the top-level object in their order; empty after a failure or for any other value.
    package private(set) var members: [Member] = []
    /// How often two names were compared in the last scan: the work that a hostile object could blow up.
    package internal(set) var nameComparisons = 0

    /// What the scan under way has met so far; a value's properties are what these gain while it is read.
    struct Seen {
        var escapes = 0
        var controlCharacters = 0
        var whitespace = 0
        var deepest = 0
    }

    var maximumDepth = 0
    var seen = Seen()
    /// The first `nameCount` are the names of all objects that are open; the rest is kept to be written over.
    var names: [Name] = []
    var nameCount = 0
    var unescapedNames: [UInt8] = []
    var slots: [UInt32] = []

    /// A scanner with nothing scanned.
    package init() {}

    /// Validates a text that must be one object and leaves its members in `members`.
    ///
    /// - Parameters:
    ///   - bytes: The whole text; ranges in `members` refer to it.
    ///   - maximumDepth: Levels of nesting allowed, the object itself being the first; at most `depthCeiling`.
    /// - Throws: What is wrong and where; `members` is then empty.
    package mutating func scanObject(_ bytes: Span<UInt8>, maximumDepth: Int) throws(JSONFailure) {
        _ = try scan(bytes, maximumDepth, objectOnly: true)
    }

    /// Validates a text that may be any value and returns it; if it is an object, `members` has its members.
    ///
    /// - Parameters:
    ///   - bytes: The whole text.
    ///   - maximumDepth: Levels of nesting allowed; 0 allows scalars only, more than `depthCeiling` means that.
    /// - Returns: The value.
    /// - Throws: What is wrong and where; `members` is then empty.
    package mutating func scanValue(_ bytes: Span<UInt8>, maximumDepth: Int) throws(JSONFailure) -> Value {
        try scan(bytes, maximumDepth, objectOnly: false)
    }

    private mutating func scan(
        _ bytes: Span<UInt8>, _ maximumDepth: Int, objectOnly: Bool
    ) throws(JSONFailure) -> Value {
        reset(maximumDepth)
        do throws(JSONFailure) {
            var index = 0
            let first = next(bytes, &index)
            if objectOnly, first != UInt8(ascii: "{") { throw Self.unexpected(bytes, index, .objectExpected) }
            let value = try recordedValue(bytes, index, first, 0)
            index = value.range.upperBound
            _ = next(bytes, &index)
            guard index == bytes.count else { throw JSONFailure(.trailingBytes, at: index) }
            return value
        } catch {
            members.removeAll(keepingCapacity: true)
            throw error
        }
    }

    private mutating func reset(_ maximumDepth: Int) {
        members.removeAll(keepingCapacity: true)
        nameCount = 0
        if !unescapedNames.isEmpty { unescapedNames.removeAll(keepingCapacity: true) }
        nameComparisons = 0
        seen = Seen()
        self.maximumDepth = min(maximumDepth, Self.depthCeiling)
    }

    @inline(__always)
    mutating func record(_ name: Range<Int>, hasEscapes: Bool, _ value: Value) {
        members.append(Member(name: name, nameHasEscapes: hasEscapes, value: value))
    }
}
