internal import Foundation

/// A libpq URL, several hosts and parameters included; libpq itself reads the rest of it.
struct PostgresURL: Sendable, Equatable {
    static let rule = "postgres://user:password@host/database, with %40, %2F and %3F for @, / and ? in a password"

    /// The whole URL; it may hold a password and is for libpq alone.
    let text: String

    /// Nil where it is not clear what is the password, so that it could not be hidden.
    init?(_ text: String) {
        guard let scheme = Self.schemes.first(where: text.hasPrefix),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let ats = rest.indices.filter { rest[$0] == "@" }
        guard ats.count <= 1, !rest.prefix(upTo: ats.first ?? rest.startIndex).contains(where: { "/?#".contains($0) })
        else { return nil }
        self.text = text
    }

    /// The URL as it may be shown: every password is three asterisks.
    var shown: String {
        let parts = text.split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.count < 2 ? "" : "?" + parts[1].split(separator: "&").map(Self.hidden).joined(separator: "&")
        guard let at = parts[0].firstIndex(of: "@"), let user = parts[0].range(of: "://")?.upperBound,
            let colon = parts[0][user..<at].firstIndex(of: ":")
        else { return parts[0] + query }
        return parts[0][...colon] + "***" + parts[0][at...] + query
    }

    private static let schemes = ["postgres://", "postgresql://"]

    private static func hidden(_ parameter: Substring) -> String {
        let name = parameter.prefix { $0 != "=" }
        let plain = (String(name).removingPercentEncoding ?? "password").lowercased()
        return plain.contains("password") || plain.contains("secret") ? "\(name)=***" : String(parameter)
    }
}
