internal import ArgumentParser

/// `chat-tokens tenant`.
struct TenantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant",
        abstract: "Creates, shows and changes tenants, the customer applications.",
        discussion: """
            Example:
              chat-tokens tenant create acme --name "Acme Chat" --plan pro

            A running server takes up every change within a second.
            """,
        subcommands: [
            TenantCreate.self, TenantList.self, TenantShow.self, TenantUpdate.self, TenantSuspend.self,
            TenantResume.self,
        ])
}
