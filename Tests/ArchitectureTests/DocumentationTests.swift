import Foundation
import Testing

@Suite("What other targets see is documented")
struct DocumentationTests {
    /// Members that a protocol of the standard library, or one documented elsewhere, says all about.
    private static let saidElsewhere = [
        "var description", "var debugDescription", "let rawValue", "init(rawValue:", "func hash(into", "static func ==",
        "static func <",
    ]

    @Test("every package or public declaration has a documentation comment")
    func comments() {
        var count = 0
        for file in Repository.sources where !file.path.contains("/Documents/") {
            for (index, line) in file.code.enumerated() where isDeclaration(line) {
                count += 1
                guard !isSaidElsewhere(line, in: file), !isDocumented(index, in: file) else { continue }
                Issue.record("\(file.path):\(index + 1): \(line.trimmingCharacters(in: .whitespaces))")
            }
        }
        #expect(count > 300, "the scan finds declarations")
    }

    @Test("a documentation comment begins with one sentence that ends")
    func summaries() {
        for file in Repository.sources where !file.path.contains("/Documents/") {
            for (index, line) in file.lines.enumerated()
            where isComment(line) && (index == 0 || !isComment(file.lines[index - 1])) {
                let block = file.lines[index...].prefix(while: isComment).map {
                    $0.trimmingCharacters(in: .whitespaces).dropFirst(3).trimmingCharacters(in: .whitespaces)
                }
                let summary = block.prefix { !$0.isEmpty && !$0.hasPrefix("- ") }.joined(separator: " ")
                #expect(summary.hasSuffix(".") || summary.hasSuffix(":"), "\(file.path):\(index + 1): \(summary)")
            }
        }
    }

    @Test("nothing names the machine it was written on")
    func places() throws {
        let paths = Repository.everyPath()
        #expect(paths.count > 200)
        for path in paths where !path.hasPrefix("Tests/Fuzz/corpus") {
            guard let text = try? Repository.text(path) else { continue }
            for trace in [Repository.root.path, "/Users/", "/home/"] where text.contains(trace) {
                #expect(path == "Tests/ArchitectureTests/DocumentationTests.swift", "\(path) names \(trace)")
            }
        }
    }

    private func isDeclaration(_ line: String) -> Bool {
        let words = line.split(separator: " ")
        return ["package", "public"].contains(words.first)
            && !["import", "extension"].contains(words.dropFirst().first)
    }

    private func isSaidElsewhere(_ line: String, in file: SourceFile) -> Bool {
        if Self.saidElsewhere.contains(where: { line.contains($0) }) { return true }
        let words = line.split { " (<:".contains($0) }
        guard let place = words.firstIndex(where: { $0 == "func" || $0 == "var" }), words.count > place + 1 else {
            return false
        }
        let name = String(words[place + 1])
        switch file.target {
        case "SQLiteStorage", "PostgresStorage", "RedisLimits": return Self.storageMethods.contains(name)
        case "WebAPI":
            return file.path.hasSuffix("PrometheusRegistry.swift")
                && (name.hasPrefix("make") || name.hasPrefix("destroy"))
        default: return false
        }
    }

    /// The methods that the ports' protocols document.
    private static let storageMethods: Set<String> = {
        let ports = Repository.sources.filter { $0.path.hasPrefix("Sources/Domain/Ports/") }
        return Set(
            ports.flatMap(\.code).compactMap { line in
                let words = line.split { " (<:".contains($0) }
                return words.first == "func" || words.first == "var" ? words.dropFirst().first.map(String.init) : nil
            })
    }()

    private func isDocumented(_ index: Int, in file: SourceFile) -> Bool {
        var above = index - 1
        while above >= 0, file.lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("@") { above -= 1 }
        return above >= 0 && isComment(file.lines[above])
    }

    private func isComment(_ line: String) -> Bool {
        line.trimmingCharacters(in: .whitespaces).hasPrefix("///")
    }
}
