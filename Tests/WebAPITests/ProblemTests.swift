import Domain
import Testing
import Tokens
import WebAPI

@Suite("Every failure has one status, one title and one code, on both lanes")
struct ProblemTests {
    /// An example of each; the compiler asks for one more when a code is added.
    static func example(_ code: Failure.Code) -> Failure {
        switch code {
        case .invalidJSON: .invalidJSON("unexpected character at byte 1")
        case .invalidRequest:
            .invalidRequest("The request has a field that is not acceptable.", [Failure.Field("a", "b")])
        case .apiKeyMissing: .apiKeyMissing
        case .apiKeyInvalid: .apiKeyInvalid
        case .apiKeyRevoked: .apiKeyRevoked
        case .apiKeyExpired: .apiKeyExpired
        case .apiKeyQuarantined: .apiKeyQuarantined
        case .addressNotAllowed: .addressNotAllowed
        case .signatureInvalid: .signatureInvalid
        case .scopeMissing: .scopeMissing("tokens:issue")
        case .tenantSuspended: .tenantSuspended
        case .sessionMissing: .sessionMissing
        case .sessionInvalid: .sessionInvalid
        case .credentialsInvalid: .credentialsInvalid
        case .csrfFailed: .csrfFailed("Perhaps forged.")
        case .overloaded: .overloaded(retryAfter: 2)
        case .accessDenied: .accessDenied("Not yours.")
        case .tenantRequired: .tenantRequired
        case .conflict: .conflict("There already is one.")
        case .invalidState: .invalidState("Not now.")
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed(allow: "GET")
        case .requestTimeout: .requestTimeout
        case .bodyTooLarge: .bodyTooLarge(limit: 1)
        case .unsupportedMediaType: .unsupportedMediaType
        case .tokenTooLarge: .tokenTooLarge
        case .refreshTokenInvalid: .refreshTokenInvalid
        case .refreshTokenReused: .refreshTokenReused
        case .idempotencyKeyReused: .idempotencyKeyReused
        case .userDeactivated: .userDeactivated
        case .rateLimited: .rateLimited(.tenant, RateLimit(rate: 1, burst: 2), retryAfter: 3)
        case .quotaExceeded: .quotaExceeded(quota: 4, resetAfter: 5, resetsAt: Timestamp(seconds: 6))
        case .headersTooLarge: .headersTooLarge
        case .storageUnavailable: .storageUnavailable
        case .notReady: .notReady("disk")
        case .internalError: .internalError
        }
    }

    @Test("the example of a code has that code", arguments: Failure.Code.allCases)
    func codes(code: Failure.Code) {
        #expect(Self.example(code).code == code)
    }

    @Test(
        "the status is that of the contract",
        arguments: [
            (Failure.Code.invalidJSON, 400), (.invalidRequest, 400), (.apiKeyMissing, 401), (.apiKeyInvalid, 401),
            (.apiKeyRevoked, 401), (.apiKeyExpired, 401), (.apiKeyQuarantined, 401), (.addressNotAllowed, 403),
            (.signatureInvalid, 403), (.scopeMissing, 403), (.tenantSuspended, 403),
            (.accessDenied, 403), (.sessionMissing, 401), (.sessionInvalid, 401), (.credentialsInvalid, 401),
            (.csrfFailed, 403), (.overloaded, 503),
            (.tenantRequired, 400), (.conflict, 409), (.invalidState, 422),
            (.notFound, 404),
            (.methodNotAllowed, 405), (.requestTimeout, 408), (.bodyTooLarge, 413), (.unsupportedMediaType, 415),
            (.tokenTooLarge, 422), (.refreshTokenInvalid, 401),
            (.refreshTokenReused, 401), (.idempotencyKeyReused, 422), (.userDeactivated, 403), (.rateLimited, 429),
            (.quotaExceeded, 429), (.headersTooLarge, 431), (.internalError, 500), (.storageUnavailable, 503),
            (.notReady, 503),
        ])
    func statuses(code: Failure.Code, status: Int) {
        let problem = Problem(failure: Self.example(code))
        #expect(problem.status == status)
        #expect(!problem.title.isEmpty && problem.detail.hasSuffix("."))
    }

