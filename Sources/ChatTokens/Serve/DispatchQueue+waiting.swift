internal import Dispatch

extension DispatchQueue {
    /// What the work returns, done on this queue: it may block, which tasks of the cooperative pool may not.
    func result<Value: Sendable>(of work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            self.async { continuation.resume(returning: work()) }
        }
    }
}
