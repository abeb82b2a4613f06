import Domain
import Testing
import Tokens
import WebAPI

@Suite("Header fields mean what RFC 9110 says, whatever the white space around their values")
struct RequestFieldTests {
    private static let body = #"{"userId":"u"}"#

    @Test("white space behind a value is no part of it", arguments: [" ", "\t", " \t "])
    func trailingSpace(space: String) async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let ws = try await VerifyTests.pair(server, key).ws
            for field in [("Authorization", "Bearer \(ws)\(space)"), ("X-Chat-Token", "\(ws)\(space)")] {
                let ask = Ask("GET", "/verify?expect=ws", key: key + space, [field])
                #expect(try await server.answer(ask).status == 204, "\(field.0)")
            }
            var ask = Ask(
                "POST", "/tokens", key: key + space,
                [
                    ("Content-Type", "application/json\(space)"), ("Content-Encoding", "identity\(space)"),
                    ("Idempotency-Key", "a\(space)"), ("X-Request-ID", "n-1\(space)"),
                ])
            ask.body = Array(Self.body.utf8)
            let first = try await server.answer(ask)
            #expect(first.status == 200 && first["x-request-id"] == "n-1")
            let again = Ask.post("/tokens", key: key, Self.body, [("Idempotency-Key", "a")])
            #expect(try await server.answer(again)["idempotent-replayed"] == "true")
        }
    }

    @Test("any number of spaces may follow the scheme of Authorization (RFC 9110 §11.4)")
    func spacesAfterTheScheme() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let ws = try await VerifyTests.pair(server, key).ws
            let basic = IntrospectTests.basic(String(key.prefix(20)), key)[0].1.dropFirst("Basic ".count)
            for space in [" ", "  ", "     "] {
                let fields = [("Authorization", "Basic\(space)\(basic)")]
                let known = try await server.answer(IntrospectTests.form(nil, "token=\(ws)", fields))
                #expect(known.status == 200 && known.text.hasPrefix(#"{"active":true"#))
            }
            let owner = try #require(
                try await server.answer(
                    .post(
                        "/auth/register", key: nil,
                        #"{"email":"a@b.example","password":"\#(TestServer.password)","tenant":{"id":"b","name":"B"}}"#)
                ).json["session"]?["token"]?.string)
            for space in [" ", "   "] {
                let ask = Ask("GET", "/auth/me", [("Authorization", "Bearer\(space)\(owner)")])
                #expect(try await server.answer(ask).status == 200)
            }
        }
    }
}
