import Foundation

/// The checkout that these tests were built from.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file below Sources.
    static let sources = files(below: "Sources").map(SourceFile.init)

    /// Every Swift file below Tests that belongs to a test target.
    static let tests = files(below: "Tests").map(SourceFile.init)

    /// A file's text.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Paths of regular files of the repository, as far as they are text and not built.
    static func everyPath() -> [String] {
        let folders = ["Sources", "Tests", "Examples", "Benchmarks", "openapi", ".ci"]
        let top = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let endings = [
            "md", "swift", "yaml", "yml", "json", "py", "sh", "txt", "css", "go", "js", "toml", "ini", "conf",
        ]
        return (top + folders.flatMap { paths(below: $0) })
            .filter { path in endings.contains { path.hasSuffix("." + $0) } || path.hasSuffix("Makefile") }
    }

    private static func files(below folder: String) -> [String] {
        paths(below: folder).filter { $0.hasSuffix(".swift") }.sorted()
    }

    private static func paths(below folder: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: root.appending(path: folder).resolvingSymlinksInPath().path)
        var paths: [String] = []
        while let name = names?.nextObject() as? String {
            if ["build", "node_modules", "__pycache__"].contains(where: name.hasSuffix) { names?.skipDescendants() }
            paths.append("\(folder)/\(name)")
        }
        return paths
    }
}

/// One Swift file, as it is and without what is not code.
struct SourceFile: Sendable {
    /// The path from the root of the repository.
    let path: String
    /// The lines as they are.
    let lines: [String]
    /// The lines with comments and string literals blanked out.
    let code: [String]

    init(path: String) {
        let text = (try? Repository.text(path)) ?? ""
        self.path = path
        lines = Self.lines(of: text)
        code = Self.lines(of: SwiftText.code(of: text))
    }

    private static func lines(of text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// The target the file belongs to: the folder below Sources or Tests.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// `path:line` of each line of code that contains the text.
    func places(of text: String) -> [String] {
        code.indices.filter { code[$0].contains(text) }.map { "\(path):\($0 + 1)" }
    }

    /// Modules that the file imports.
    var imports: [String] {
        code.compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard let place = words.firstIndex(of: "import"), place <= 2, words.count > place + 1 else { return nil }
            return words[place + 1]
        }
    }
}
