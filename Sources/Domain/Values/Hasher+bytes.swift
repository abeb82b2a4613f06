extension Hasher {
    /// Combines a text by its bytes: a string's own hash is the same for all spellings that Unicode holds to be equivalent.
    mutating func combine(bytesOf text: String) {
        unsafe text.utf8.span.withUnsafeBytes { unsafe combine(bytes: $0) }
        // As strings do: no byte of UTF-8, so that what is combined next cannot be taken for a part of the text.
        combine(0xFF as UInt8)
    }
}
