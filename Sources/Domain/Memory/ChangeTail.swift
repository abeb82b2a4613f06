/// Keeps a ``Directory`` in step with the database by following the change log.
package struct ChangeTail: Sendable {
    private let storage: any Storage
    private let directory: Directory
    private let world: World
    private static let page = 1_000

    /// A tail that has read nothing yet.
    package init(storage: any Storage, directory: Directory, world: World) {
        self.storage = storage
        self.directory = directory
        self.world = world
    }

    /// Where to begin: nothing older matters to a directory that is still empty, once it holds what is held whole.
    ///
    /// Blocks.
    package func start() throws(StoreFailure) -> Int64 {
        let newest = try storage.newestChange()
        try directory.preload()
        return newest
    }

    /// Reads the log to its end and has the directory forget what changed.
    ///
    /// Blocks.
    /// - Parameters:
    ///   - sequence: where the last reading ended.
    ///   - heard: told of what changed, page by page.
    /// - Returns: the sequence to go on from next time.
    /// - Throws: what the storage throws; what was read before stays read.
    package func advance(
        from sequence: Int64, heard: ([Change]) -> Void = { _ in }
    ) throws(StoreFailure) -> Int64 {
        var sequence = sequence
        while true {
            let begun = world.monotonicNanoseconds()
            let changes = try storage.changes(after: sequence, limit: Self.page)
            directory.apply(changes)
            heard(changes)
            if let last = changes.last { sequence = last.sequence }
            if changes.count < Self.page {
                directory.confirmFresh(now: begun)
                return sequence
            }
        }
    }
}
