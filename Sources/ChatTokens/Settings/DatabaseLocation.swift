internal import Foundation

/// Where the database is.
struct DatabaseLocation: Sendable, Equatable {
    /// The kinds of databases.
    enum Kind: Sendable, Equatable {
        /// The absolute path of an SQLite file.
        case sqlite(path: String)
        case postgres(PostgresURL)
    }

    static let rule = "sqlite:///absolute/path, sqlite:relative/path or \(PostgresURL.rule)"

    /// What and where it is.
    let kind: Kind
    /// The folder for files that belong to it, such as the master key's.
    let folder: String

    /// The location as a setting, without passwords.
    var url: String {
        switch kind {
        case .sqlite(let path): "sqlite://\(path)"
        case .postgres(let url): url.shown
        }
    }

    /// What to call it in messages.
    var name: String { path ?? url }

    /// The file of an SQLite database.
    var path: String? {
        if case .sqlite(let path) = kind { path } else { nil }
    }

    /// The default: `.data/chat-tokens.db` in the working directory, so that commands and server agree without a
    /// setting.
    static func standard(in workingDirectory: String) -> DatabaseLocation {
        DatabaseLocation(path: FilePath.absolute(".data/chat-tokens.db", in: workingDirectory))
    }

    private init(path: String) {
        self.init(kind: .sqlite(path: path), folder: (path as NSString).deletingLastPathComponent)
    }

    private init(kind: Kind, folder: String) {
        self.kind = kind
        self.folder = folder
    }

    /// Reads `sqlite:///absolute/path`, `sqlite:/absolute/path`, `sqlite:relative/path` or a URL of PostgreSQL's; nil
    /// for anything else.
    init?(_ url: String, workingDirectory: String) {
        if let address = PostgresURL(url) {
            self.init(kind: .postgres(address), folder: FilePath.absolute(".data", in: workingDirectory))
            return
        }
        guard url.hasPrefix("sqlite:") else { return nil }
        var path = url.dropFirst("sqlite:".count)
        if path.hasPrefix("//") {
            path = path.dropFirst(2)
            // sqlite://name/… would name a host.
            guard path.hasPrefix("/") else { return nil }
        }
        guard !path.isEmpty, !path.hasSuffix("/"), !path.contains("?"), !path.contains("\0") else { return nil }
        self.init(path: FilePath.absolute(String(path), in: workingDirectory))
    }
}

/// Paths of files.
enum FilePath {
    /// The path as seen from the folder, without `.` and `..`.
    static func absolute(_ path: String, in folder: String) -> String {
        let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        return (whole as NSString).standardizingPath
    }
}
