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

    /// The six bits of each character; 255 for every byte outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }()

    private static func decode(_ text: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) -> Bool {
        unsafe values.withUnsafeBufferPointer { values in
            var seen: UInt8 = 0
            var out = unsafe target
            var index = 0
            while index + 3 < text.count {
                let (a, b) = unsafe (values[Int(text[index])], values[Int(text[index + 1])])
                let (c, d) = unsafe (values[Int(text[index + 2])], values[Int(text[index + 3])])
                seen |= a | b | c | d
                unsafe out[0] = a << 2 | b >> 4
                unsafe out[1] = b << 4 | c >> 2
                unsafe out[2] = c << 6 | d
                unsafe out += 3
                index += 4
            }
            guard index < text.count else { return seen < 64 }
            let (a, b) = unsafe (values[Int(text[index])], values[Int(text[index + 1])])
            unsafe out[0] = a << 2 | b >> 4
            seen |= a | b
            guard index + 2 < text.count else { return seen < 64 && b & 15 == 0 }
            let c = unsafe values[Int(text[index + 2])]
            unsafe out[1] = b << 4 | c >> 2
            return seen | c < 64 && c & 3 == 0
        }
    }
}
