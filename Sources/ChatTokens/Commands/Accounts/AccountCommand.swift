internal import ArgumentParser
internal import Domain
internal import Foundation
internal import Tokens

/// `chat-tokens account`.
struct AccountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Lists and creates accounts of people, and resets their passwords.",
        discussion: """
            Example:
              chat-tokens account create ann@example.com --tenant acme --role owner < password.txt

            A password is read from the first line of the standard input: arguments can be seen by every user of the \
            machine.
            """,
        subcommands: [AccountCreate.self, AccountList.self, AccountResetPassword.self])
}

/// The password that a command reads.
enum PasswordInput {
    /// The hash of the first line of the standard input, if it can be the password of the account.
    static func read(for email: EmailAddress, world: World) throws(CommandFailure) -> PasswordHash {
        if isatty(STDIN_FILENO) == 1 { Output.note("Password (it shows as it is typed; better pipe it in):") }
        guard let line = readLine(strippingNewline: true) else {
            throw CommandFailure("The password is read from the first line of the standard input, which is empty.")
        }
        guard let password = Password(line) else {
            throw CommandFailure("The password has more than \(Password.longest) bytes.")
        }
        if let complaint = password.complaint(for: email) { throw CommandFailure("The password \(complaint).") }
        do throws(TokenFailure) {
            return try PasswordHash(of: password, cost: .standard, world: world)
        } catch {
            throw CommandFailure("The password cannot be hashed: \(error).")
        }
    }
}

extension EmailAddress: ExpressibleByArgument {
    /// The address, or nil where the argument is none.
    package init?(argument: String) {
        self.init(argument)
    }
}

extension Role: ExpressibleByArgument {}
