internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens plan create`.
struct PlanCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a plan.",
        discussion: """
            Example:
              chat-tokens plan create team --name Team --rate 50 --burst 200 --quota 50000 --user-rate 10/15m

            Rate, burst and quota have to be given. Next: `chat-tokens tenant update acme --plan team`.
            """)

    @Argument(help: "The new plan's identifier: 1 to 63 of a-z, 0-9 and inner hyphens.")
    var id: Plan.ID

    @OptionGroup(title: "Limits of the plan")
    var plan: PlanOptions

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let created = try deployment.open().plans.create(id, settings: plan.change, by: .commandLine)
        Output.show(asJSON: output.json, created.json, text: created.sheet.text)
    }
}
