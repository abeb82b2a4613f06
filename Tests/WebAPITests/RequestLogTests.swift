import Dispatch
import Domain
import Synchronization
import Testing
import Tokens

@Suite("The request log has a line for each answer, and never more memory than its bound")
struct RequestLogTests {
    /// Takes what the log writes.
    private final class Sink: Sendable {
        private let bytes = Mutex<[UInt8]>([])

        func write(_ lines: [UInt8]) { bytes.withLock { $0 += lines } }

        var lines: [Substring] {
            bytes.withLock { String(decoding: $0, as: UTF8.self) }.split(
                separator: "\n", omittingEmptySubsequences: true)
        }
    }

    @Test("a line is JSON with route, status, lane, code and request, and holds no key, token or user")
    func lines() async throws {
        let sink = Sink()
        var hosting = Hosting()
        hosting.log = { sink.write($0) }
        let secrets = Mutex<[String]>([])
        try await hosting { server in
            let key = try server.key(try server.addTenant())
            let answer = try await server.answer(
                .post("/tokens", key: key, #"{"userId":"very-private"}"#, [("X-Request-ID", "one")]))
            let token = try #require(try answer.json["token"]?.string)
            _ = try await server.answer(.post("/tokens", key: key, "{", [("X-Request-ID", "two")]))
            _ = try await server.answer(Ask("GET", "/verify?expect=rest&x=\(token)", key: key))
            _ = try await server.answer(Ask("GET", "/nowhere", [("X-Request-ID", "three")]))
            secrets.withLock { $0 = [key, String(key.dropFirst(20)), token, "very-private", "nowhere"] }
        }
        let lines = sink.lines
        #expect(lines.count == 4)
        let documents = try lines.map { try JSON.parse(String($0), maximumDepth: 2) }
        #expect(documents.map { $0["requestId"]?.string }.prefix(2) == ["one", "two"])
        let second = documents[1]
        #expect(second["time"]?.string == "2026-01-02T03:04:05Z" && second["level"]?.string == "info")
        #expect(second["route"]?.string == "/tokens" && second["method"]?.string == "POST")
        #expect(second["status"]?.integer == 400 && second["lane"]?.string == "fast")
        #expect(second["code"]?.string == "invalid_json" && second["microseconds"]?.integer != nil)
        #expect(documents[0]["code"] == nil && documents[3]["route"]?.string == "unmatched")
        for secret in secrets.withLock({ $0 }) { #expect(!lines.joined().contains(secret)) }
    }

    @Test("lines that come faster than they can be written are dropped, and counted")
    func bounded() async throws {
        let sink = Sink()
        let mayWrite = DispatchSemaphore(value: 0)
        let isFirst = Atomic(true)
        let shared = Shared(isFirst)
        var hosting = Hosting()
        hosting.log = { lines in
            if shared.value.exchange(false, ordering: .relaxed) { mayWrite.wait() }
            sink.write(lines)
        }
        hosting.mostLogBytes = 10_000
        let count = 200
        try await hosting { server in
            let ask = Ask("GET", "/verify", [("X-Request-ID", String(repeating: "x", count: 128))])
            _ = try await server.answer(ask)
            // The first line is written 100 ms after it came; from then on the writer hangs.
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await server.answers(Array(repeating: ask, count: count)).count == count)
            mayWrite.signal()
        }
        let documents = try sink.lines.map { try JSON.parse(String($0), maximumDepth: 2) }
        let dropped = documents.filter { $0["message"]?.string == "log lines dropped" }
        let number = dropped.reduce(0) { $0 + Int($1["count"]?.integer ?? 0) }
        #expect(number > 0 && documents.count - dropped.count + number == count + 1)
        #expect(sink.lines.reduce(0) { $0 + $1.utf8.count } < 25_000)
    }
}
