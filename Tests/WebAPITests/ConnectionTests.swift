import Domain
import Foundation
import Testing
import WebAPI

@Suite("A connection ends when a client takes too long, and not before")
struct ConnectionDeadlineTests {
    private static let slow = ConnectionLimits(headSeconds: 3, bodySeconds: 3, idleSeconds: 4, lingerSeconds: 1)

    private func hosting() -> Hosting {
        var hosting = Hosting()
        hosting.limits = Self.slow
        return hosting
    }

    @Test("408: a head that does not end, whether its bytes stop or trickle", arguments: [false, true])
    func head(trickles: Bool) async throws {
        try await hosting()() { server in
            let (sent, answer, isClosed) = try await server.talk { wire in
                try wire.send("GET /healthz HTTP/1.1\r\nHost: h\r\nX-Slow: ")
                var sent = 0
                // A byte every 200 ms: at any time one has just come.
                while trickles, sent < 50, !wire.hasInput(withinMilliseconds: 200) {
                    try wire.send("a")
                    sent += 1
                }
                return (sent, try wire.answer(), try wire.isClosed())
            }
            #expect(answer?.status == 408 && answer?.code == "request_timeout")
            #expect(answer?["connection"] == "close" && isClosed)
            #expect(sent < 50, "the server waited for as long as bytes came")
        }
    }

    @Test("408: a body that never comes")
    func body() async throws {
        try await hosting()() { server in
            let (answer, isClosed) = try await server.talk { wire in
                try wire.send("POST /tokens HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{")
                return (try wire.answer(), try wire.isClosed())
            }
            #expect(answer?.status == 408 && isClosed)
        }
    }

    @Test("an idle connection is closed without a word, before its first request and after one")
    func idle() async throws {
        try await hosting()() { server in
            let closed = try await server.talk { wire in
                let fresh = try Wire(port: server.port)
                try wire.send(Ask("GET", "/healthz").bytes)
                let answer = try wire.answer()
                return [answer?.status == 200, try wire.isClosed(), try fresh.isClosed()]
            }
            #expect(closed == [true, true, true])
        }
    }

    @Test("a client that is slow within its limits is served, request after request")
    func patience() async throws {
        try await hosting()() { server in
            let statuses = try await server.talk { wire in
                try (0..<3).map { _ in
                    try wire.send("GET /verify HTTP/1.1\r\nHo")
                    try pause(milliseconds: 300)
                    try wire.send("st: h\r\n\r\n")
                    try pause(milliseconds: 1_500)
                    return try wire.answer()?.status
                }
            }
            #expect(statuses == [403, 403, 403])
        }
    }
}

@Suite("Answers leave in the order of the requests, whichever lane they take")
struct LaneOrderTests {
    @Test("requests sent at once to both lanes are answered one by one")
    func pipelined() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let asks = (0..<60).map { number in
                let ask: Ask =
                    switch number % 5 {
                    case 0: Ask("GET", "/healthz")
                    case 1: .post("/tokens", key: key, #"{"userId":"u\#(number)"}"#)
                    case 2: Ask("GET", "/nowhere")
                    case 3: .post("/verify/batch", key: key, "{}")
                    default: Ask("HEAD", "/t/acme/.well-known/jwks.json")
                    }
                return ask.with("X-Request-ID", "n\(number)")
            }
            let answers = try await server.answers(asks)
            #expect(answers.map { $0["x-request-id"] } == (0..<60).map { "n\($0)" })
            #expect(answers.map(\.status) == (0..<60).map { [200, 200, 404, 400, 200][$0 % 5] })
        }
    }

    @Test("what was asked before the client stopped sending is answered")
    func halfClosed() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let statuses = try await server.talk { wire in
                let asks = [
                    Ask.post("/tokens", key: key, #"{"userId":"u"}"#), Ask("GET", "/healthz"), Ask("GET", "/verify"),
                ]
                try wire.send(asks.flatMap(\.bytes))
                wire.finishSending()
                return [
                    try wire.answer()?.status, try wire.answer()?.status, try wire.answer()?.status,
                    try wire.answer()?.status,
                ]
            }
            #expect(statuses == [200, 200, 403, nil])
        }
    }

    @Test("100 Continue is sent before the body, and not where the body is refused unread")
    func expectContinue() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let head =
                "POST /tokens HTTP/1.1\r\nHost: h\r\nX-API-Key: \(key)\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
            let statuses = try await server.talk { wire in
                try wire.send(head + "Content-Length: 14\r\n\r\n")
                let first = try wire.answer()?.status
                try wire.send(#"{"userId":"u"}"#)
                let second = try wire.answer()?.status
                try wire.send(head + "Content-Length: 100000\r\n\r\n")
                return [first, second, try wire.answer()?.status]
            }
            #expect(statuses == [100, 200, 413])
        }
    }

    @Test("HTTP/1.0 gets one answer and the end, or more where it asks for them")
    func http10() async throws {
        try await withServer { server in
            let (first, isClosed, kept) = try await server.talk { wire in
                try wire.send("GET /verify HTTP/1.0\r\n\r\n")
                let first = try wire.answer()
                let isClosed = try wire.isClosed()
                let other = try Wire(port: server.port)
                try other.send("GET /verify HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let second = try other.answer()
                try other.send("GET /verify HTTP/1.0\r\n\r\n")
                return (first?.status, isClosed, [second?["connection"], try other.answer()?["connection"]])
            }
            #expect(first == 403 && isClosed && kept == ["keep-alive", "close"])
        }
    }

    @Test("431: a head of more than 32 KiB; 400: bytes that are no request")
    func unreadable() async throws {
        try await withServer { server in
            let field = "X-Long: \(String(repeating: "x", count: 12_000))\r\n"
            let large = try await server.talk { wire in
                try wire.send("GET /verify HTTP/1.1\r\nHost: h\r\n\(field)\(field)\(field)\r\n")
                return try wire.answer()
            }
            #expect(large?.status == 431 && large?.code == "headers_too_large")
            for bytes in [
                "\u{16}\u{3}\u{1}\r\n\r\n", "GET /verify\r\n\r\n", "GET /verify HTTP/1.1\r\nHost : h\r\n\r\n",
            ] {
                let answer = try await server.talk { wire in
                    try wire.send(bytes)
                    return (try wire.answer(), try wire.isClosed())
                }
                #expect(answer.0?.status == 400 && answer.1, "\(bytes)")
            }
        }
    }
}

/// Holds the thread of a conversation.
private func pause(milliseconds: UInt32) throws {
    Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
}
