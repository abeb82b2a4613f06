/// The way of requests to the shared limits: those that come up together share a round trip.
package struct SharedLimitQueue: Sendable {
    /// Takes what became of one request; it never takes a failure.
    package typealias Reply = Batcher<Spending, LimitVerdict>.Reply

    private let limiter: SharedLimiter
    private let batcher: Batcher<Spending, LimitVerdict>

    /// An empty queue.
    ///
    /// - Parameters:
    ///   - limiter: decides the requests.
    ///   - world: the clock that round trips are timed by.
    ///   - observe: told of every round trip.
    package init(
        limiter: SharedLimiter, world: World,
        observe: @escaping @Sendable (Batcher<Spending, LimitVerdict>.Observation) -> Void = { _ in }
    ) {
        self.limiter = limiter
        batcher = Batcher(
            label: "chat-tokens.limits", world: world, commit: { requests in limiter.decide(requests) },
            observe: observe)
    }

    /// Requests waiting for the next round trip.
    package var depth: Int { batcher.depth }

    /// Has the requests decided; each reply is called exactly once: on `queue`, or at once by this node's share where
    /// more wait already than may.
    package func submit(_ requests: [(item: Spending, reply: Reply)], replyOn queue: any ReplyQueue) {
        let accepted = batcher.submit(requests, replyOn: queue)
        for (request, reply) in requests.dropFirst(accepted) { reply(.success(limiter.decideAlone(request))) }
    }
}
