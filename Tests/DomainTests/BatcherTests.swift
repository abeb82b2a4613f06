import Dispatch
import Domain
import Synchronization
import Testing

/// A queue that counts how often it was woken.
private final class CountingQueue: ReplyQueue {
    private let thread = DispatchQueue(label: "test.replies")
    private let count = Mutex(0)

    var wakes: Int { count.withLock { $0 } }

    func enqueue(_ work: @escaping @Sendable () -> Void) {
        count.withLock { $0 += 1 }
        thread.async(execute: work)
    }
}

/// What a batcher under test was given and answered.
private final class Journal: Sendable {
    private struct Pages {
        var batches: [[Int]] = []
        var answers: [Int: [Result<Int, TestFailure>]] = [:]
    }

    struct TestFailure: Error {}

    private let pages = Mutex(Pages())
    private let answered = DispatchSemaphore(value: 0)

    var batches: [[Int]] { pages.withLock { $0.batches } }
    var answers: [Int: [Result<Int, TestFailure>]] { pages.withLock { $0.answers } }

    func begin(_ batch: [Int]) {
        pages.withLock { $0.batches.append(batch) }
    }

    func reply(to item: Int) -> Batcher<Int, Int>.Reply {
        { result in
            self.pages.withLock { $0.answers[item, default: []].append(result.mapError { _ in TestFailure() }) }
            self.answered.signal()
        }
    }

    /// Waits for so many replies; false where they do not come.
    func wait(for count: Int) -> Bool {
        (0..<count).allSatisfy { _ in answered.wait(timeout: .now() + 20) == .success }
    }
}

/// Holds a batch back until the test lets it go.
private final class Gate: Sendable {
    private let entered = DispatchSemaphore(value: 0)
    private let open = DispatchSemaphore(value: 0)

    func pass() {
        entered.signal()
        open.wait()
    }

    func waitUntilEntered() -> Bool { entered.wait(timeout: .now() + 20) == .success }
    func release() { open.signal() }
}

@Suite("The batcher answers every accepted item once, in order, and never holds more than its capacity")
struct BatcherTests {
    private let journal = Journal()
    private let gate = Gate()
    private let queue = CountingQueue()

    /// A batcher whose first batch waits at the gate and whose answers are the items doubled.
    private func gated(
        capacity: Int = 8_192, largestBatch: Int = 512, failing: Bool = false,
        observe: @escaping @Sendable (Batcher<Int, Int>.Observation) -> Void = { _ in }
    ) -> Batcher<Int, Int> {
        let isFirst = Atomic(true)
        let shared = Shared(isFirst)
        return Batcher(
            label: "test.batcher", capacity: capacity, largestBatch: largestBatch, world: .system,
            commit: { [journal, gate] items throws(StoreFailure) in
                journal.begin(items)
                if shared.value.exchange(false, ordering: .relaxed) { gate.pass() }
                if failing { throw .unavailable(cause: "test") }
                return items.map { $0 * 2 }
            }, observe: observe)
    }

    private func submit(_ items: some Sequence<Int>, to batcher: Batcher<Int, Int>) -> [Bool] {
        items.map { batcher.submit($0, replyOn: queue, reply: journal.reply(to: $0)) }
    }

    @Test("what arrives while a batch is in flight forms the next one, in order")
    func nextBatch() {
        let batcher = gated()
        #expect(submit([0], to: batcher) == [true])
        #expect(gate.waitUntilEntered())
        #expect(submit(1...100, to: batcher).allSatisfy { $0 })
        #expect(batcher.depth == 100)
        gate.release()
        #expect(journal.wait(for: 101))
        #expect(journal.batches == [[0], Array(1...100)])
    }

    @Test("more than the largest batch is cut, and keeps its order from batch to batch")
    func cut() {
        let batcher = gated(largestBatch: 10)
        _ = submit([0], to: batcher)
        #expect(gate.waitUntilEntered())
        _ = submit(1...25, to: batcher)
        gate.release()
        #expect(journal.wait(for: 26))
        #expect(journal.batches.map(\.count) == [1, 10, 10, 5])
        #expect(journal.batches.flatMap { $0 } == Array(0...25))
    }

