/// What a token pair was issued for, such as a device or a room, in the tenant's own words.
package struct Label: Sendable, Hashable {
    /// The label as text: 1 to 64 bytes of UTF-8 without control characters.
    package let text: String

    /// The longest label in bytes of UTF-8.
    package static let longest = 64

    /// The label, or nil where the text breaks the rules above.
    package init?(_ text: String) {
        guard (1...Self.longest).contains(text.utf8.count), !text.unicodeScalars.contains(where: \.isControl) else {
            return nil
        }
        self.text = text
    }

    /// By bytes, as the database compares: Swift holds "é" and "e" with an accent for the same text.
    package static func == (left: Label, right: Label) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// By bytes too, so that who knows only the hash does not take two for one.
    package func hash(into hasher: inout Hasher) { hasher.combine(bytesOf: text) }
}
