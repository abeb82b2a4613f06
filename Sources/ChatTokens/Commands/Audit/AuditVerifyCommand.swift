internal import ArgumentParser
internal import Domain
internal import Foundation
internal import Tokens

/// `chat-tokens audit verify`.
struct AuditVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks an export of the audit log without the database, and names its first broken link.",
        discussion: """
            Examples:
              chat-tokens audit verify acme.jsonl --key audit-keys.json
              chat-tokens audit verify acme.jsonl --key audit-keys.json --earlier acme-last-week.jsonl

            --key takes a file or an http(s) URL with the JWK set of `audit keys`; without it signatures are not \
            checked, and whoever could rewrite the whole file could have made it up. --earlier takes an older export of \
            the same log: its newest entry has to be in this one. --contains takes an entry's number and hash, such as the \
            server's log has them of every checkpoint. The exit status is 0 for an export in order and 1 for any other.
            """)

    @Argument(help: "The export; - reads it from stdin.")
    var file: String

    @Option(help: ArgumentHelp("The public keys, as a JWK set or one JWK.", valueName: "file|url"))
    var key: String?

    @Option(help: ArgumentHelp("An older export of the same log.", valueName: "file"))
    var earlier: String?

    @Option(help: ArgumentHelp("An entry that has to be in it; may be repeated.", valueName: "number:hash"))
    var contains: [KnownEntry] = []

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let keys = try key.map { place in try PublishedKeys(try Document.fetch(place)).all } ?? []
        var newest: AuditVerification.Witness?
        if let earlier {
            let former = try Self.verified(earlier, AuditVerification(keys: keys))
            if let fault = former.firstBreak {
                throw CommandFailure("The earlier export is itself not in order: \(fault.sentence)")
            }
            newest = former.newest
        }
        let places = Dictionary(contains.map { ($0.sequence, $0.hash) }) { first, _ in first }
        let report = try Self.verified(file, AuditVerification(keys: keys, earlier: newest, places: places))
        Output.show(asJSON: output.json, report.json, text: report.text)
        if report.firstBreak != nil { throw ExitCode.failure }
    }

    /// Reads the file line by line, however long it is.
    private static func verified(
        _ path: String, _ verification: AuditVerification
    ) throws(CommandFailure) -> AuditVerification {
        var verification = verification
        let lines = try Lines(path)
        while let line = try lines.next() { verification.take(line) }
        verification.finish()
        return verification
    }
}

/// An entry's number and hash as typed, such as `17:9f86…`.
struct KnownEntry: ExpressibleByArgument {
    let sequence: Int64, hash: Digest

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = Int64(parts[0]), sequence >= 1, let hash = Digest(hex: parts[1].utf8)
        else { return nil }
        (self.sequence, self.hash) = (sequence, hash)
    }
}

extension AuditVerification.Break {
    /// What is wrong and where.
    fileprivate var sentence: String {
        "Line \(line)\(sequence.map { " (entry \($0))" } ?? "") \(why)."
    }
}

extension AuditVerification {
    fileprivate var json: JSON {
        let fault = firstBreak.map { fault -> JSON in
            [
                "line": JSON(Int64(fault.line)), "sequence": fault.sequence.map { JSON($0) } ?? nil,
                "why": JSON(fault.why),
            ]
        }
        return [
            "valid": JSON(firstBreak == nil), "tenant": JSON(optional: newest?.tenant), "entries": JSON(entries),
            "first": first.map { JSON($0) } ?? nil, "last": newest.map { JSON($0.sequence) } ?? nil,
            "hash": JSON(optional: newest?.hash.hex), "checkpoints": JSON(checkpoints),
            "signaturesChecked": JSON(checksSignatures), "brokenLink": fault ?? nil,
        ]
    }

    fileprivate var text: String {
        if let firstBreak { return "Broken: \(firstBreak.sentence)" }
        let extent = newest.map { ", \(first ?? 1) to \($0.sequence), hash \($0.hash.hex)" } ?? ""
        let signatures =
            checksSignatures
            ? "The seal and \(checkpoints) checkpoints are signed by the deployment."
            : "Signatures were not checked: no --key was given."
        return "In order: \(entries) entries\(extent).\n\(signatures)"
    }
}
