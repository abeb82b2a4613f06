/// Finds functions, initialisers and computed properties by their braces.
struct FunctionScan {
    struct Function {
        let name: String
        /// The line of the declaration, counted from 1.
        let start: Int
        /// Lines from the declaration to the closing brace.
        let lines: Int
    }

    private(set) var functions: [Function] = []

    init(_ file: SourceFile) {
        var skipsUntil = 0
        for index in file.code.indices {
            let line = file.code[index]
            let opening = file.code[index..<min(index + 3, file.code.count)].joined()
            if index >= skipsUntil, Self.words(line).contains("protocol"), opening.contains("{") {
                // Requirements have no body; what follows the protocol has.
                skipsUntil = Self.end(of: index, in: file.code) ?? index
            }
            guard index >= skipsUntil, let name = Self.declaration(line), let end = Self.end(of: index, in: file.code)
            else { continue }
            functions.append(Function(name: name, start: index + 1, lines: end - index + 1))
        }
    }

    private static func words(_ line: String) -> [Substring] { line.split(separator: " ") }

    /// The name of what the line declares, if that has a body of statements.
    private static func declaration(_ line: String) -> String? {
        let words = line.split { " (<:{?".contains($0) }
        if let place = words.firstIndex(of: "func"), words.count > place + 1 { return String(words[place + 1]) }
        if let first = words.first(where: { !["package", "private", "convenience", "mutating"].contains($0) }) {
            if first == "init" || first == "deinit" { return String(first) }
            if ["subscript"].contains(first) { return String(first) }
        }
        guard let place = words.firstIndex(of: "var"), words.count > place + 1, line.hasSuffix("{"), !line.contains("=")
        else { return nil }
        return String(words[place + 1])
    }

    /// The line of the brace that closes the first one opened from here on outside parentheses.
    private static func end(of start: Int, in code: [String]) -> Int? {
        var parentheses = 0
        var braces = 0
        for index in start..<code.count {
            for byte in code[index].utf8 {
                switch byte {
                case UInt8(ascii: "("): parentheses += 1
                case UInt8(ascii: ")"): parentheses -= 1
                case UInt8(ascii: "{") where parentheses == 0 || braces > 0: braces += 1
                case UInt8(ascii: "}") where braces > 0:
                    braces -= 1
                    if braces == 0 { return index }
                default: break
                }
            }
        }
        return nil
    }
}
