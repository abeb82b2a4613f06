internal import CLibPQ
internal import Domain

/// Where the database is and how it is reached: libpq's URL with what it does not say filled in.
struct Address: Sendable {
    /// Keywords and values in the order in which libpq shall read them.
    let options: [(keyword: String, value: String)]

    /// What is said where the URL does not: a silent server is given up after seconds, not after hours.
    private static let defaults = [
        ("fallback_application_name", "chat-tokens"), ("connect_timeout", "2"), ("keepalives_idle", "10"),
        ("keepalives_interval", "3"), ("keepalives_count", "3"), ("tcp_user_timeout", "6000"),
    ]

    /// The address of a `postgres://` or `postgresql://` URL, or of libpq's keyword form.
    ///
    /// - Throws: `unavailable` where it cannot be understood; not saying why, since why would quote the password.
    init(_ url: String) throws(StoreFailure) {
        guard let given = Self.options(of: url) else {
            throw .unavailable(cause: "the database URL is not one that libpq understands")
        }
        var options = [("dbname", url), ("client_encoding", "UTF8")]
        for (keyword, value) in Self.defaults where given[keyword] == nil { options.append((keyword, value)) }
        let hosts = given["host"] ?? given["hostaddr"] ?? ""
        if hosts.contains(","), given["target_session_attrs"] == nil {
            options.append(("target_session_attrs", "read-write"))
        }
        self.options = options
    }

    /// What the URL says, by keyword.
    private static func options(of url: String) -> [String: String]? {
        guard let first = unsafe PQconninfoParse(url, nil) else { return nil }
        defer { unsafe PQconninfoFree(first) }
        var options: [String: String] = [:]
        var option = unsafe first
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe options[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        return options
    }
}
