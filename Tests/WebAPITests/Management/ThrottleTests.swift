import Domain
import Testing
import Tokens
import WebAPI

@Suite("Trying passwords is held back, and nobody but who tries")
struct ThrottleTests {
    private static func login(_ password: String, _ fields: [(String, String)] = []) -> Ask {
        .post(
            "/auth/login", key: nil, #"{"email":"ann@acme.example","password":"\#(password)"}"#, fields)
    }

    @Test("after ten wrong passwords the eleventh attempt is not looked at; a known device gets in, and time heals")
    func bruteForce() async throws {
        try await withServer { server in
            _ = try server.session("ann@acme.example")
            let first = try await server.answer(Self.login(TestServer.password))
            let mark = try #require(first.fields.last { $0.name == "set-cookie" }?.value.split(separator: ";").first)
            for _ in 0..<10 {
                #expect(try await server.answer(Self.login("wrong")).code == "credentials_invalid")
            }
            for password in ["wrong", TestServer.password] {
                let answer = try await server.answer(Self.login(password))
                #expect(answer.status == 429 && answer.code == "rate_limited")
                #expect(answer["retry-after"].flatMap { Int($0) }.map { (1...90).contains($0) } == true)
            }
            let known = try await server.answer(Self.login(TestServer.password, [("Cookie", String(mark))]))
            #expect(known.status == 200, "who has logged in here before is not held back by others")
            let forged = String(mark.dropLast(2)) + "AA"
            #expect(try await server.answer(Self.login(TestServer.password, [("Cookie", forged)])).status == 429)
            server.clock.advance(milliseconds: 90_000)
            #expect(try await server.answer(Self.login(TestServer.password)).status == 200)
        }
    }

    @Test("a device that knew an earlier password is a stranger; the one that changed it stays known")
    func marksOfFormerPassword() async throws {
        try await withServer { server in
            let token = try server.session("ann@acme.example").token
            let first = try await server.answer(Self.login(TestServer.password))
            let body = #"{"currentPassword":"\#(TestServer.password)","newPassword":"a quite new sheep"}"#
            let changed = try await server.answer(.bearer("POST", "/auth/password", token, body))
            #expect(changed.status == 200)
            for _ in 0..<10 { #expect(try await server.answer(Self.login("wrong")).status == 401) }
            for (answer, status) in [(first, 429), (changed, 200)] {
                let mark = try #require(
                    answer.fields.last { $0.name == "set-cookie" }?.value.split(separator: ";").first)
                let login = try await server.answer(Self.login("a quite new sheep", [("Cookie", String(mark))]))
                #expect(login.status == status)
            }
        }
    }

    @Test("an account that does not exist is held back in the same way")
    func unknown() async throws {
        try await withServer { server in
            for attempt in 0..<12 {
                let answer = try await server.answer(Self.login("wrong"))
                #expect(answer.code == (attempt < 10 ? "credentials_invalid" : "rate_limited"))
            }
        }
    }

    @Test("one network gets a share of the places where passwords wait, however many there are")
    func shares() async throws {
        let passwords = PasswordWork(cost: .standard, threads: 1, capacity: 16)
        try await Hosting(passwords: passwords)() { server in
            let answers = try await withThrowingTaskGroup(of: HTTPAnswer.self) { tasks in
                for number in 0..<8 {
                    let body = #"{"email":"a\#(number)@acme.example","password":"x"}"#
                    tasks.addTask { try await server.answer(.post("/auth/login", key: nil, body)) }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.contains { $0.code == "overloaded" } && answers.contains { $0.status == 401 })
        }
    }

    @Test("where too many passwords wait, logins are refused with 503 and tokens are issued all the same")
    func storm() async throws {
        let passwords = PasswordWork(cost: .standard, threads: 1, capacity: 1)
        try await Hosting(passwords: passwords)() { server in
            let key = try server.key(try server.addTenant())
            let answers = try await withThrowingTaskGroup(of: HTTPAnswer.self) { tasks in
                for number in 0..<8 {
                    let body = #"{"email":"a\#(number)@acme.example","password":"x"}"#
                    tasks.addTask { try await server.answer(.post("/auth/login", key: nil, body)) }
                }
                for _ in 0..<20 {
                    let issued = try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#))
                    #expect(issued.status == 200)
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            let refused = answers.filter { $0.status == 503 }
            #expect(!refused.isEmpty && refused.allSatisfy { $0.code == "overloaded" && $0["retry-after"] != nil })
            #expect(answers.contains { $0.code == "credentials_invalid" })
            #expect(answers.count == 8)
        }
    }
}
