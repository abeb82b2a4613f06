internal import ArgumentParser
internal import Domain
internal import Foundation

/// `chat-tokens` and its commands.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat-tokens",
        abstract: "Issues and verifies the tokens of chat users.",
        discussion: """
            Start here:
              chat-tokens init
              chat-tokens serve

            Settings are flags, environment variables (CHAT_TOKENS_PORT) and keys of a JSON file (--config), in this \
            order; `chat-tokens config` shows what is in force and from where. Every command takes --json.
            """,
        version: Version.text,
        subcommands: [
            Serve.self, Initialize.self, Migrate.self, PlanCommand.self, TenantCommand.self, KeyCommand.self,
            SigningKeyCommand.self, TokenCommand.self, RevocationCommand.self, JWSCommand.self, AccountCommand.self,
            AuditCommand.self, MasterKeyCommand.self, Backup.self, Copy.self, Prune.self, Doctor.self, Config.self,
        ])

    /// Runs the command that the arguments name.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Says on stderr what went wrong, in words, and ends the process with the status that belongs to it.
    private static func end(with error: any Error) -> Never {
        switch error {
        case let failure as CommandFailure:
            Output.complain(failure.message)
            Foundation.exit(failure.status)
        case let failure as ManagementFailure:
            Output.complain(failure.description)
            Foundation.exit(CommandFailure.generalStatus)
        case let failure as InvalidSettings:
            Output.complain(failure.description)
            Foundation.exit(InvalidSettings.exitCode)
        default:
            exit(withError: error)
        }
    }
}

/// The program's own version.
enum Version {
    static let text = "0.1.0"
}
