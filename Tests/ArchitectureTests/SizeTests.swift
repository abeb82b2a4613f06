import Testing

@Suite("Files and functions are short enough to be read at once")
struct SizeTests {
    private static let longestFile = 250
    private static let longestFunction = 40

    @Test("no file is past 250 lines, but for exceptions in CONTRIBUTING.md")
    func files() throws {
        let exceptions = try Exceptions()
        for file in Repository.sources + Repository.tests where file.lines.count > Self.longestFile {
            #expect(exceptions.allow("250 lines", in: file.path), "\(file.path): \(file.lines.count) lines")
        }
    }

    @Test("no function is past 40 lines, but for exceptions in CONTRIBUTING.md")
    func functions() throws {
        let exceptions = try Exceptions()
        var count = 0
        for file in Repository.sources where !file.path.contains("/Documents/") {
            for function in FunctionScan(file).functions {
                count += 1
                guard function.lines > Self.longestFunction else { continue }
                #expect(
                    exceptions.allow("40 lines", in: file.path),
                    "\(file.path):\(function.start): \(function.name) has \(function.lines) lines")
            }
        }
        #expect(count > 500, "the scan finds functions")
    }

    @Test("the README fits in 250 lines")
    func readme() throws {
        #expect(try Repository.text("README.md").split(separator: "\n", omittingEmptySubsequences: false).count <= 251)
    }
}
