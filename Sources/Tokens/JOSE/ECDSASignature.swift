/// Between the two spellings of a P-256 signature: libcrypto's DER and JOSE's r‖s of 64 bytes (RFC 7518 §3.4).
enum ECDSASignature {
    /// The longest DER spelling: two integers of 33 bytes, each with two bytes of head, in a sequence.
    static let maximumDERBytes = 72

    /// Replaces the DER signature that begins at `start` and ends `bytes` by its 64 raw bytes.
    static func makeRaw(_ bytes: inout [UInt8], from start: Int) -> Bool {
        var raw = InlineArray<64, UInt8>(repeating: 0)
        var index = start + 2
        for half in 0..<2 {
            guard index + 2 <= bytes.count, bytes[index] == 2 else { return false }
            var length = Int(bytes[index + 1])
            index += 2
            guard length > 0, index + length <= bytes.count else { return false }
            while length > 32 || (length > 1 && bytes[index] == 0) {
                guard bytes[index] == 0 else { return false }
                (index, length) = (index + 1, length - 1)
            }
            for offset in 0..<length { raw[half * 32 + 32 - length + offset] = bytes[index + offset] }
            index += length
        }
        guard index == bytes.count else { return false }
        bytes.removeSubrange(start...)
        bytes.append(addingCapacity: 64) { out in for index in raw.indices { out.append(raw[index]) } }
        return true
    }

    /// Runs `body` on the DER spelling of `raw`, or answers `nil` unless `raw` has exactly 64 bytes.
    ///
    /// Zero and too large numbers are passed on for libcrypto to refuse.
    static func withDER<Result>(_ raw: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result? {
        guard raw.count == 64 else { return nil }
        var der = InlineArray<72, UInt8>(repeating: 0)
        var end = 2
        for half in 0..<2 {
            var first = half * 32
            while first < half * 32 + 31, raw[first] == 0 { first += 1 }
            let needsZero = raw[first] & 0x80 != 0
            let length = half * 32 + 32 - first
            der[end] = 2
            der[end + 1] = UInt8(length + (needsZero ? 1 : 0))
            end += needsZero ? 3 : 2
            for index in first..<first + length {
                der[end] = raw[index]
                end += 1
            }
        }
        der[0] = 0x30
        der[1] = UInt8(end - 2)
        return body(der.span.extracting(first: end))
    }
}
