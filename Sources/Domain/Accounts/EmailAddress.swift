/// The e-mail address by which an account is known, in lower case.
///
/// ASCII alone, of the form that browsers take for an address (WHATWG HTML §4.10.5.1.5): what looks like another
/// address must not be another account.
package struct EmailAddress: Sendable, Hashable, CustomStringConvertible {
    /// The address in lower case, at most 254 bytes.
    package let text: String

    /// The address, or nil where the text is none.
    package init?(_ text: String) {
        let text = text.lowercased()
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard (3...254).contains(text.utf8.count), parts.count == 2, (1...64).contains(parts[0].utf8.count),
            parts[0].utf8.allSatisfy(Self.isLocal), DomainName.isFit(String(parts[1]))
        else { return nil }
        self.text = text
    }

    /// What an address has to be.
    package static let rule = "an e-mail address of at most 254 characters"

    /// What stands before the `@`.
    var localPart: Substring { text.prefix { $0 != "@" } }

    package var description: String { text }

    private static func isLocal(_ byte: UInt8) -> Bool {
        Base62.isDigit(byte) || ".!#$%&'*+/=?^_`{|}~-".utf8.contains(byte)
    }
}
