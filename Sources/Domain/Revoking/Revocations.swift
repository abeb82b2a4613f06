/// The revocations of one node: makes them, keeps them in memory, and tells of them.
package final class Revocations: Sendable {
    /// Those in force.
    package let index: RevocationIndex
    /// What verifiers are told.
    package let feed: RevocationFeed
    /// What keeps both in step with the database.
    package let tail: RevocationTail
    private let storage: any Storage
    private let world: World
    private let batcher: Batcher<RevocationDraft, Revocation>

    /// The revocations of a node with this directory, of which nothing was read yet.
    ///
    /// - Parameters:
    ///   - directory: whose index is filled.
    ///   - storage: the log.
    ///   - world: the clock.
    ///   - observe: told of every batch that was stored.
    package init(
        directory: Directory, storage: any Storage, world: World,
        observe: @escaping @Sendable (Batcher<RevocationDraft, Revocation>.Observation) -> Void = { _ in }
    ) {
        index = directory.revocations
        feed = RevocationFeed(world: world)
        let tail = RevocationTail(storage: storage, index: index, feed: feed, world: world)
        self.tail = tail
        self.storage = storage
        self.world = world
        batcher = Batcher(label: "chat-tokens.revoke", world: world) { [index] (drafts) throws(StoreFailure) in
            try Self.store(drafts, in: storage, index: index, tail: tail)
        } observe: {
            observe($0)
        }
    }

    /// Stores a revocation; the reply is called once, on `queue`, when it is durable and in force on this node.
    ///
    /// False, and no reply, where too many wait already.
    package func submit(
        _ draft: RevocationDraft, replyOn queue: any ReplyQueue,
        reply: @escaping Batcher<RevocationDraft, Revocation>.Reply
    ) -> Bool {
        batcher.submit(draft, replyOn: queue, reply: reply)
    }

    /// Reads the log to its end: for whoever stored revocations together with something else.
    ///
    /// Blocks. Does nothing worse than wait where it fails: the log is read every second anyhow.
    package func catchUp() throws(StoreFailure) {
        try tail.advance()
    }

    /// Forgets what has expired; called every second or so.
    package func sweep() {
        let now = world.now()
        index.sweep(at: now)
        feed.sweep(at: now)
    }

    private static func store(
        _ drafts: [RevocationDraft], in storage: any Storage, index: RevocationIndex, tail: RevocationTail
    ) throws(StoreFailure) -> [Revocation] {
        let stored = try storage.revoke(drafts)
        // They are durable, so they are in force, whether or not the log can be read now.
        for revocation in stored { index.insert(revocation) }
        try? tail.advance()
        return stored
    }
}
