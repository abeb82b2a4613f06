/// Finds API keys of this server in any bytes, by their prefix and their checksum.
///
/// A checksum of 32 bits lets one in four thousand million invented texts pass; none of this server's keys is missed.
package struct KeyFinder: Sendable {
    private let prefix: [UInt8]
    /// Bytes of a whole key.
    package let keyLength: Int

    /// Finds keys that begin with the prefix and an underscore.
    package init(prefix: String) {
        self.prefix = Array((prefix + "_").utf8)
        keyLength = self.prefix.count + APIKey.idLength + APIKey.secretLength + APIKey.checksumLength
    }

    /// Where keys begin in the bytes, in order.
    package func places(in bytes: Span<UInt8>) -> [Int] {
        var places: [Int] = []
        guard bytes.count >= keyLength else { return [] }
        let own = Array(prefix.dropLast())
        var index = 0
        while index <= bytes.count - keyLength {
            if bytes[index] == prefix[0], begins(bytes, at: index),
                APIKey.Text(bytes.extracting(index..<index + keyLength), prefix: own) != nil
            {
                places.append(index)
                index += keyLength
            } else {
                index += 1
            }
        }
        return places
    }

    private func begins(_ bytes: Span<UInt8>, at start: Int) -> Bool {
        for offset in prefix.indices where bytes[start + offset] != prefix[offset] { return false }
        return true
    }
}
