import Domain
import Testing
import Tokens

@Suite("/operator/plans")
struct PlansTests {
    private func patch(_ path: String, _ key: String, _ json: String) -> Ask {
        var ask = Ask.post(path, key: key, json)
        ask.method = "PATCH"
        return ask
    }

    @Test("200, 201, 204: a plan is made, listed, changed and removed, and a change is in force with its answer")
    func life() async throws {
        try await withServer { server in
            let root = try server.keys.create(for: .operator, name: "o").text
            let made = try await server.answer(
                .post(
                    "/operator/plans", key: root,
                    #"{"id":"team","rate":5,"burst":6,"quota":7,"userRate":{"pairs":10,"windowSeconds":900}}"#))
            #expect(made.status == 201)
            #expect(try made.json["name"]?.string == "team" && made.json["keyRate"]?.isNull == true)
            #expect(try made.json["userRate"]?["windowSeconds"]?.integer == 900)
            let listed = try await server.answer(Ask("GET", "/operator/plans", key: root)).json["plans"]?.array ?? []
            #expect(listed.compactMap { $0["id"]?.string } == ["enterprise", "free", "pro", "team"])
            #expect(listed[1]["createdAt"]?.isNull == true && listed[3]["createdAt"]?.string != nil)

            let tenant = try await server.answer(
                .post("/operator/tenants", key: root, #"{"id":"acme","plan":"team"}"#)
            ).json
            #expect(tenant["plan"]?.string == "team" && tenant["quota"]?.integer == 7)
            let key = try server.key(try #require(Tenant.ID("acme")))
            let first = try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#))
            #expect(first["ratelimit-policy"] == #""tenant";q=6;w=2, "user";q=10;w=900"#)
            let changed = try await server.answer(
                patch("/operator/plans/team", root, #"{"burst":9,"userRate":null,"name":"Team"}"#))
            #expect(try changed.json["burst"]?.integer == 9 && changed.json["rate"]?.integer == 5)
            let next = try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#))
            #expect(next["ratelimit-policy"] == #""tenant";q=9;w=2"#)

            let used = try await server.answer(Ask("DELETE", "/operator/plans/team", key: root))
            #expect(used.status == 409 && used.code == "conflict")
            _ = try await server.answer(patch("/operator/tenants/acme", root, #"{"plan":"free"}"#))
            #expect(try await server.answer(Ask("DELETE", "/operator/plans/team", key: root)).status == 204)
            #expect(try await server.answer(Ask("GET", "/operator/plans/team", key: root)).status == 404)
            #expect(try await server.answer(Ask("DELETE", "/operator/plans/team", key: root)).status == 404)
        }
    }

    @Test("a tenant narrows what its plan allows a user and a key, and cannot widen it")
    func narrowing() async throws {
        try await withServer { server in
            let root = try server.keys.create(for: .operator, name: "o").text
            for (path, body) in [
                (
                    "/operator/plans",
                    #"{"id":"team","rate":5,"burst":6,"quota":7,"userRate":{"pairs":2,"windowSeconds":60},"#
                        + #""keyRate":{"rate":3,"burst":4}}"#
                ), ("/operator/tenants", #"{"id":"acme","plan":"team"}"#),
            ] {
                #expect(try await server.answer(.post(path, key: root, body)).status == 201)
            }
            let acme = try #require(Tenant.ID("acme"))
            let (key, admin) = (try server.key(acme), try server.key(acme, .admin))
            let id = try #require(key.split(separator: "_").last?.prefix(12))
            for (pairs, burst, held, made) in [(100, 100, 2, 4), (1, 1, 1, 1)] {
                server.clock.advance(milliseconds: 60_000)
                try server.follow()
                let user = #"{"userRate":{"pairs":\#(pairs),"windowSeconds":60}}"#
                #expect(try await server.answer(patch("/admin/tenant", admin, user)).status == 200)
                let terms = #"{"rateLimit":{"rate":\#(burst),"burst":\#(burst)}}"#
                #expect(try await server.answer(patch("/admin/keys/\(id)", admin, terms)).status == 200)
                let limits = try await server.answer(Ask("GET", "/usage", key: key)).json["limits"]
                #expect(limits?["user"]?["pairs"]?.integer == Int64(held))
                #expect(limits?["key"]?["burst"]?.integer == Int64(made))
                let issued = try await server.answer(.post("/tokens", key: key, #"{"userId":"u\#(pairs)"}"#))
                let policy = try #require(issued["ratelimit-policy"])
                #expect(policy.contains(#""user";q=\#(held);w="#) && policy.contains(#""key";q=\#(made);w="#))
            }
        }
    }

    @Test(
        "400: limits that are missing or out of bounds, each named",
        arguments: [
            (#"{"id":"x"}"#, ["rate", "burst", "quota"]), (#"{"id":"X","rate":1,"burst":1,"quota":1}"#, ["id"]),
            (#"{"id":"x","rate":0,"burst":1000001,"quota":-1}"#, ["rate", "burst", "quota"]),
            (#"{"id":"x","rate":1,"burst":1,"quota":1,"keyRate":{"rate":1}}"#, ["keyRate"]),
            (#"{"id":"x","rate":1,"burst":1,"quota":1,"keyRate":{"rate":1000001,"burst":1}}"#, ["keyRate.rate"]),
            (#"{"id":"x","rate":1,"burst":1,"quota":1,"userRate":{"pairs":1,"windowSeconds":86401}}"#, ["userRate"]),
            (#"{"id":"x","rate":1,"burst":1,"quota":1,"other":1}"#, ["other"]),
        ])
    func bad(body: String, fields: [String]) async throws {
        try await withServer { server in
            let root = try server.keys.create(for: .operator, name: "o").text
            let answer = try await server.answer(.post("/operator/plans", key: root, body))
            #expect(answer.status == 400 && answer.complaints == fields)
        }
    }

    @Test("400 and 409: a tenant of a plan there is not, a plan there is already")
    func unknown() async throws {
        try await withServer { server in
            let root = try server.keys.create(for: .operator, name: "o").text
            let tenant = try await server.answer(
                .post("/operator/tenants", key: root, #"{"id":"acme","plan":"gold"}"#))
            #expect(tenant.status == 400 && tenant.complaints == ["plan"])
            let taken = try await server.answer(
                .post("/operator/plans", key: root, #"{"id":"free","rate":1,"burst":1,"quota":1}"#))
            #expect(taken.status == 409)
        }
    }
}
