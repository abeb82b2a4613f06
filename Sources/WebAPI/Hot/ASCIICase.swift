extension String {
    /// Whether both are the same but for the case of ASCII letters; `lowercase` must have none in upper case.
    func isSame(as lowercase: StaticString) -> Bool { utf8.span.isSame(as: lowercase) }
}

extension Substring {
    /// Whether both are the same but for the case of ASCII letters; `lowercase` must have none in upper case.
    func isSame(as lowercase: StaticString) -> Bool { utf8.span.isSame(as: lowercase) }
}

extension Span<UInt8> {
    /// Whether both are the same but for the case of ASCII letters; `lowercase` must have none in upper case.
    func isSame(as lowercase: StaticString) -> Bool {
        guard count == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { expected in
            for index in indices {
                let byte = self[index]
                let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                guard unsafe (isUpper ? byte | 0x20 : byte) == expected[index] else { return false }
            }
            return true
        }
    }
}
