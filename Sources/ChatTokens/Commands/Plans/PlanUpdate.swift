internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens plan update`.
struct PlanUpdate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Changes a plan; what is not mentioned stays.",
        discussion: """
            Example:
              chat-tokens plan update free --quota 20000

            The change is in force from the next request of every tenant that has the plan, but for the limits that it \
            has of its own.
            """)

    @Argument(help: "The plan.")
    var id: Plan.ID

    @OptionGroup(title: "Limits of the plan")
    var plan: PlanOptions

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func validate() throws {
        guard plan.change != PlanChange() else { throw ValidationError("Say what to change.") }
    }

    func run() throws {
        let changed = try deployment.open().plans.update(id, with: plan.change, by: .commandLine)
        Output.show(asJSON: output.json, changed.json, text: changed.sheet.text)
    }
}
