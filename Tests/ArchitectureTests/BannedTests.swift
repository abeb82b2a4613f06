import Testing

@Suite("Nothing that the compiler cannot check is there without a line in CONTRIBUTING.md")
struct BannedTests {
    /// Texts to look for; here, too, they are in quotes and nothing uses them.
    private static let banned = [
        "@unchecked Sendable", "nonisolated(unsafe)", "try!", " as! ", "@testable", " Task {", "(Task {",
        "Task.detached", " Task(",
        "open class", "@preconcurrency", "unowned",
    ]

    @Test("constructs that trade a check for a promise", arguments: banned)
    func constructs(text: String) throws {
        let exceptions = try Exceptions()
        let files = Repository.sources.filter { !exceptions.allow(text.trimmed, in: $0.path) }
        #expect(files.flatMap { $0.places(of: text) } == [])
    }

    @Test("only the library that is made for other packages has public declarations")
    func publicDeclarations() {
        let files = Repository.sources.filter { !$0.places(of: "public ").isEmpty }
        #expect(Set(files.map(\.target)) == ["TokenVerifier"])
    }

    @Test("tests use them as little", arguments: ["@unchecked Sendable", "nonisolated(unsafe)", "try!", "@testable"])
    func constructsInTests(text: String) throws {
        let exceptions = try Exceptions()
        let files = Repository.tests.filter { !exceptions.allow(text.trimmed, in: $0.path) }
        #expect(files.flatMap { $0.places(of: text) } == [])
    }

    /// Only where there is no way to go on and no caller to tell: no memory, no randomness.
    @Test("the process is stopped on purpose in three places")
    func fatalError() {
        let places = Repository.sources.filter { !$0.places(of: "fatalError").isEmpty }.map(\.path)
        #expect(
            places == [
                "Sources/Tokens/JOSE/SecureRandom.swift", "Sources/Tokens/JSON/JSON+writing.swift",
                "Sources/Tokens/JSON/JSON.swift",
            ])
    }

    @Test("types are nouns of the field", arguments: ["Manager", "Helper", "Util", "Utils", "Impl", "Data", "Info"])
    func names(suffix: String) {
        for file in Repository.sources {
            for (index, line) in file.code.enumerated() {
                let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
                guard
                    let keyword = words.firstIndex(where: {
                        ["struct", "class", "enum", "actor", "protocol"].contains($0)
                    }),
                    words.count > keyword + 1
                else { continue }
                #expect(!words[keyword + 1].hasSuffix(suffix), "\(file.path):\(index + 1)")
            }
        }
    }

    @Test("every exception in CONTRIBUTING.md names a place that exists, and says why")
    func exceptionsAreCurrent() throws {
        for row in try Exceptions().rows {
            let isThere = (Repository.sources + Repository.tests).contains {
                $0.path == row.place || $0.path.hasPrefix(row.place + "/")
            }
            #expect(isThere && !row.why.isEmpty, "\(row.place)")
        }
    }
}

extension String {
    fileprivate var trimmed: String { split(separator: " ").joined(separator: " ") }
}
