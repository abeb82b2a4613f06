/// Who acts, and from where, as the audit log keeps it.
package struct AuditOrigin: Sendable, Equatable {
    /// Kind and identifier, such as `key 3kTMd0aZq1Xc`, `account 0198…` or `cli`; never a secret.
    package let actor: String
    /// The client's IP address as text; nil where there is none, as on the command line.
    package let address: String?
    /// The request's identifier; nil outside of requests.
    package let requestID: String?

    /// An origin.
    package init(actor: String, address: String? = nil, requestID: String? = nil) {
        self.actor = actor.auditable
        self.address = address?.auditable
        self.requestID = requestID?.auditable
    }

    /// Whoever works on the machine itself.
    package static let commandLine = AuditOrigin(actor: "cli")
}

extension String {
    /// The text with U+FFFD in place of control characters, which no identifier has and not every database keeps.
    var auditable: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars { scalars.append(scalar.isControl ? "\u{FFFD}" : scalar) }
        return String(scalars)
    }
}
