import Dispatch
import Synchronization

/// The results of `count` calls made by many threads at once, in the order of their numbers.
func atOnce<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result?] {
    let results = Mutex([Result?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { index in
        let result = body(index)
        results.withLock { $0[index] = result }
    }
    return results.withLock { $0 }
}
