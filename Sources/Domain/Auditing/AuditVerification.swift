package import Tokens

/// Checks an export of the audit log line by line, without the database, and names its first broken link.
package struct AuditVerification: Sendable {
    /// What is wrong, and where.
    package struct Break: Error, Sendable, Equatable {
        /// The line, from 1; that after the last where something is missing at the end.
        package let line: Int
        /// The number of the entry; nil where none can be read.
        package let sequence: Int64?
        /// What is wrong with it, as the end of a sentence.
        package let why: String
    }

    /// A place of a chain that is known for sure.
    package struct Witness: Sendable, Equatable {
        /// Whose chain; nil: the operator's.
        package let tenant: String?
        /// The number of the entry, and its hash.
        package let sequence: Int64, hash: Digest
    }

    /// Entries and checkpoints that were found to be in order.
    package internal(set) var entries: Int64 = 0, checkpoints: Int64 = 0
    /// Lines taken.
    package internal(set) var lines = 0
    /// The number of the first entry.
    package internal(set) var first: Int64?
    /// The newest entry.
    package internal(set) var newest: Witness?
    /// Whether signatures are checked.
    package var checksSignatures: Bool { !keys.isEmpty }
    /// The first broken link; nothing after it is looked at.
    package private(set) var firstBreak: Break?

    let keys: [SigningKey]
    let witness: Witness?
    var firstPrevious: Digest?
    var tenant: String??
    var isSealed = false

    /// A verification that has not begun.
    ///
    /// - Parameters:
    ///   - keys: the public keys of the deployment; none: signatures are not checked, and whoever can rewrite the
    ///     whole file can still make one up.
    ///   - witness: what an earlier export of the same chain ended with: it has to be in this one.
    package init(keys: [SigningKey], witness: Witness? = nil) {
        self.keys = keys
        self.witness = witness
    }

    /// Takes the next line, without its line feed.
    package mutating func take(_ line: [UInt8]) {
        guard firstBreak == nil else { return }
        lines += 1
        do throws(Fault) {
            guard !isSealed else { throw Fault("follows the seal, which is the last line of an export") }
            try read(line)
        } catch {
            firstBreak = Break(line: lines, sequence: error.sequence, why: error.why)
        }
    }

    /// Takes the end of the export.
    package mutating func finish() {
        guard firstBreak == nil else { return }
        if let missing = missingAtEnd {
            firstBreak = Break(line: lines + 1, sequence: newest.map { $0.sequence + 1 }, why: missing)
        }
    }

    private var missingAtEnd: String? {
        guard isSealed else { return "is missing: the export does not end with its seal, so it was cut off" }
        guard let witness else { return nil }
        guard tenant == .some(witness.tenant) else { return "is of another chain than the earlier export" }
        guard let newest, newest.sequence >= witness.sequence else {
            return "is missing: the earlier export ends with entry \(witness.sequence)"
        }
        return nil
    }

    struct Fault: Error {
        let why: String
        let sequence: Int64?

        init(_ why: String, _ sequence: Int64? = nil) {
            self.why = why
            self.sequence = sequence
        }
    }
}
