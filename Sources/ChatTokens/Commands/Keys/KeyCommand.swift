internal import ArgumentParser

/// `chat-tokens key`.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Creates, imports, lists, rotates and revokes API keys, and finds them where they should not be.",
        discussion: """
            Example:
              chat-tokens key create --tenant acme --name "Production backend"

            A key is shown once, when it is made; only a hash of it is stored.
            """,
        subcommands: [
            KeyCreate.self, KeyList.self, KeyRotate.self, KeyRevoke.self, KeyImportCommand.self,
            KeyScan.self, KeyRelease.self,
        ])
}
