internal import ArgumentParser

/// `chat-tokens master-key`.
struct MasterKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master-key",
        abstract: "Changes the key under which secrets lie in the database.",
        discussion: """
            Example:
              chat-tokens master-key rotate --new-master-key-file .data/master-2.key
            """,
        subcommands: [MasterKeyRotate.self])
}