    @Test("a full queue turns away at once, answers nothing to that item, and takes again when there is room")
    func bounded() {
        let batcher = gated(capacity: 4)
        _ = submit([0], to: batcher)
        #expect(gate.waitUntilEntered())
        #expect(submit(1...6, to: batcher) == [true, true, true, true, false, false])
        #expect(batcher.depth == 4)
        gate.release()
        #expect(journal.wait(for: 5))
        #expect(submit([7], to: batcher) == [true])
        #expect(journal.wait(for: 1))
        #expect(Set(journal.answers.keys) == [0, 1, 2, 3, 4, 7])
    }

    @Test("items handed in together form one batch, as far as there is room")
    func together() {
        let batcher = gated(capacity: 8)
        let items: (Range<Int>) -> [(item: Int, reply: Batcher<Int, Int>.Reply)] = { [journal] range in
            range.map { ($0, journal.reply(to: $0)) }
        }
        #expect(batcher.submit(items(0..<5), replyOn: queue) == 5)
        #expect(gate.waitUntilEntered())
        #expect(batcher.submit(items(5..<10), replyOn: queue) == 5)
        #expect(batcher.submit(items(10..<20), replyOn: queue) == 3)
        #expect(batcher.submit(items(20..<21), replyOn: queue) == 0)
        #expect(batcher.submit([], replyOn: queue) == 0)
        gate.release()
        #expect(journal.wait(for: 13))
        #expect(journal.batches == [Array(0..<5), Array(5..<13)])
        #expect(Set(journal.answers.keys) == Set(0..<13))
    }

    @Test("the failure of a batch reaches every item of it, and the next batch is tried anew")
    func failure() {
        let failed = Mutex(0)
        let shared = Shared(failed)
        let batcher = gated(failing: true) { observation in
            if observation.failure != nil { shared.value.withLock { $0 += observation.count } }
        }
        _ = submit([0], to: batcher)
        #expect(gate.waitUntilEntered())
        _ = submit(1...9, to: batcher)
        gate.release()
        #expect(journal.wait(for: 10))
        #expect(journal.answers.count == 10)
        for replies in journal.answers.values {
            #expect(replies.count == 1 && replies.allSatisfy { (try? $0.get()) == nil })
        }
        #expect(shared.value.withLock { $0 } == 10)
    }

    @Test("each reply queue is woken once a batch, not once an item")
    func wakes() {
        let batcher = gated()
        let other = CountingQueue()
        _ = submit([0], to: batcher)
        #expect(gate.waitUntilEntered())
        for item in 1...50 {
            let isAccepted = batcher.submit(
                item, replyOn: item.isMultiple(of: 2) ? queue : other, reply: journal.reply(to: item))
            #expect(isAccepted)
        }
        gate.release()
        #expect(journal.wait(for: 51))
        #expect(queue.wakes == 2 && other.wakes == 1)
    }

    @Test("under eight submitters every item gets its own answer exactly once, and each submitter's order holds")
    func concurrent() {
        let batcher = Batcher<Int, Int>(label: "test.batcher", largestBatch: 64, world: .system) {
            [journal] items throws(StoreFailure) in
            journal.begin(items)
            return items.map { $0 * 2 }
        }
        DispatchQueue.concurrentPerform(iterations: 8) { submitter in
            for number in 0..<1_000 {
                let item = submitter * 1_000 + number
                while !batcher.submit(item, replyOn: queue, reply: journal.reply(to: item)) {}
            }
        }
        #expect(journal.wait(for: 8_000))
        let answers = journal.answers
        #expect(answers.count == 8_000)
        for (item, replies) in answers { #expect(replies.count == 1 && (try? replies[0].get()) == item * 2) }
        let carriedOut = journal.batches.flatMap { $0 }
        for submitter in 0..<8 {
            let own = carriedOut.filter { $0 / 1_000 == submitter }
            #expect(own == own.sorted() && own.count == 1_000)
        }
        #expect(journal.batches.allSatisfy { $0.count <= 64 })
    }

    @Test("an item that comes when all is quiet is answered without waiting for another")
    func quiet() {
        let batcher = gated()
        for item in 0..<20 {
            _ = submit([item], to: batcher)
            if item == 0 { gate.release() }
            #expect(journal.wait(for: 1))
        }
        #expect(journal.batches == (0..<20).map { [$0] })
    }
}

/// Lets closures share what cannot be copied.
private final class Shared<Value: ~Copyable & Sendable>: Sendable {
    let value: Value

    init(_ value: consuming Value) {
        self.value = value
    }
}
