internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens plan list`.
struct PlanList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists all plans.",
        discussion: """
            Example:
              chat-tokens plan list --json
            """)

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let plans = try deployment.open().plans.list()
        Output.show(asJSON: output.json, ["plans": JSON(plans.map(\.json))], text: Self.table(plans))
    }

    private static func table(_ plans: [Plan]) -> String {
        var table = Table(["ID", "NAME", "RATE", "BURST", "QUOTA", "EACH KEY", "EACH USER"])
        for plan in plans {
            table.add([
                plan.id.text, plan.name, "\(plan.rate)", "\(plan.burst)", "\(plan.quota)",
                plan.keyRate.map { "\($0.rate)/\($0.burst)" } ?? "-",
                plan.userRate.map { "\($0.pairs)/\($0.window)s" } ?? "-",
            ])
        }
        return table.text(ifEmpty: "No plans; `chat-tokens plan create <id>` makes one.")
    }
}
