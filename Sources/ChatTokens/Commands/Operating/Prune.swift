internal import ArgumentParser
internal import Domain
internal import PostgresStorage
internal import SQLiteStorage
internal import Tokens

/// `chat-tokens prune`.
struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Drops months of append-only tables, and usage by day, that nobody needs any more.",
        discussion: """
            Example:
              chat-tokens prune --keep-months 13 --dry-run

            In PostgreSQL the change log and the like are stored month by month, and whole months are dropped; users, \
            tenants and keys are never touched. The current month and so many before it stay, and room is made for the \
            months to come: run it once a month. The audit log is kept whole, also in SQLite, unless \
            --keep-audit-months is given; what stays of it can be verified as before. What was used day by day is kept \
            for at least 13 months, in both. Sessions and invitations that have ended, which count for nothing anyway, \
            are removed whatever their age, and so are revocations that matched nothing alive for 30 days.
            """)

    @Option(help: ArgumentHelp("How many months to keep beside the current one, 1 to 1200.", valueName: "number"))
    var keepMonths: Int

    @Option(help: ArgumentHelp("The same for the audit log, which is else kept whole.", valueName: "number"))
    var keepAuditMonths: Int?

    @Flag(help: "Only tell what would be dropped.")
    var dryRun = false

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func validate() throws {
        guard (1...1_200).contains(keepMonths) else { throw ValidationError("--keep-months must be from 1 to 1200.") }
        guard keepAuditMonths.map((1...1_200).contains) ?? true else {
            throw ValidationError("--keep-audit-months must be from 1 to 1200.")
        }
    }

    /// The fewest months of usage that stay: as many as it takes to compare a month with that of last year.
    private static let fewestUsageMonths = 13

    func run() throws {
        let installation = try deployment.open()
        let storage = installation.storage
        let months = max(keepMonths, Self.fewestUsageMonths)
        let firstDay = Day(of: installation.world.now()).startOfMonth(before: months)
        let dropped: [String]
        let rows: Int64
        do throws(StoreFailure) {
            let ended = try storage.pruneAccess(before: installation.world.now(), dryRun: dryRun)
            let dead = try pruneRevocations(storage, at: installation.world.now())
            dropped =
                try prune(storage) + (ended == 0 ? [] : ["\(ended) sessions and invitations that have ended"])
                + (dead == 0 ? [] : ["\(dead) dead revocations"])
            rows = try storage.pruneUsage(before: firstDay, dryRun: dryRun)
        } catch {
            throw CommandFailure(error, doing: "Pruning")
        }
        Output.show(
            asJSON: output.json,
            ["dropped": JSON(dropped.map { JSON($0) }), "usageRows": JSON(rows), "dryRun": JSON(dryRun)],
            text: text(dropped, rows))
    }

    /// Page by page, so that nobody who revokes waits for long.
    private func pruneRevocations(_ storage: any Storage, at moment: Timestamp) throws(StoreFailure) -> Int64 {
        let page = 10_000
        var total: Int64 = 0
        while true {
            let count = try storage.pruneRevocations(at: moment, limit: page, dryRun: dryRun)
            total += count
            if dryRun || count < page { return total }
        }
    }

    private func prune(_ storage: any Storage) throws(StoreFailure) -> [String] {
        switch storage {
        case let storage as PostgresStorage:
            return try storage.prune(keepingMonths: keepMonths, auditMonths: keepAuditMonths, dryRun: dryRun)
        case let storage as SQLiteStorage:
            guard let keepAuditMonths else { return [] }
            let count = try storage.pruneAudit(keepingMonths: keepAuditMonths, dryRun: dryRun)
            return count == 0 ? [] : ["\(count) entries of audit_entry"]
        default: return []
        }
    }

    private func text(_ dropped: [String], _ rows: Int64) -> String {
        let things = dropped + (rows > 0 ? ["\(rows) rows of usage by day"] : [])
        guard !things.isEmpty else { return "Nothing is that old." }
        return "\(dryRun ? "Would drop" : "Dropped") \(things.joined(separator: ", "))."
    }
}
