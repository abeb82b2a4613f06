internal import Configuration
internal import Foundation
internal import Tokens

/// Where settings come from: flags first, then the environment, then a JSON file.
struct SettingSources {
    /// A value as somebody wrote it.
    struct Found {
        let text: String
        /// The flag, variable or file key it was written under.
        let origin: String
        /// Which source it is from; the lesser goes before the greater.
        let rank: Int
    }

    private let flags: InMemoryProvider
    private let environment: KeyMappingProvider<EnvironmentVariablesProvider>
    private let file: InMemoryProvider
    private let filePath: String?
    /// Names and values that no setting can have.
    let problems: [String]

    /// Reads every source.
    ///
    /// - Parameters:
    ///   - flags: what was given on the command line.
    ///   - filePath: the value of `--config`, which goes before the variable of the same purpose.
    ///   - environment: the process environment.
    init(flags: [Setting: String], filePath: String?, environment: [String: String]) {
        let relevant = environment.filter { $0.key.hasPrefix(Setting.environmentPrefix) }
        var problems = Self.unknownVariables(in: relevant)
        self.flags = InMemoryProvider(name: "flags", values: Self.values(flags))
        self.environment = EnvironmentVariablesProvider(environmentVariables: relevant).prefixKeys(with: "chatTokens")
        let path = filePath ?? relevant[Setting.fileVariable]
        self.filePath = path
        let content = path.map { SettingsFile.read($0, problems: &problems) } ?? [:]
        file = InMemoryProvider(name: "file", values: Self.values(content))
        self.problems = problems
    }

    /// The value of a setting from the first source that has one.
    func value(of setting: Setting) -> Found? {
        let fileOrigin = "\(setting.rawValue) in \(filePath ?? "")"
        return text(of: setting, in: flags).map { Found(text: $0, origin: setting.flag, rank: 0) }
            ?? text(of: setting, in: environment).map { Found(text: $0, origin: setting.variable, rank: 1) }
            ?? text(of: setting, in: file).map { Found(text: $0, origin: fileOrigin, rank: 2) }
    }

    private func text(of setting: Setting, in provider: some ConfigProvider) -> String? {
        // Every source holds text, so reading text cannot fail.
        guard let found = try? provider.value(forKey: Self.key(setting), type: .string),
            case .string(let text) = found.value?.content
        else { return nil }
        return text
    }

    private static func key(_ setting: Setting) -> AbsoluteConfigKey { AbsoluteConfigKey([setting.rawValue]) }

    private static func values(_ texts: [Setting: String]) -> [AbsoluteConfigKey: ConfigValue] {
        Dictionary(
            uniqueKeysWithValues: texts.map { (key($0), ConfigValue(.string($1), isSecret: $0.isSecret)) })
    }

    /// What README and Examples have clients and gateways set, perhaps in the same shell.
    private static let clientVariables: Set<String> = [
        "CHAT_TOKENS_API_KEY", "CHAT_TOKENS_NODE_KEY", "CHAT_TOKENS_URL", "CHAT_TOKENS_ADDRESS", "CHAT_TOKENS_ISSUER",
        "CHAT_TOKENS_KID", "CHAT_TOKENS_SECRET", "CHAT_TOKENS_PUBLIC_KEY", "CHAT_TOKENS_BINARY", "CHAT_TOKENS_TENANT",
        "CHAT_TOKENS_KIND", "CHAT_TOKENS_LIMITS", "CHAT_TOKENS_SECRET_FILE", "CHAT_TOKENS_CA", "CHAT_TOKENS_JWKS",
        "CHAT_TOKENS_INTROSPECTION", "CHAT_TOKENS_KEY_ID",
    ]

    private static func unknownVariables(in environment: [String: String]) -> [String] {
        let known = Setting.allCases.map(\.variable) + [Setting.fileVariable]
        return environment.keys.filter { !known.contains($0) && !clientVariables.contains($0) }.sorted().map { name in
            "\(name) is not a setting\(Suggestion.text(for: name, among: known))"
        }
    }
}
