internal import Foundation

/// Where the database is.
struct DatabaseLocation: Sendable, Equatable {
    /// The absolute path of the SQLite file.
    let path: String

    /// The location as a setting.
    var url: String { "sqlite://\(path)" }
    /// The folder of the file.
    var folder: String { (path as NSString).deletingLastPathComponent }

    /// The default: `.data/chat-tokens.db` in the working directory, so that commands and server agree without a
    /// setting.
    static func standard(in workingDirectory: String) -> DatabaseLocation {
        DatabaseLocation(path: FilePath.absolute(".data/chat-tokens.db", in: workingDirectory))
    }

    private init(path: String) {
        self.path = path
    }

    /// Reads `sqlite:///absolute/path`, `sqlite:/absolute/path` or `sqlite:relative/path`; nil for anything else.
    init?(_ url: String, workingDirectory: String) {
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
