internal import Dispatch
internal import RedisLimits
internal import ServiceLifecycle

/// Keeps the connections to Redis and the count of the nodes current.
struct LimitKeeper: Service {
    private let limits: RedisLimits
    private let pause: Duration
    /// hiredis blocks.
    private let thread = DispatchQueue(label: "chat-tokens.limits.keeper")

    /// A keeper that has connected already where Redis answers, so that the first requests find the limits shared.
    init(limits: RedisLimits, pause: Duration = .milliseconds(100)) {
        self.limits = limits
        self.pause = pause
        limits.keep()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await thread.result { limits.keep() }
                try? await Task.sleep(for: pause)
            }
        }
        await thread.result { limits.leave() }
    }
}
