/// Settings with which the program does not start; all that is wrong with them, not only the first.
struct InvalidSettings: Error {
    /// One sentence each, beginning with the name of the setting as it was written.
    let problems: [String]

    /// sysexits.h: something was found in an unconfigured or misconfigured state.
    static let exitCode: Int32 = 78
}

extension InvalidSettings: CustomStringConvertible {
    var description: String {
        let heading = problems.count == 1 ? "One problem" : "\(problems.count) problems"
        return "\(heading) with the settings:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}

/// Finds what somebody probably meant.
enum Suggestion {
    /// `; did you mean …?` where one of the names is at most three edits away, else nothing.
    static func text(for given: String, among names: [String]) -> String {
        let ranked = names.map { (name: $0, distance: distance(Array(given.utf8), Array($0.utf8))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= 3 else { return "" }
        return "; did you mean \(best.name)?"
    }

    /// The Levenshtein distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let next = byte == other ? diagonal : 1 + min(diagonal, row[column], row[column + 1])
                diagonal = row[column + 1]
                row[column + 1] = next
            }
        }
        return row[right.count]
    }
}
