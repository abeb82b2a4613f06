/// Takes settings one by one from their sources and collects every problem on the way.
struct SettingReader {
    private let sources: SettingSources
    private(set) var problems: [String]
    private(set) var lines: [Settings.Line] = []

    init(_ sources: SettingSources) {
        self.sources = sources
        problems = sources.problems
    }

    /// The setting's value, or the default where nobody set it.
    ///
    /// - Parameters:
    ///   - setting: which one.
    ///   - fallback: the default.
    ///   - shown: the default as a user would write it; nil: there is none.
    ///   - rule: completes the sentence "must be …".
    ///   - parse: the value, or nil where the text breaks the rule.
    /// - Returns: the default also where the text breaks the rule; the problem is noted.
    mutating func take<Value>(
        _ setting: Setting, default fallback: Value, shown: String?, rule: String, parse: (String) -> Value?
    ) -> Value {
        guard let found = sources.value(of: setting) else {
            lines.append(Settings.Line(setting: setting, text: shown, origin: "default"))
            return fallback
        }
        lines.append(Settings.Line(setting: setting, text: found.text, origin: found.origin))
        if let value = parse(found.text) { return value }
        // A malformed secret is nearly a secret, and a URL that was not understood may hold a password, before its @.
        let isPrivate = setting.isSecret || [.databaseUrl, .redisUrl].contains(setting) || found.text.contains("@")
        let quoted = isPrivate ? "" : ", not \"\(found.text)\""
        problems.append("\(found.origin) must be \(rule)\(quoted)")
        return fallback
    }

    /// A text setting.
    mutating func text(_ setting: Setting, default fallback: String, rule: String, _ isFit: (String) -> Bool) -> String
    {
        take(setting, default: fallback, shown: fallback, rule: rule) { isFit($0) ? $0 : nil }
    }

    /// A text setting without a default.
    mutating func optional(_ setting: Setting, rule: String, _ isFit: (String) -> Bool) -> String? {
        take(setting, default: nil, shown: nil, rule: rule) { isFit($0) ? .some($0) : nil }
    }

    /// Whether somebody wrote the one setting in a place that goes before that of the other: a flag, say, before a variable.
    func isSet(_ setting: Setting, before other: Setting) -> Bool {
        guard let one = sources.value(of: setting) else { return false }
        return sources.value(of: other).map { one.rank < $0.rank } ?? true
    }

    /// Whether somebody wrote the setting, well or not.
    func isSet(_ setting: Setting) -> Bool { sources.value(of: setting) != nil }

    /// Adds a problem that shows only when several settings are seen together.
    mutating func refuse(_ problem: String) {
        problems.append(problem)
    }
}
