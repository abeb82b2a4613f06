internal import ArgumentParser

/// `chat-tokens plan`.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Lists, makes, changes and removes plans, the limits that tenants share.",
        discussion: """
            Example:
              chat-tokens plan create team --rate 50 --burst 200 --quota 50000

            A running server takes up every change within a second.
            """,
        subcommands: [PlanList.self, PlanCreate.self, PlanUpdate.self, PlanDelete.self])
}
