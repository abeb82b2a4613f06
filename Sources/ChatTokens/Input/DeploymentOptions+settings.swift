internal import Foundation

extension DeploymentOptions {
    /// The effective settings of a command, from flags, environment and file.
    func settings(with server: ServerOptions? = nil) throws(InvalidSettings) -> Settings {
        let sources = SettingSources(
            flags: flags.merging(server?.flags ?? [:]) { mine, _ in mine }, filePath: config,
            environment: ProcessInfo.processInfo.environment)
        return try Settings(sources, workingDirectory: FileManager.default.currentDirectoryPath)
    }

    /// The existing database that the settings name, opened beside a server that may be running.
    func open() throws -> Installation {
        try Installation.open(try settings(), for: .tool)
    }
}
