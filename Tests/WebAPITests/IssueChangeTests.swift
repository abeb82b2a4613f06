import Domain
import Testing
import Tokens

@Suite("What POST /tokens changes of a user")
struct IssueChangeTests {
    /// With ES256 a pair is signed before the user is stored, as far as the request alone says what it tells of him.
    @Test(
        "200: absent keeps, null clears, a value replaces, from call to call and in the tokens",
        arguments: [SignatureAlgorithm.hs256, .es256], [[], ["a"]])
    func changes(algorithm: SignatureAlgorithm, tokenClaims: [String]) async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant("acme", algorithm) { $0.tokenClaims = tokenClaims })
            let calls = [
                (
                    #"{"userId":"u","name":"A","image":"https://a.example/x","custom":{"a":1}}"#,
                    #"{"id":"u","name":"A","image":"https://a.example/x","custom":{"a":1}}"#
                ),
                (#"{"userId":"u"}"#, #"{"id":"u","name":"A","image":"https://a.example/x","custom":{"a":1}}"#),
                (
                    #"{"userId":"u","name":null,"image":"https://a.example/y"}"#,
                    #"{"id":"u","name":null,"image":"https://a.example/y","custom":{"a":1}}"#
                ),
                (
                    #"{"userId":"u","image":null,"custom":{"a":2}}"#,
                    #"{"id":"u","name":null,"image":null,"custom":{"a":2}}"#
                ),
                (
                    #"{"userId":"u","name":"B","custom":{"a":3}}"#,
                    #"{"id":"u","name":"B","image":null,"custom":{"a":3}}"#
                ),
                (#"{"userId":"u","custom":null}"#, #"{"id":"u","name":"B","image":null,"custom":null}"#),
            ]
            for (body, user) in calls {
                let answer = try await server.answer(.post("/tokens", key: key, body))
                #expect(answer.text.contains(#""user":\#(user),"#), "\(body)")
                try await expectTokens(of: answer, toTell: tokenClaims, by: key, server)
            }
        }
    }

    /// The tokens verify and say of the user what the answer says, as far as they tell of him.
    private func expectTokens(
        of answer: HTTPAnswer, toTell tokenClaims: [String], by key: String, _ server: TestServer
    ) async throws {
        let (json, user) = (try answer.json, try #require(try answer.json["user"]))
        for (member, type) in [("token", "rest"), ("wsToken", "ws")] {
            let token = try #require(json[member]?.string)
            let claims = try IssueTests.payload(token)
            if type == "ws" {
                #expect(claims["info"]?["name"]?.string == user["name"]?.string)
                #expect(claims["info"]?["image"]?.string == user["image"]?.string)
            }
            let told = tokenClaims.isEmpty ? nil : user["custom"]?["a"]?.integer
            #expect(claims["custom"]?["a"]?.integer == told, "\(member)")
            let verdict = try await server.answer(.post("/verify", key: key, VerifyTests.question(token, type)))
            #expect(verdict.text.contains(#""valid":true"#), "\(verdict.text)")
        }
    }
}
