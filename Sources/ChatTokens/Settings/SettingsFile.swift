internal import Foundation
internal import Tokens

/// A JSON object of settings, such as `{"port": 8080, "trustedProxies": ["10.0.0.0/8"]}`.
enum SettingsFile {
    /// The known settings in the file as text; what is wrong is added to `problems`.
    static func read(_ path: String, problems: inout [String]) -> [Setting: String] {
        guard let content = FileManager.default.contents(atPath: path) else {
            problems.append("The configuration file \(path) cannot be read")
            return [:]
        }
        let members: [(name: String, value: JSON)]
        do throws(JSONFailure) {
            guard let object = try JSON.parse(Array(content).span, maximumDepth: 4).members else {
                problems.append("The configuration file \(path) is not a JSON object")
                return [:]
            }
            members = object
        } catch {
            problems.append("The configuration file \(path) is not JSON: \(error)")
            return [:]
        }
        return texts(of: members, in: path, problems: &problems)
    }

    private static func texts(
        of members: [(name: String, value: JSON)], in path: String, problems: inout [String]
    ) -> [Setting: String] {
        var texts: [Setting: String] = [:]
        for member in members {
            guard let setting = Setting(rawValue: member.name) else {
                let guess = Suggestion.text(for: member.name, among: Setting.allCases.map(\.rawValue))
                problems.append("\(member.name) in \(path) is not a setting\(guess)")
                continue
            }
            guard let text = text(of: member.value) else {
                problems.append(
                    "\(member.name) in \(path) must be a string, an integer, true, false or a list of strings")
                continue
            }
            texts[setting] = text
        }
        return texts
    }

    /// The value as it would be written in an environment variable.
    private static func text(of value: JSON) -> String? {
        if let text = value.string { return text }
        if let number = value.integer { return String(number) }
        if let bool = value.bool { return bool ? "on" : "off" }
        guard let elements = value.array else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts.joined(separator: ",") : nil
    }
}
