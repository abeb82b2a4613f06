/// Rows of text in columns that line up.
struct Table {
    private var rows: [[String]]

    /// A table with a line of headings.
    init(_ headings: [String]) {
        rows = [headings]
    }

    /// Adds a row of as many cells as there are headings.
    mutating func add(_ cells: [String]) {
        rows.append(cells)
    }

    /// The lines, or `ifEmpty` where there is no row below the headings.
    func text(ifEmpty: String) -> String {
        guard rows.count > 1 else { return ifEmpty }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            return cells.joined(separator: "  ")
        }
        return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
    }
}

/// Named values, one a line, that line up.
struct Sheet {
    private var lines: [(name: String, value: String)] = []

    /// Adds a line; nothing for a value that is nil.
    mutating func add(_ name: String, _ value: String?) {
        if let value { lines.append((name, value)) }
    }

    var text: String {
        let width = lines.map(\.name.count).max() ?? 0
        return lines.map { line in
            "\(line.name)\(String(repeating: " ", count: width - line.name.count))  \(line.value)"
        }.joined(separator: "\n")
    }
}
