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
            are removed whatever their age, and so are revocations that matched nothing alive for 30 days, grants that \
            can no longer be refreshed, and answers kept for an Idempotency-Key for more than ten minutes.
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
            dropped = try prune(storage) + pruneRows(storage, at: installation.world.now())
            rows = try storage.pruneUsage(before: firstDay, dryRun: dryRun)
        } catch {
            throw CommandFailure(error, doing: "Pruning")
        }
        Output.show(
            asJSON: output.json,
            ["dropped": JSON(dropped.map { JSON($0) }), "usageRows": JSON(rows), "dryRun": JSON(dryRun)],
            text: text(dropped, rows))
    }

    /// Deletes what has ended, and says what that was.
    private func pruneRows(_ storage: any Storage, at now: Timestamp) throws(StoreFailure) -> [String] {
        let ended = try storage.pruneAccess(before: now, dryRun: dryRun)
        let dead = try pages { limit throws(StoreFailure) in
            try storage.pruneRevocations(at: now, limit: limit, dryRun: dryRun)
        }
        let grants = try pages { limit throws(StoreFailure) in
            try storage.pruneRefreshing(at: now, limit: limit, dryRun: dryRun)
        }
        let answers = try pages { limit throws(StoreFailure) in
            try storage.pruneAnswers(at: now, limit: limit, dryRun: dryRun)
        }
        let counts = [
            (Int64(ended), "sessions and invitations that have ended"), (dead, "dead revocations"),
            (grants, "grants that can no longer be refreshed"), (answers, "answers that are no longer kept"),
        ]
        return counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    }

    /// Page by page, so that nobody who writes waits for long.
    private func pages(
        _ prune: (_ limit: Int) throws(StoreFailure) -> Int64
    ) throws(StoreFailure) -> Int64 {
        let page = 10_000
        var total: Int64 = 0
        while true {
            let count = try prune(page)
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
