internal import Foundation

/// A password as somebody typed it, to be hashed or compared; never stored and never logged.
///
/// Canonically equivalent spellings are one password (Unicode NFC, as RFC 8265 §4.2.2 has it): keyboards differ in how
/// they send an accented letter.
package struct Password: Sendable, CustomReflectable, CustomStringConvertible {
    /// The most bytes that are taken.
    package static let longest = 1_024
    /// Characters from which on length alone is enough, and those that a password has at least.
    package static let longEnough = 15, shortest = 8

    let bytes: [UInt8]
    private let text: String

    /// A password of at most ``longest`` bytes; nil for a longer one.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        self.text = text.precomposedStringWithCanonicalMapping
        bytes = Array(self.text.utf8)
    }

    package var description: String { "a password" }
    /// Nothing, so that no dump shows it.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Why it cannot be the password of this account; nil: it can.
    ///
    /// NIST SP 800-63B-4 §3.1.1.2: length and a list of what is tried first, no rules of composition. Fifteen
    /// characters are asked for where they are the only factor; fewer are taken down to eight, since everything is
    /// held against the list.
    package func complaint(for email: EmailAddress) -> String? {
        guard text.unicodeScalars.count >= Self.shortest else {
            return "must have at least \(Self.shortest) characters"
        }
        guard !text.unicodeScalars.contains("\0") else { return "must not contain U+0000" }
        let folded = text.lowercased()
        let local = email.localPart
        // A password with a short name in it by chance is no worse for it.
        if local.utf8.count >= 4, folded.contains(local) || folded == email.text {
            return "must not contain your e-mail address or the part of it before the @"
        }
        guard !CommonPasswords.contain(folded) else {
            return "is one of the passwords that are tried first, or close to one; choose another"
        }
        return nil
    }
}
