import Foundation

/// The rows of CONTRIBUTING.md under "Exceptions": what is allowed where, and why.
struct Exceptions {
    struct Row: Sendable {
        /// A file, or a folder with everything in it.
        let place: String
        let what: String
        let why: String
    }

    let rows: [Row]

    init() throws {
        let lines = try Repository.text("CONTRIBUTING.md").split(separator: "\n", omittingEmptySubsequences: false)
        guard let heading = lines.firstIndex(of: "### Exceptions") else {
            rows = []
            return
        }
        let section = lines[(heading + 1)...].prefix { !$0.hasPrefix("#") }
        rows = section.filter { $0.hasPrefix("|") }.dropFirst(2).map { line in
            let cells = line.split(separator: "|").map { cell in
                cell.trimmingCharacters(in: .whitespaces).replacing("`", with: "")
            }
            return Row(
                place: cells.first ?? "", what: cells.dropFirst().first ?? "", why: cells.dropFirst(2).first ?? "")
        }
    }

    /// Whether a row allows this in this file.
    func allow(_ what: String, in path: String) -> Bool {
        rows.contains { $0.what.contains(what) && (path == $0.place || path.hasPrefix($0.place + "/")) }
    }
}
