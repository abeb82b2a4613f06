internal import ArgumentParser
internal import Domain
internal import Foundation
internal import Tokens

/// `chat-tokens master-key rotate`.
struct MasterKeyRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Seals every secret in the database under another master key.",
        discussion: """
            Example, with all servers stopped:
              chat-tokens master-key rotate --new-master-key-file .data/master-2.key
              chat-tokens serve --master-key-file .data/master-2.key

            The new key is made where there is no such file yet. All is done in one transaction, and doing it again does \
            nothing: the former key opens backups made before, the new one everything else. Tokens, API keys and \
            signing keys stay as they are; answers kept for an Idempotency-Key go, and whoever is logged in to an \
            account logs in again.

            An SQLite file that is served is refused. On PostgreSQL stop every node: one that goes on cannot read what \
            it has not read yet, stores no more secrets, and does not start again with the former key.

            This undoes no theft: whoever had the former key and the database has the signing keys; rotate those with \
            `chat-tokens signing-key rotate`.
            """)

    @Option(help: ArgumentHelp("The file of the new key.", valueName: "file"))
    var newMasterKeyFile: String

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let (settings, world) = (try deployment.settings(), World.system)
        let (database, source) = (settings.database, settings.masterKey)
        let file = FilePath.absolute(newMasterKeyFile, in: FileManager.default.currentDirectoryPath)
        let storage = try database.open(for: .alone, world: world)
        defer { try? storage.close() }
        try Installation.checkCopy(storage, database, isServed: false)
        let former = try MasterKeyFile.load(source)
        guard let check = try database.telling(storage.masterKeyCheck) else {
            throw CommandFailure("The database \(database.name) has no record of its master key.")
        }
        var count: Int?
        if MasterKeyCheck.value(check, fits: former) {
            let new = try Self.newKey(file, instead: source, world: world)
            count = try RotateMasterKey(storage: storage, world: world)(from: former, to: new, by: .commandLine)
        } else {
            // Then this may have been done before.
            guard FileManager.default.fileExists(atPath: file),
                MasterKeyCheck.value(check, fits: try MasterKeyFile.load(.file(file)))
            else { throw CommandFailure(Installation.notItsKey(database)) }
        }
        if MasterKeyFile.isExposed(file) == true { Output.note("Others may read \(file): chmod 600 \(file)") }
        Output.show(
            asJSON: output.json, ["secrets": JSON(Int64(count ?? 0)), "masterKeyFile": JSON(file)],
            text: (count.map { "\($0) secrets are sealed" } ?? "Everything was sealed before")
                + " under the key in \(file)."
                + " Servers need that one from now on; keep the former for older backups.")
    }

    /// The key in the file; made, for the owner of the former, where there is none.
    private static func newKey(
        _ file: String, instead former: MasterKeySource, world: World
    ) throws(CommandFailure) -> MasterKey {
        if !FileManager.default.fileExists(atPath: file) {
            var model: String?
            if case .file(let path) = former { model = path }
            try MasterKeyFile.create(file, ownedLike: model, world: world)
        }
        return try MasterKeyFile.load(.file(file))
    }
}
