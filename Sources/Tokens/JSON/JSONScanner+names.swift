/// Duplicate names: found when an object closes, in time linear in its length.
///
/// A few names are compared with each other, many through a table hashed with the process's random seed, so that
/// nobody can send names that collide.
extension JSONScanner {
    /// Objects up to this size are compared pairwise: at most 7.5 comparisons a name, nearly all of two words.
    private static var pairwiseLimit: Int { 16 }

    /// A member name of an object that is still open.
    struct Name {
        /// The first eight bytes (fewer are filled up with zeros), so that most comparisons are of one word.
        var prefix: UInt64
        /// Where the name stands, in the scanned bytes or in `unescapedNames`.
        var start: Int
        var length: Int
        var isUnescaped: Bool
        /// Where the name stands in the scanned bytes, to tell the sender.
        var offset: Int
    }

    @inline(__always)
    mutating func addName(_ bytes: Span<UInt8>, _ range: Range<Int>, hasEscapes: Bool) {
        if hasEscapes { return addEscapedName(bytes, range) }
        push(
            Name(
                prefix: Self.prefix(bytes, range.lowerBound, range.count), start: range.lowerBound,
                length: range.count, isUnescaped: false, offset: range.lowerBound))
    }

    @inline(__always)
    private mutating func push(_ name: Name) {
        if nameCount < names.count { names[nameCount] = name } else { names.append(name) }
        nameCount &+= 1
    }

    @inline(never)
    private mutating func addEscapedName(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let start = unescapedNames.count
        JSONText.unescape(bytes, range, into: &unescapedNames)
        let length = unescapedNames.count - start
        push(
            Name(
                prefix: Self.prefix(unescapedNames.span, start, length), start: start, length: length,
                isUnescaped: true, offset: range.lowerBound))
    }

    @inline(__always)
    private static func prefix(_ bytes: Span<UInt8>, _ start: Int, _ length: Int) -> UInt64 {
        if start &+ 8 <= bytes.count {
            let word = ByteWord.load(bytes, start)
            return length >= 8 ? word : word & ~(~0 &<< UInt64(8 &* length))
        }
        var prefix: UInt64 = 0
        for index in 0..<min(length, 8) { prefix |= UInt64(bytes[start &+ index]) &<< UInt64(8 &* index) }
        return prefix
    }

    /// Closes the object whose names start at `first` in `names`.
    @inline(__always)
    mutating func refuseDuplicates(_ bytes: Span<UInt8>, from first: Int) throws(JSONFailure) {
        let count = nameCount &- first
        if count > 1 {
            if count <= Self.pairwiseLimit {
                try compareNamesPairwise(bytes, first)
            } else {
                try compareNamesHashed(bytes, first)
            }
        }
        nameCount = first
    }

    private mutating func compareNamesPairwise(_ bytes: Span<UInt8>, _ first: Int) throws(JSONFailure) {
        let count = nameCount &- first
        nameComparisons &+= count &* (count &- 1) / 2
        let open = names.span.extracting(first..<nameCount)
        for later in 1..<count {
            let prefix = open[later].prefix
            for earlier in 0..<later where open[earlier].prefix == prefix {
                if isSame(bytes, open[earlier], open[later]) { throw duplicate(bytes, open[later]) }
            }
        }
    }

    @inline(never)
    private mutating func compareNamesHashed(_ bytes: Span<UInt8>, _ first: Int) throws(JSONFailure) {
        let count = nameCount - first
        let mask = (1 << (Int.bitWidth - (2 * count).leadingZeroBitCount)) - 1
        if slots.count <= mask { slots.append(contentsOf: repeatElement(0, count: mask + 1 - slots.count)) }
        for slot in 0...mask { slots[slot] = 0 }
        for position in 0..<count {
            let name = names[first + position]
            var slot = hash(bytes, name) & mask
            while slots[slot] != 0 {
                nameComparisons += 1
                let other = names[first + Int(slots[slot]) - 1]
                if other.prefix == name.prefix, isSame(bytes, other, name) { throw duplicate(bytes, name) }
                slot = (slot + 1) & mask
            }
            slots[slot] = UInt32(position + 1)
        }
    }

    /// Whether two names with the same prefix are the same.
    private func isSame(_ bytes: Span<UInt8>, _ one: Name, _ other: Name) -> Bool {
        guard one.length == other.length else { return false }
        guard one.length > 8 else { return true }
        let left = one.isUnescaped ? unescapedNames.span : bytes
        let right = other.isUnescaped ? unescapedNames.span : bytes
        for index in 8..<one.length where left[one.start + index] != right[other.start + index] { return false }
        return true
    }

    private func hash(_ bytes: Span<UInt8>, _ name: Name) -> Int {
        let text = name.isUnescaped ? unescapedNames.span : bytes
        var hasher = Hasher()
        unsafe text.extracting(name.start..<name.start + name.length).withUnsafeBytes {
            unsafe hasher.combine(bytes: $0)
        }
        return hasher.finalize()
    }

    private func duplicate(_ bytes: Span<UInt8>, _ name: Name) -> JSONFailure {
        let text = name.isUnescaped ? unescapedNames.span : bytes
        let string = JSONText.string(text, name.start..<name.start + name.length)
        return JSONFailure(.duplicateMember(string), at: name.offset)
    }
}
