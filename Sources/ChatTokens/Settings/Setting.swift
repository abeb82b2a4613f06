/// One setting of the program; the raw value is its key in a configuration file.
///
/// Flag and environment variable follow from the key: `publicUrl` is `--public-url` and `CHAT_TOKENS_PUBLIC_URL`.
enum Setting: String, CaseIterable {
    case host, port, publicUrl, databaseUrl, masterKey, masterKeyFile, keyPrefix, restAudience, wsAudience
    case tlsCertificate, tlsKey, trustedProxies, eventLoops, metricsAddress, stalenessLimit, logLevel, accessLog
    case leakKeysUrl, leakAction, refreshLifetime, refreshIdle
    case redisUrl, centrifugoApiUrl, centrifugoApiKey

    static let environmentPrefix = "CHAT_TOKENS_"
    /// Names the configuration file itself, so it can be no key in it.
    static let fileVariable = environmentPrefix + "CONFIG"

    /// The environment variable.
    var variable: String { Self.environmentPrefix + words.map { $0.uppercased() }.joined(separator: "_") }

    /// The flag with its two hyphens.
    var flag: String { "--" + words.joined(separator: "-") }

    /// Whether the value must not be shown.
    var isSecret: Bool { self == .masterKey || self == .centrifugoApiKey }

    /// The key cut before its capitals, in lower case.
    private var words: [String] {
        var words = [""]
        for character in rawValue {
            if character.isUppercase { words.append("") }
            words[words.count - 1] += character.lowercased()
        }
        return words
    }
}
