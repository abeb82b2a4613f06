import Domain
import Testing
import Tokens

@Suite("/users")
struct UsersTests {
    private func ask(
        _ method: String, _ path: String, _ key: String, _ json: String? = nil, type: String = "application/json"
    ) -> Ask {
        var ask = Ask(method, path, key: key, json == nil ? [] : [("Content-Type", type)])
        ask.body = json.map { Array($0.utf8) }
        return ask
    }

    private func text(_ answer: HTTPAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }

    @Test("PUT creates, then replaces the whole profile; GET reads it back to the last digit")
    func put() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant(), [.readUsers, .writeUsers])
            let body =
                #"{"name":"Zoë","image":"https://z.example/a","custom":{"n":1.00,"big":12345678901234567890123}}"#
            let created = try await server.answer(ask("PUT", "/users/zoe", key, body))
            #expect(created.status == 201)
            let read = try await server.answer(Ask("GET", "/users/zoe", key: key))
            #expect(read.status == 200 && text(read) == text(created))
            #expect(text(read).contains(#""custom":{"n":1.00,"big":12345678901234567890123},"status":"active""#))
            let replaced = try await server.answer(ask("PUT", "/users/zoe", key, #"{"name":"Z"}"#))
            #expect(replaced.status == 200)
            let json = try replaced.json
            #expect(json["name"]?.string == "Z" && json["image"]?.isNull == true && json["custom"]?.isNull == true)
            for (body, complaints) in [
                (#"{"name":1}"#, ["name"]), (#"{"image":"ftp://x"}"#, ["image"]), (#"{"custom":[]}"#, ["custom"]),
                (#"{"userId":"zoe"}"#, ["userId"]), (#"{"status":"active"}"#, ["status"]),
            ] {
                let answer = try await server.answer(ask("PUT", "/users/zoe", key, body))
                #expect(answer.status == 400 && answer.complaints == complaints, "\(body)")
            }
            #expect(try await server.answer(ask("PUT", "/users/zoe", key, "{}", type: "text/plain")).status == 415)
            #expect(try await server.answer(ask("PUT", "/users/%FF", key, "{}")).complaints == ["userId"])
            #expect(try await server.answer(ask("PUT", "/users/%0A", key, "{}")).status == 400)
            #expect(try await server.answer(Ask("GET", "/users/nobody", key: key)).status == 404)
        }
    }

    @Test(
        "Any identifier can stand in a path, percent-encoded",
        arguments: [
            ("a%2Fb", "a/b"), ("a%2fb%3Fc%23d", "a/b?c#d"), ("%E2%82%AC%20x", "€ x"), ("100%25", "100%"),
            ("a+b", "a+b"), ("batch", "batch"), ("%2E%2E", ".."), ("e%CC%81", "e\u{301}"), ("%7BuserId%7D", "{userId}"),
            ("reactivate", "reactivate"), ("%62atch", "batch"),
        ])
    func identifiers(path: String, id: String) async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant(), .admin)
            let created = try await server.answer(ask("PUT", "/users/\(path)", key, "{}"))
            #expect(created.status == 201)
            #expect(try created.json["id"]?.string.map { Array($0.utf8) } == Array(id.utf8))
            #expect(try await server.answer(ask("PATCH", "/users/\(path)", key, #"{"name":"n"}"#)).status == 200)
            #expect(try await server.answer(Ask("GET", "/users/\(path)", key: key)).json["name"]?.string == "n")
            #expect(try await server.answer(Ask("HEAD", "/users/\(path)", key: key)).status == 200)
            #expect(try await server.answer(Ask("POST", "/users/\(path)/reactivate", key: key)).status == 200)
            #expect(try await server.answer(Ask("DELETE", "/users/\(path)?purge=true", key: key)).status == 204)
            #expect(try await server.answer(Ask("DELETE", "/users/\(path)", key: key)).status == 404)
        }
    }

    @Test("PATCH merges custom as JSON and leaves every other digit alone")
    func patch() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant(), [.readUsers, .writeUsers])
            let body = #"{"name":"A","custom":{"n":1.00,"deep":{"e":1E400,"x":1},"gone":1}}"#
            _ = try await server.answer(ask("PUT", "/users/u", key, body))
            let patch = #"{"name":null,"custom":{"deep":{"x":0.10},"gone":null,"new":{"a":null}}}"#
            for type in ["application/merge-patch+json", "application/json"] {
                let answer = try await server.answer(ask("PATCH", "/users/u", key, patch, type: type))
                #expect(answer.status == 200)
                #expect(text(answer).contains(#""custom":{"n":1.00,"deep":{"e":1E400,"x":0.10},"new":{}}"#))
                #expect(text(answer).contains(#""name":null"#), "a tree would not read 1E400")
            }
            let large = #"{"custom":{"filler":"\#(String(repeating: "x", count: 5_090))"}}"#
            let refused = try await server.answer(ask("PATCH", "/users/u", key, large))
            #expect(refused.status == 400 && refused.complaints == ["custom"], "the result would be too large")
            let kept = try await server.answer(Ask("GET", "/users/u", key: key))
            #expect(text(kept).contains(#""custom":{"n":1.00,"deep":{"e":1E400,"x":0.10},"new":{}}"#))
            #expect(
                try await server.answer(ask("PATCH", "/users/u", key, #"{"custom":{"n":null,"n":1}}"#)).status == 400)
            #expect(
                try await server.answer(ask("PATCH", "/users/u", key, #"{"custom":null}"#)).json["custom"]?.isNull
                    == true)
            #expect(try await server.answer(ask("PATCH", "/users/nobody", key, "{}")).status == 404)
            #expect(try await server.answer(ask("PATCH", "/users/u", key, "[]")).status == 400)
        }
    }

    @Test("A batch answers each entry, and stores what is acceptable")
    func batch() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant(), [.readUsers, .writeUsers])
            let body =
                #"{"users":[{"userId":"a","name":"A","custom":{"n":1.0}},{"userId":""},{"name":"x"},"#
                + #"{"userId":"a","image":"http://a.example/"},{"userId":"b","custom":1,"x":1},7,{"userId":"c"}]}"#
            let answer = try await server.answer(ask("POST", "/users/batch", key, body))
            #expect(answer.status == 200)
            let results = try #require(try answer.json["results"]?.array)
            #expect(results.map { $0["status"]?.integer } == [201, 400, 400, 200, 400, 400, 201])
            #expect(results[3]["user"]?["name"]?.string == "A" && results[3]["user"]?["id"]?.string == "a")
            let fields = results[4]["errors"]?.array?.compactMap { $0["field"]?.string }
            #expect(fields == ["custom", "x"] && results[4]["code"]?.string == "invalid_request")
            #expect(text(answer).contains(#""custom":{"n":1.0}"#))
            #expect(try await server.answer(Ask("GET", "/users/b", key: key)).status == 404)
            #expect(try await server.answer(Ask("GET", "/users/c", key: key)).status == 200)
            func many(_ count: Int) -> String {
                #"{"users":["# + (0..<count).map { #"{"userId":"m\#($0)"}"# }.joined(separator: ",") + "]}"
            }
            #expect(try await server.answer(ask("POST", "/users/batch", key, many(100))).status == 200)
            for body in [many(101), many(0), "{}", #"{"users":{}}"#, #"{"users":[],"x":1}"#] {
                #expect(try await server.answer(ask("POST", "/users/batch", key, body)).status == 400, "\(body)")
            }
            let wide =
                #"{"users":["#
                + (0..<100).map {
                    #"{"userId":"w\#($0)","custom":{"x":"\#(String(repeating: "y", count: 5_112))"}}"#
                }.joined(separator: ",") + "]}"
            #expect(try await server.answer(ask("POST", "/users/batch", key, wide)).status == 200)
        }
    }

    @Test("A list comes in pages with an opaque cursor, each user once, by status")
    func list() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant(), [.readUsers, .writeUsers])
            for id in ["b", "a", "d%2F1", "c"] { _ = try await server.answer(ask("PUT", "/users/\(id)", key, "{}")) }
            let first = try await server.answer(Ask("GET", "/users?limit=2", key: key)).json
            #expect(first["users"]?.array?.compactMap { $0["id"]?.string } == ["a", "b"])
            let cursor = try #require(first["nextCursor"]?.string)
            let rest = try await server.answer(Ask("GET", "/users?limit=2&cursor=\(cursor)", key: key)).json
            #expect(rest["users"]?.array?.compactMap { $0["id"]?.string } == ["c", "d/1"])
            #expect(rest["nextCursor"]?.isNull == true)
            _ = try await server.answer(Ask("DELETE", "/users/c", key: key))
            let gone = try await server.answer(Ask("GET", "/users?status=deactivated", key: key)).json
            #expect(gone["users"]?.array?.compactMap { $0["id"]?.string } == ["c"])
            for query in ["limit=0", "limit=101", "limit=x", "cursor=%3F", "cursor=", "status=x", "page=1"] {
                #expect(try await server.answer(Ask("GET", "/users?\(query)", key: key)).status == 400, "\(query)")
            }
        }
    }
}
