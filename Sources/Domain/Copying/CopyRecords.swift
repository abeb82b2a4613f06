/// Copies everything one deployment's database holds into another, and shows that both hold the same.
///
/// It can be broken off and begun again: what is in the target already is compared and only written where it differs.
/// So a large database is copied while its server runs, and once more, in a fraction of the time, when it has stopped.
/// The change log is not copied; the target's own tells its servers of every row they may hold.
package struct CopyRecords: Sendable {
    private let source: any CopyEnd
    private let target: any CopyEnd
    private let page: Int

    /// A copy of `page` rows at a time.
    package init(from source: any CopyEnd, to target: any CopyEnd, page: Int = 2_000) {
        self.source = source
        self.target = target
        self.page = page
    }

    /// How far it is.
    package struct Progress: Sendable {
        /// What is being done.
        package enum Phase: String, Sendable {
            case copying, verifying
        }

        /// What is being done, with which table.
        package let phase: Phase, table: String
        /// Rows of the table done, and how many there were at the start; verified are those of both ends.
        package let done: Int64, total: Int64
    }

    /// What a table has come to.
    package struct Result: Sendable {
        /// Its name.
        package let table: String
        /// Rows that were written, and rows removed, because the target's were others.
        package let written: Int64, removed: Int64
        /// What was found at the end.
        package let source: CopyChecksum, target: CopyChecksum
        /// Whether the source was written to after this table was copied.
        package let isDisturbed: Bool

        /// Whether both ends hold the same.
        package var isEqual: Bool { source == target }
    }

    /// Copies and verifies; whatever is thrown, doing it again goes on from there.
    ///
    /// - Parameter progress: told after every page.
    /// - Returns: what each table has come to.
    /// - Throws: `refused` where the target is no place for a copy, `differs` where both are not the same at the end.
    package func callAsFunction(progress: (Progress) -> Void = { _ in }) throws(CopyFailure) -> [Result] {
        try prepare()
        var passes: [Pass] = []
        for table in CopyTable.all { passes.append(try copy(table, removing: !table.isReferredTo, progress)) }
        for place in passes.indices where passes[place].table.isReferredTo {
            passes[place].removed = try copy(passes[place].table, removing: true, progress).removed
        }
        var results: [Result] = []
        for pass in passes { results.append(try verify(pass, progress)) }
        guard results.allSatisfy(\.isEqual) else { throw .differs(results) }
        try ask(.target) { end throws(StoreFailure) in try end.setCopyState(.complete) }
        return results
    }

    enum Side {
        case source, target
    }

    /// Has one of the databases do something.
    func ask<Value>(
        _ side: Side, _ body: (any CopyEnd) throws(StoreFailure) -> Value
    ) throws(CopyFailure) -> Value {
        do throws(StoreFailure) {
            switch side {
            case .source: return try body(source)
            case .target: return try body(target)
            }
        } catch {
            switch side {
            case .source: throw .source(error)
            case .target: throw .target(error)
            }
        }
    }

    /// Calls `body` with all rows of a table, page by page; `end` is the last key of a page, nil for the last page.
    private func forEachPage(
        of table: CopyTable, at side: Side,
        _ body: (_ rows: [CopyRow], _ start: CopyKey?, _ end: CopyKey?) throws(CopyFailure) -> Void
    ) throws(CopyFailure) {
        var position: CopyKey?
        while true {
            let rows = try ask(side) { end throws(StoreFailure) in
                try end.rows(of: table, after: position, through: nil, limit: page)
            }
            let end = rows.count < page ? nil : rows.last?.key(in: table)
            try body(rows, position, end)
            guard let end else { return }
            position = end
        }
    }
}

// MARK: - Copying

extension CopyRecords {
    /// What copying a table once has done.
    private struct Pass {
        let table: CopyTable
        let total: Int64
        var seen: CopyChecksum
        var written: Int64 = 0
        var removed: Int64 = 0
    }

    private func copy(
        _ table: CopyTable, removing removes: Bool, _ progress: (Progress) -> Void
    ) throws(CopyFailure) -> Pass {
        let total = try ask(.source) { end throws(StoreFailure) in try end.count(of: table) }
        let last = try ask(.target) { end throws(StoreFailure) in try end.lastKey(of: table) }
        var pass = Pass(table: table, total: total, seen: CopyChecksum(of: table))
        try forEachPage(of: table, at: .source) { rows, start, end throws(CopyFailure) in
            for row in rows { pass.seen.add(row) }
            // Beyond its last row the target has nothing to compare with: a first copy only writes.
            let isBeyond = last.map { last in start.map { last <= $0 } ?? false } ?? true
            let stored =
                isBeyond
                ? []
                : try ask(.target) { target throws(StoreFailure) in
                    try target.rows(of: table, after: start, through: end, limit: nil)
                }
            let difference = CopyDifference(from: stored, to: rows, in: table)
            let removed = removes ? difference.removed : []
            if !difference.written.isEmpty || !removed.isEmpty {
                try ask(.target) { target throws(StoreFailure) in
                    try target.write(difference.written, removing: removed, in: table)
                }
            }
            pass.written += Int64(difference.written.count)
            pass.removed += Int64(removed.count)
            progress(Progress(phase: .copying, table: table.name, done: pass.seen.rows, total: total))
        }
        return pass
    }
}

// MARK: - Verifying

extension CopyRecords {
    private func verify(_ pass: Pass, _ progress: (Progress) -> Void) throws(CopyFailure) -> Result {
        // The source comes last: it is where something may have been written meanwhile.
        let there = try checksum(of: pass, at: .target, after: 0, progress)
        let here = try checksum(of: pass, at: .source, after: there.rows, progress)
        return Result(
            table: pass.table.name, written: pass.written, removed: pass.removed, source: here, target: there,
            isDisturbed: here != pass.seen)
    }

    private func checksum(
        of pass: Pass, at side: Side, after done: Int64, _ progress: (Progress) -> Void
    ) throws(CopyFailure) -> CopyChecksum {
        var sum = CopyChecksum(of: pass.table)
        try forEachPage(of: pass.table, at: side) { rows, _, _ throws(CopyFailure) in
            for row in rows { sum.add(row) }
            progress(
                Progress(
                    phase: .verifying, table: pass.table.name, done: done + sum.rows, total: 2 * pass.total))
        }
        return sum
    }
}
