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
        self.actor = actor
        self.address = address
        self.requestID = requestID
    }

    /// Whoever works on the machine itself.
    package static let commandLine = AuditOrigin(actor: "cli")
}
