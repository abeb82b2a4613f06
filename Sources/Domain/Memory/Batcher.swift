internal import Dispatch
internal import Synchronization

/// Where an answer has to be given: in production an event loop.
package protocol ReplyQueue: AnyObject, Sendable {
    /// Runs the work there, soon.
    func enqueue(_ work: @escaping @Sendable () -> Void)
}

/// Turns requests that arrive together into one transaction or one round trip.
///
/// Whatever arrives while a batch is in flight forms the next one, so at low load a request waits for nobody and at
/// high load thousands of disk flushes become a few. The queue is bounded: beyond its capacity a request is turned
/// away at once, since memory that grows without bound helps nobody. Order is kept within and between batches.
package final class Batcher<Item: Sendable, Answer: Sendable>: Sendable {
    /// Takes one item's answer, or why the whole batch failed.
    package typealias Reply = @Sendable (Result<Answer, StoreFailure>) -> Void

    private struct Waiting: Sendable {
        let item: Item
        let queue: any ReplyQueue
        let reply: Reply
    }

    private struct State {
        var waiting: [Waiting] = []
        var isRunning = false
    }

    /// What one batch was like, for metrics.
    package struct Observation: Sendable {
        /// Items in it.
        package let count: Int
        /// Nanoseconds its commit took.
        package let nanoseconds: Int64
        /// Whether it failed as a whole.
        package let failure: StoreFailure?
    }

    private let state = Mutex(State())
    private let thread: DispatchQueue
    private let capacity: Int
    private let largestBatch: Int
    private let world: World
    private let commit: @Sendable ([Item]) throws(StoreFailure) -> [Answer]
    private let observe: @Sendable (Observation) -> Void

    /// A batcher with nothing in its queue.
    ///
    /// - Parameters:
    ///   - label: names its thread.
    ///   - capacity: the most items that may wait.
    ///   - largestBatch: the most items in one batch.
    ///   - world: the clock that batches are timed by.
    ///   - commit: carries out a batch, one answer an item, in order; runs on the batcher's own thread and may block.
    ///   - observe: told of every batch.
    package init(
        label: String, capacity: Int = 8_192, largestBatch: Int = 512, world: World,
        commit: @escaping @Sendable ([Item]) throws(StoreFailure) -> [Answer],
        observe: @escaping @Sendable (Observation) -> Void = { _ in }
    ) {
        // A serial queue of its own: a commit that blocks holds up nothing else.
        thread = DispatchQueue(label: label, qos: .userInitiated)
        self.capacity = capacity
        self.largestBatch = largestBatch
        self.world = world
        self.commit = commit
        self.observe = observe
    }

    /// Items waiting for the next batch.
    package var depth: Int { state.withLock { $0.waiting.count } }

    /// Adds items to the next batch; the reply of each that was accepted will be called on `queue` exactly once.
    ///
    /// Whoever has several items at hand hands them in together: the first of them alone would start a batch of one.
    /// - Returns: how many were accepted, from the first on; fewer than all where the queue is full.
    package func submit(_ items: [(item: Item, reply: Reply)], replyOn queue: any ReplyQueue) -> Int {
        let (accepted, mustStart) = state.withLock { state in
            let accepted = min(items.count, capacity - state.waiting.count)
            guard accepted > 0 else { return (0, false) }
            for (item, reply) in items.prefix(accepted) {
                state.waiting.append(Waiting(item: item, queue: queue, reply: reply))
            }
            defer { state.isRunning = true }
            return (accepted, !state.isRunning)
        }
        if mustStart { thread.async { self.run() } }
        return accepted
    }

    /// Adds one item; false, and nothing else happens, where the queue is full.
    package func submit(_ item: Item, replyOn queue: any ReplyQueue, reply: @escaping Reply) -> Bool {
        submit([(item, reply)], replyOn: queue) == 1
    }

    private func run() {
        while let batch = nextBatch() {
            let start = world.monotonicNanoseconds()
            do throws(StoreFailure) {
                let answers = try commit(batch.map(\.item))
                precondition(answers.count == batch.count, "a commit answers every item")
                observe(
                    Observation(count: batch.count, nanoseconds: world.monotonicNanoseconds() - start, failure: nil))
                deliver(batch) { .success(answers[$0]) }
            } catch {
                observe(
                    Observation(count: batch.count, nanoseconds: world.monotonicNanoseconds() - start, failure: error))
                deliver(batch) { _ in .failure(error) }
            }
        }
    }

    private func nextBatch() -> [Waiting]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isRunning = false
                return nil
            }
            guard state.waiting.count > largestBatch else {
                let batch = state.waiting
                state.waiting = []
                state.waiting.reserveCapacity(batch.count)
                return batch
            }
            let batch = Array(state.waiting.prefix(largestBatch))
            state.waiting.removeFirst(largestBatch)
            return batch
        }
    }

    /// Wakes each reply queue once, not once an item.
    private func deliver(_ batch: [Waiting], answer: @escaping @Sendable (Int) -> Result<Answer, StoreFailure>) {
        var queues: [any ReplyQueue] = []
        for waiting in batch where !queues.contains(where: { $0 === waiting.queue }) { queues.append(waiting.queue) }
        for queue in queues {
            queue.enqueue {
                for (index, waiting) in batch.enumerated() where waiting.queue === queue {
                    waiting.reply(answer(index))
                }
            }
        }
    }
}
