internal import Domain

/// Where Centrifugo's server HTTP API is, such as `http://127.0.0.1:8000/api`.
///
/// `{tenant}` in it stands for the tenant, where each has a Centrifugo of its own.
package struct CentrifugoAddress: Sendable, Equatable {
    /// Completes the sentence "must be …".
    package static let rule = "an http(s) URL such as http://127.0.0.1:8000/api, in which {tenant} may stand"

    /// The address as it was written, without trailing slashes.
    package let text: String

    /// The address, or nil where the text is none.
    package init?(_ text: String) {
        var trimmed = text[...]
        while trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        self.text = String(trimmed)
        guard text.utf8.count <= 1_024, target(of: "acme") != nil else { return nil }
    }

    /// What is needed to connect and to ask.
    struct Target: Sendable, Equatable {
        /// A name or an IP address.
        let host: String
        let port: Int
        let isSecure: Bool
        /// Empty, or beginning with a slash.
        let path: String
    }

    func target(of tenant: Tenant.ID) -> Target? { target(of: tenant.text) }

    private func target(of tenant: String) -> Target? {
        let url = text.replacing("{tenant}", with: tenant)
        guard WebAddress.isAbsolute(url.utf8.span), !url.contains(where: { "?#@".contains($0) }),
            let scheme = url.firstRange(of: "://")
        else { return nil }
        let isSecure = url[..<scheme.lowerBound].lowercased() == "https"
        let rest = url[scheme.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = Self.endpoint(rest[..<slash]) else { return nil }
        return Target(host: host, port: port ?? (isSecure ? 443 : 80), isSecure: isSecure, path: String(rest[slash...]))
    }

    /// `name`, `name:port`, and the same with an IPv6 address in brackets.
    private static func endpoint(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority
        var port: Int?
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            port = Int(authority[authority.index(after: colon)...])
            guard let port, (1...65_535).contains(port) else { return nil }
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return host.isEmpty ? nil : (String(host), port)
    }
}
