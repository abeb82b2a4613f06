internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens plan delete`.
struct PlanDelete: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Removes a plan that no tenant has.",
        discussion: """
            Example:
              chat-tokens plan delete team

            Deleted tenants have their plan too: give them another first.
            """)

    @Argument(help: "The plan.")
    var id: Plan.ID

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        try deployment.open().plans.delete(id, by: .commandLine)
        Output.show(asJSON: output.json, ["id": JSON(id.text), "deleted": true], text: "Plan \(id) is gone.")
    }
}
