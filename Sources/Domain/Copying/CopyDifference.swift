/// What turns the rows that a range of keys has into those it should have.
struct CopyDifference {
    /// Rows that are missing or other.
    private(set) var written: [CopyRow] = []
    /// Rows that should not be there.
    private(set) var removed: [CopyRow] = []

    /// Both in the order of their keys.
    init(from stored: [CopyRow], to wanted: [CopyRow], in table: CopyTable) {
        guard !stored.isEmpty else {
            written = wanted
            return
        }
        var place = 0
        for row in wanted {
            let key = row.key(in: table)
            while place < stored.count, stored[place].key(in: table) < key {
                removed.append(stored[place])
                place += 1
            }
            let isThere = place < stored.count && stored[place].key(in: table) == key
            if !isThere || stored[place] != row { written.append(row) }
            if isThere { place += 1 }
        }
        removed += stored[place...]
    }
}
