import Dispatch
import Domain
import Synchronization
import Testing
import Tokens

@Suite("POST /tokens keeps to limits and says so")
struct IssueLimitTests {
    private static let alice = #"{"userId":"alice"}"#

    @Test("429 rate_limited: after the burst, with the fields that tell when to come back")
    func rateLimit() async throws {
        try await withServer { server in
            let key = try server.key(
                try server.addTenant { ($0.rate, $0.burst) = (.set(2), .set(3)) })
            for remaining in [2, 1, 0] {
                let answer = try await server.answer(.post("/tokens", key: key, Self.alice))
                #expect(answer.status == 200)
                #expect(answer["ratelimit-policy"] == #""tenant";q=3;w=2"#)
                #expect(answer["ratelimit"]?.hasPrefix(#""tenant";r=\#(remaining);t="#) == true)
            }
            let refused = try await server.answer(.post("/tokens", key: key, Self.alice))
            #expect(refused.status == 429 && refused.code == "rate_limited" && refused["retry-after"] == "1")
            #expect(refused["ratelimit"] == #""tenant";r=0;t=1"#)
            server.clock.advance(milliseconds: 500)
            #expect(try await server.answer(.post("/tokens", key: key, Self.alice)).status == 200)
        }
    }

    @Test("a request that is refused for its body has spent one of the limit, and says what is left")
    func badBodies() async throws {
        try await withServer { server in
            let key = try server.key(
                try server.addTenant { ($0.rate, $0.burst) = (.set(1), .set(3)) })
            let bad = try await server.answer(.post("/tokens", key: key, "{"))
            #expect(bad.status == 400 && bad["ratelimit"] == #""tenant";r=2;t=1"#)
            #expect(
                try await server.answer(.post("/tokens", key: key, Self.alice))["ratelimit"] == #""tenant";r=1;t=2"#)
        }
    }

    @Test("one tenant's flood leaves another's limit alone")
    func separate() async throws {
        try await withServer { server in
            let limited: (inout TenantChange) -> Void = { ($0.rate, $0.burst) = (.set(1), .set(1)) }
            let (one, other) = (
                try server.key(try server.addTenant("one", .hs256, limited)),
                try server.key(try server.addTenant("other", .hs256, limited))
            )
            #expect(try await server.answer(.post("/tokens", key: one, Self.alice)).status == 200)
            #expect(try await server.answer(.post("/tokens", key: one, Self.alice)).status == 429)
            #expect(try await server.answer(.post("/tokens", key: other, Self.alice)).status == 200)
        }
    }

    @Test("429 quota_exceeded: the last pair of the quota is issued, the next is not, until the month is over")
    func quota() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant { $0.quota = .set(2) })
            for _ in 0..<2 { #expect(try await server.answer(.post("/tokens", key: key, Self.alice)).status == 200) }
            let refused = try await server.answer(.post("/tokens", key: key, Self.alice))
            #expect(refused.status == 429 && refused.code == "quota_exceeded")
            let seconds = Month.secondsLeft(at: server.clock.now)
            #expect(refused["retry-after"] == String(seconds))
            #expect(refused["ratelimit"] == #""quota";r=0;t=\#(seconds)"#)
            #expect(refused["ratelimit-policy"] == #""quota";q=2;w=2592000"#)
            server.clock.set(server.clock.now.adding(seconds: seconds))
            #expect(try await server.answer(.post("/tokens", key: key, Self.alice)).status == 200)
        }
    }

    @Test("503: when nothing can be stored, with Retry-After, and 200 again when it can")
    func storageFails() async throws {
        let isBroken = Shared(Atomic(true))
        var hosting = Hosting()
        hosting.beforeCommit = { () throws(StoreFailure) in
            if isBroken.value.load(ordering: .relaxed) { throw .unavailable(cause: "disk full") }
        }
        try await hosting { server in
            let key = try server.key(try server.addTenant())
            let answer = try await server.answer(.post("/tokens", key: key, Self.alice))
            #expect(answer.status == 503 && answer.code == "storage_unavailable" && answer["retry-after"] == "1")
            #expect(!answer.text.contains("disk full"))
            isBroken.value.store(false, ordering: .relaxed)
            #expect(try await server.answer(.post("/tokens", key: key, Self.alice)).status == 200)
        }
    }

    @Test("503: what the queue has no room for is turned away at once, what it took is answered")
    func fullQueue() async throws {
        let (begun, mayGo) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        var hosting = Hosting()
        hosting.capacity = 4
        hosting.beforeCommit = {
            begun.signal()
            mayGo.wait()
        }
        try await hosting { server in
            let key = try server.key(try server.addTenant())
            try await withThrowingTaskGroup(of: Int.self) { tasks in
                tasks.addTask { try await server.answer(.post("/tokens", key: key, Self.alice)).status }
                try await onThread { begun.wait() }
                for number in 0..<20 {
                    tasks.addTask {
                        try await server.answer(.post("/tokens", key: key, #"{"userId":"u\#(number)"}"#)).status
                    }
                }
                var statuses: [Int] = []
                for _ in 0..<16 { statuses.append(try await tasks.next() ?? 0) }
                #expect(statuses == Array(repeating: 503, count: 16))
                for _ in 0..<5 { mayGo.signal() }
                for try await status in tasks { #expect(status == 200) }
            }
        }
    }

    @Test("503: when the change log has not been read for too long")
    func stale() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            #expect(try await server.answer(.post("/tokens", key: key, Self.alice)).status == 200)
            server.clock.advance(milliseconds: 30_000)
            let answer = try await server.answer(.post("/tokens", key: key, Self.alice))
            #expect(answer.status == 503 && answer.code == "storage_unavailable")
            try server.follow()
            #expect(try await server.answer(.post("/tokens", key: key, Self.alice)).status == 200)
        }
    }
}

/// Lets closures share what cannot be copied.
final class Shared<Value: ~Copyable & Sendable>: Sendable {
    let value: Value

    init(_ value: consuming Value) {
        self.value = value
    }
}
