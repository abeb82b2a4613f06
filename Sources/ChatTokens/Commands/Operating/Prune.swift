internal import ArgumentParser
internal import Domain
internal import PostgresStorage
internal import Tokens

/// `chat-tokens prune`.
struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Drops months of append-only tables that nobody needs any more.",
        discussion: """
            Example:
              chat-tokens prune --keep-months 13 --dry-run

            In PostgreSQL the change log and the like are stored month by month, and whole months are dropped; users, \
            tenants and keys are never touched. The current month and so many before it stay, and room is made for the \
            months to come: run it once a month. An SQLite file has no such months.
            """)

    @Option(help: ArgumentHelp("How many months to keep beside the current one, 1 to 1200.", valueName: "number"))
    var keepMonths: Int

    @Flag(help: "Only tell what would be dropped.")
    var dryRun = false

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func validate() throws {
        guard (1...1_200).contains(keepMonths) else { throw ValidationError("--keep-months must be from 1 to 1200.") }
    }

    func run() throws {
        let storage = try deployment.open().storage
        guard let storage = storage as? PostgresStorage else {
            return show([], text: "An SQLite database has nothing to prune.")
        }
        let dropped: [String]
        do throws(StoreFailure) {
            dropped = try storage.prune(keepingMonths: keepMonths, dryRun: dryRun)
        } catch {
            throw CommandFailure(error, doing: "Pruning")
        }
        let verb = dryRun ? "Would drop" : "Dropped"
        show(dropped, text: dropped.isEmpty ? "Nothing is that old." : "\(verb) \(dropped.joined(separator: ", ")).")
    }

    private func show(_ dropped: [String], text: String) {
        Output.show(
            asJSON: output.json, ["dropped": JSON(dropped.map { JSON($0) }), "dryRun": JSON(dryRun)], text: text)
    }
}
