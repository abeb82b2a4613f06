internal import Dispatch
internal import ServiceLifecycle

extension DispatchQueue {
    /// What the work returns, done on this queue: it may block, which tasks of the cooperative pool may not.
    func result<Value: Sendable>(of work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            self.async { continuation.resume(returning: work()) }
        }
    }

    /// Does the work on this queue after each pause, and once more when the process is told to stop; then comes back.
    func untilShutdown(every pause: Duration, _ work: @escaping @Sendable () -> Void) async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: pause)
                await self.result(of: work)
            }
        }
    }
}
