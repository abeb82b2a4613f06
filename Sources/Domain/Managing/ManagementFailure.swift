internal import Tokens

/// Why an act of management was refused; nothing was changed.
package enum ManagementFailure: Error, Sendable, Equatable {
    /// What it is about does not exist.
    case missing(String)
    /// What it would create exists already.
    case conflict(String)
    /// Fields have values that are not acceptable.
    case invalid([Failure.Field])
    /// The request is in order, but the state of things forbids it.
    case refused(String)
    /// The database cannot be used now; the cause is for operators only.
    case unavailable(cause: String)
    /// A stored record breaks its own rules, or does not open under the master key; the cause is for operators only.
    case corrupt(cause: String)
}

extension ManagementFailure: CustomStringConvertible {
    /// One sentence for the operator; an endpoint for tenants must not show that of `unavailable` and `corrupt`.
    package var description: String {
        switch self {
        case .missing(let text), .conflict(let text), .refused(let text): text
        case .invalid(let fields): fields.map { "\($0.field) \($0.detail)" }.joined(separator: "; ")
        case .unavailable(let cause): "The database cannot be used: \(cause)"
        case .corrupt(let cause): "A stored record is damaged: \(cause)"
        }
    }

    init(_ failure: StoreFailure, about subject: String) {
        switch failure {
        case .unavailable(let cause): self = .unavailable(cause: cause)
        case .conflict: self = .conflict("There already is \(subject).")
        case .missing: self = .missing("There is no \(subject).")
        case .corrupt(let cause): self = .corrupt(cause: cause)
        }
    }

    /// Runs a storage method; `subject` completes "There is no …" and "There already is …".
    static func telling<Value>(
        of subject: String, _ body: () throws(StoreFailure) -> Value
    ) throws(ManagementFailure) -> Value {
        do throws(StoreFailure) {
            return try body()
        } catch {
            throw ManagementFailure(error, about: subject)
        }
    }

    /// Does something with a key that fails only where libcrypto or the master key does.
    static func sealing<Value>(_ body: () throws(TokenFailure) -> Value) throws(ManagementFailure) -> Value {
        do throws(TokenFailure) {
            return try body()
        } catch {
            throw .corrupt(cause: "a signing key cannot be made, sealed or opened (\(error))")
        }
    }
}
