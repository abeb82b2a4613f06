internal import Synchronization

/// Keeps a node's ``RevocationIndex`` and ``RevocationFeed`` in step with the database by following the log.
package final class RevocationTail: Sendable {
    private let storage: any Storage
    private let index: RevocationIndex
    private let feed: RevocationFeed
    private let world: World
    /// The place up to which everything is in memory; nil: nothing was read yet.
    private let position = Mutex<Int64?>(nil)
    private static let page = 10_000

    init(storage: any Storage, index: RevocationIndex, feed: RevocationFeed, world: World) {
        self.storage = storage
        self.index = index
        self.feed = feed
        self.world = world
    }

    /// The place up to which everything is in force on this node.
    package var reached: Int64 { position.withLock { $0 ?? 0 } }

    /// Reads the log to its end, the first time all of it that is alive; what it says is then in force on this node.
    ///
    /// Blocks. Called by several at once, the later find what the earlier have read.
    package func advance() throws(StoreFailure) {
        try position.withLock { position throws(StoreFailure) in
            guard var place = position else { return position = try load() }
            while true {
                let page = try storage.revocations(
                    after: place, of: nil, aliveAt: world.now(), limit: Self.page)
                for revocation in page { index.insert(revocation) }
                feed.publish(page)
                guard let last = page.last else { return }
                place = last.sequence
                position = place
                if page.count < Self.page { return }
            }
        }
    }

    private func load() throws(StoreFailure) -> Int64 {
        let last = try storage.forEachRevocation(aliveAt: world.now()) { tenant, subject, cutoff, expires in
            index.insert(subject, of: tenant, cutoff: cutoff, expires: expires)
        }
        feed.begin(at: last)
        return last
    }
}
