/// An identifier of something that people see: a UUIDv7 (RFC 9562), so that identifiers sort by age.
package struct TimeOrderedID<Subject>: Sendable, Hashable, CustomStringConvertible {
    /// The 36 characters in lower case.
    package let text: String

    /// A new identifier, born now.
    package init(world: World) {
        let words = world.randomBytes(16).reduce(into: (UInt64(0), UInt64(0))) { words, byte in
            words = (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte))
        }
        text = Grant.ID(birth: world.now(), random: words.0, moreRandom: words.1).description
    }

    /// The identifier with this text; nil where it is none of version 7.
    package init?(_ text: String) {
        guard Grant.ID(text.utf8.span) != nil else { return nil }
        self.text = text
    }

    package var description: String { text }
}