    @Test("the fast lane has a status line for every status, and that of 500 for none other")
    func statusLines() {
        for status in Set(Failure.Code.allCases.map { Problem(failure: Self.example($0)).status }).union([
            200, 204, 304,
        ]) {
            let line = StatusLine.text(status).description
            #expect(line.hasPrefix("HTTP/1.1 \(status) ") && line.hasSuffix("\r\n") && line.utf8.count > 15, "\(line)")
        }
        #expect(StatusLine.text(418).description == "HTTP/1.1 500 Internal Server Error\r\n")
    }

    @Test("the document has the members of RFC 9457, on the fast lane and on the main lane")
    func document() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            for ask in [
                Ask.post("/tokens", key: key, #"{"x":1,"userId":"u"}"#), .post("/verify/batch", key: key, #"{"x":1}"#),
            ] {
                let answer = try await server.answer(ask.with("X-Request-ID", "abc-1"))
                #expect(answer["content-type"] == "application/problem+json" && answer["cache-control"] == "no-store")
                let json = try answer.json
                #expect(
                    try #require(json.members).map(\.name)
                        == ["type", "title", "status", "detail", "code", "requestId", "errors"])
                #expect(json["type"]?.string == "https://chat.example/docs#invalid_request")
                #expect(json["title"]?.string == "Invalid request" && json["status"]?.integer == 400)
                #expect(json["requestId"]?.string == "abc-1")
            }
            let missing = try await server.answer(.post("/tokens", key: nil, "{}"))
            #expect(
                try #require(try missing.json.members).map(\.name)
                    == ["type", "title", "status", "detail", "code", "requestId"])
        }
    }

    @Test("text from outside cannot break a document")
    func hostileNames() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let body = #"{"userId":"u","a\"b\\c\n\u0000</script>":1}"#
            let answer = try await server.answer(.post("/tokens", key: key, body))
            #expect(answer.complaints == ["a\"b\\c\n\0</script>"])
        }
    }
}

@Suite("Every answer has a request identifier")
struct RequestIDTests {
    private static let hot = Ask("GET", "/verify")
    private static let main = Ask("GET", "/healthz")

    @Test(
        "a well-formed identifier is taken over on both lanes",
        arguments: [
            "a", "0198f0e4-7b1c-7000-8000-000000000000", "A.b_c-9", String(repeating: "x", count: 128),
        ])
    func taken(id: String) async throws {
        try await withServer { server in
            for ask in [Self.hot, Self.main] {
                let answer = try await server.answer(ask.with("X-Request-ID", id))
                #expect(answer["x-request-id"] == id)
            }
        }
    }

    @Test(
        "any other is replaced by one of the server's own",
        arguments: [
            "", "a b", "a\tb", "a/b", "a\"b", "ä", String(repeating: "x", count: 129), "<script>",
        ])
    func replaced(id: String) async throws {
        try await withServer { server in
            for ask in [Self.hot, Self.main] {
                let made = try #require(try await server.answer(ask.with("X-Request-ID", id))["x-request-id"])
                #expect(made != id && made.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            }
        }
    }

    @Test("of several the first counts, and white space around it does not, on both lanes")
    func repeated() async throws {
        try await withServer { server in
            for ask in [Self.hot, Self.main] {
                let twice = try await server.answer(ask.with("X-Request-ID", "a").with("X-Request-ID", "b"))
                #expect(twice["x-request-id"] == "a")
                let spaced = try await server.answer(ask.with("X-Request-ID", "\t a \t"))
                #expect(spaced["x-request-id"] == "a")
            }
        }
    }

    @Test("identifiers of the server's own never repeat, on whichever lane")
    func unique() async throws {
        try await withServer { server in
            let answers = try await server.answers((0..<60).map { $0 % 3 == 0 ? Self.main : Self.hot })
            #expect(Set(answers.map { $0["x-request-id"] }).count == 60)
        }
    }

    @Test("the document of an error names the identifier of its answer")
    func documents() async throws {
        try await withServer { server in
            for ask in [Self.hot, Ask("GET", "/nowhere"), .post("/tokens", key: nil, "{}")] {
                let answer = try await server.answer(ask)
                #expect(try answer.json["requestId"]?.string == answer["x-request-id"])
            }
        }
    }
}
