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
    /// Places that are known for sure and were not met yet.
    var places: [Int64: Digest]
    private let earlier: Witness?
    var firstPrevious: Digest?
    var tenant: String??
    var isSealed = false

    /// A verification that has not begun.
    ///
    /// - Parameters:
    ///   - keys: the public keys of the deployment; none: signatures are not checked, and whoever can rewrite the
    ///     whole file can still make one up.
    ///   - earlier: what an earlier export of the same chain ended with: it has to be in this one.
    ///   - places: numbers of entries and their hashes as they were seen elsewhere: these have to be in it too.
    package init(keys: [SigningKey], earlier: Witness? = nil, places: [Int64: Digest] = [:]) {
        self.keys = keys
        self.earlier = earlier
        self.places = places
        if let earlier { self.places[earlier.sequence] = earlier.hash }
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
        if let earlier, tenant != .some(earlier.tenant) { return "is of another chain than the earlier export" }
        return places.keys.min().map { "is missing: entry \($0) was there before" }
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
