extension Base64URL {
    /// Appends the bytes that `text` stands for, and says whether it is canonical; if not, `out` is left as it was.
    ///
    /// Canonical means: only the URL alphabet, no padding, no white space, and zero in the unused last bits, so that
    /// every byte string has exactly one text and a signature cannot be respelled.
    package static func decode(_ text: Span<UInt8>, into out: inout [UInt8]) -> Bool {
        let tail = text.count % 4
        guard tail != 1 else { return false }
        let count = text.count / 4 * 3 + (tail == 0 ? 0 : tail - 1)
        let start = out.count
        var canonical = true
        out.append(addingCapacity: count) { bytes in
            unsafe bytes.withUnsafeMutableBufferPointer { target, initialized in
                if let base = target.baseAddress {
                    canonical = unsafe text.withUnsafeBufferPointer { unsafe decode($0, to: base) }
                }
                initialized = count
            }
        }
        if !canonical { out.removeSubrange(start...) }
        return canonical
    }

    /// The bytes that `text` stands for, or `nil` if it is not canonical.
    package static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        return decode(Array(text.utf8).span, into: &bytes) ? bytes : nil
    }

    /// What each byte adds to a group of four, by its place in it: its six bits in position, or the top bit if it is
    /// outside the alphabet.
    private static let places: [UInt32] = {
        var places = [UInt32](repeating: 1 << 31, count: 4 * 256)
        for value in 0..<64 {
            let character = unsafe Int(alphabet.utf8Start[value])
            for place in 0..<4 { places[place * 256 + character] = UInt32(value) << (18 - 6 * UInt32(place)) }
        }
        return places
    }()

    private static func decode(_ text: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) -> Bool {
        unsafe places.withUnsafeBufferPointer { places in
            var seen: UInt32 = 0
            var out = unsafe target
            var index = 0
            while index + 3 < text.count {
                let high = unsafe places[Int(text[index])] | places[256 + Int(text[index + 1])]
                let low = unsafe places[512 + Int(text[index + 2])] | places[768 + Int(text[index + 3])]
                let group = high | low
                seen |= group
                unsafe out[0] = UInt8(truncatingIfNeeded: group >> 16)
                unsafe out[1] = UInt8(truncatingIfNeeded: group >> 8)
                unsafe out[2] = UInt8(truncatingIfNeeded: group)
                unsafe out += 3
                index += 4
            }
            guard index < text.count else { return seen >> 31 == 0 }
            var group = unsafe places[Int(text[index])] | places[256 + Int(text[index + 1])]
            unsafe out[0] = UInt8(truncatingIfNeeded: group >> 16)
            guard index + 2 < text.count else { return (seen | group) >> 31 == 0 && group & 0xFFFF == 0 }
            unsafe group |= places[512 + Int(text[index + 2])]
            unsafe out[1] = UInt8(truncatingIfNeeded: group >> 8)
            return (seen | group) >> 31 == 0 && group & 0xFF == 0
        }
    }
}
