import Domain
import Testing
import Tokens

@Suite("A member that is not known is named, however deep it is")
struct DeepBodyTests {
    private static let scopes: Scopes = [.issue, .verify, .revoke, .writeUsers]

    /// An endpoint, and what its body needs besides.
    private static let asks: [(method: String, path: String, members: String)] = [
        ("POST", "/tokens", #""userId":"u""#), ("POST", "/verify", #""token":"t","expect":"ws""#),
        ("POST", "/tokens/explain", #""token":"t""#), ("POST", "/tokens/refresh", #""refreshToken":"t""#),
        ("POST", "/verify/batch", #""tokens":[{"token":"t","expect":"ws"}]"#), ("PUT", "/users/u", #""name":"A""#),
        ("PATCH", "/users/u", #""name":"A""#), ("POST", "/users/batch", #""users":[{"userId":"u"}]"#),
        ("POST", "/tokens/revoke", #""all":true"#),
    ]

    private func ask(_ ask: (method: String, path: String, members: String), _ key: String, depth: Int) -> Ask {
        let value = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        var deep = Ask.post(ask.path, key: key, #"{\#(ask.members),"deep":\#(value)}"#)
        deep.method = ask.method
        return deep
    }

    @Test("400: invalid_request as deep as the scanner goes, invalid_json beyond")
    func unknownMembers() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant(), Self.scopes)
            for place in Self.asks {
                for depth in [2, 17, 100, JSONScanner.depthCeiling - 1] {
                    let answer = try await server.answer(ask(place, key, depth: depth))
                    #expect(answer.status == 400 && answer.code == "invalid_request", "\(place.path) \(depth)")
                    #expect(answer.complaints == ["deep"], "\(place.path) \(depth)")
                }
                let answer = try await server.answer(ask(place, key, depth: JSONScanner.depthCeiling))
                #expect(answer.status == 400 && answer.code == "invalid_json", "\(place.path)")
            }
        }
    }

    @Test("custom metadata of a batch that is too deep is its entry's fault alone")
    func batch() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant(), Self.scopes)
            let custom = String(repeating: #"{"a":"#, count: 30) + "1" + String(repeating: "}", count: 30)
            let body = #"{"users":[{"userId":"u","custom":\#(custom)},{"userId":"v"}]}"#
            let results = try #require(
                try await server.answer(.post("/users/batch", key: key, body)).json["results"]?.array)
            #expect(results.map { $0["status"]?.integer } == [400, 201])
            #expect(results.first?["errors"]?.array?.first?["field"]?.string == "custom")
        }
    }

    @Test("a batch without tokens is told so once")
    func noTokens() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            for body in ["{}", #"{"tokens":1}"#, #"{"tokens":[]}"#] {
                #expect(try await server.answer(.post("/verify/batch", key: key, body)).complaints == ["tokens"])
            }
        }
    }
}
