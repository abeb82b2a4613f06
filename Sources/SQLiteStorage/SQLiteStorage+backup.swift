package import Domain
internal import GRDB

extension SQLiteStorage {
    /// Copies the database as it is at one moment into a new file, while everything else goes on.
    ///
    /// The copy is examined before it gets its name; until then it is called `<path>.partial`, and if anything goes
    /// wrong it is removed. The write-ahead log grows meanwhile, since its frames are still being read.
    ///
    /// - Parameters:
    ///   - path: the new file.
    ///   - progress: told after every few MiB how many pages are copied, and of how many.
    /// - Throws: `conflict` where the file exists; `unavailable` where another backup has the same in hand, or was ended
    ///   and has left its part; the failure of whatever else went wrong.
    package func backup(
        to path: String, progress: @escaping (_ copied: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(StoreFailure) {
        let partial = DatabaseFile(path: path + ".partial")
        let target = DatabaseFile(path: path)
        guard !target.exists else { throw .conflict }
        guard try partial.create() else {
            throw .unavailable(
                cause:
                    "\(partial.path) is there, which a backup that still runs, or was ended, has made: remove it if none runs"
            )
        }
        do throws(StoreFailure) {
            try StoreFailure.translating {
                let copy = try DatabaseQueue(path: partial.path)
                // One read transaction around all steps: otherwise each write elsewhere would start the copy anew.
                try pool.backup(to: copy, pagesPerStep: 1_024) { step in
                    progress(step.totalPageCount - step.remainingPageCount, step.totalPageCount)
                }
                let complaints = try copy.unsafeRead { db in try Self.integrityCheck(db) }
                guard complaints.isEmpty else {
                    throw StoreFailure.corrupt(cause: complaints.joined(separator: "; "))
                }
                try copy.close()
            }
            try partial.move(to: target.path)
        } catch {
            partial.remove()
            throw error.prefixed("cannot back up to \(path)")
        }
    }
}
