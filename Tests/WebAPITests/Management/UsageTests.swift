import Domain
import Testing
import Tokens

@Suite("/usage, /admin/usage and /admin/limits/shadow")
struct UsageTests {
    private func patch(_ path: String, _ key: String, _ json: String) -> Ask {
        var ask = Ask.post(path, key: key, json)
        ask.method = "PATCH"
        return ask
    }

    private func issue(_ server: TestServer, _ key: String, _ user: String = "u") async throws -> HTTPAnswer {
        try await server.answer(.post("/tokens", key: key, #"{"userId":"\#(user)"}"#))
    }

    @Test("GET /usage tells any key of the tenant what is left, and until when")
    func quota() async throws {
        try await withServer { server in
            let acme = try server.addTenant {
                ($0.rate, $0.burst, $0.quota) = (.set(3), .set(4), .set(2))
                $0.userRate = UserRate(pairs: 10, window: 900).map { .set($0) } ?? .keep
            }
            let key = try server.key(acme, .issue)
            let first = try await server.answer(Ask("GET", "/usage", key: key)).json
            #expect(first["tenant"]?.string == "acme" && first["plan"]?.string == "free")
            #expect(first["quota"]?.integer == 2 && first["used"]?.integer == 0 && first["remaining"]?.integer == 2)
            let seconds = Month.secondsLeft(at: server.clock.now)
            let end = Timestamp(seconds: server.clock.now.seconds + seconds).description
            #expect(first["resetsAt"]?.string == end && end.hasSuffix("-01T00:00:00Z"))
            #expect(first["limits"]?["tenant"]?["burst"]?.integer == 4)
            #expect(first["limits"]?["key"]?.isNull == true && first["limits"]?["user"]?["pairs"]?.integer == 10)
            for _ in 0..<2 { #expect(try await issue(server, key).status == 200) }
            let last = try await server.answer(Ask("GET", "/usage", key: key)).json
            #expect(last["used"]?.integer == 2 && last["remaining"]?.integer == 0)
            let refused = try await issue(server, key)
            #expect(refused.code == "quota_exceeded" && refused["retry-after"] == String(seconds))
            #expect(try refused.json["resetsAt"]?.string == end && refused.json["policy"]?.string == "quota")
            #expect(try await server.answer(Ask("GET", "/usage?x=1", key: key)).status == 400)
        }
    }

    @Test("usage is grouped in the ways that are told, and of a tenant that is there")
    func groupings() async throws {
        try await withServer { server in
            let root = try server.keys.create(for: .operator, name: "root").text
            _ = try server.addTenant()
            for (query, tenant, status) in [
                ("?by=day,key", "acme", 200), ("?by=key", "acme", 200), ("?by=key,day", "acme", 400),
                ("?by=day,day", "acme", 400), ("", "never-was", 404),
            ] {
                let ask = Ask("GET", "/admin/usage\(query)", key: root, [("X-Chat-Tenant", tenant)])
                #expect(try await server.answer(ask).status == status, "\(query) \(tenant)")
            }
        }
    }

    @Test("429 rate_limited names the user's limit, and another user is served")
    func perUser() async throws {
        try await withServer { server in
            let acme = try server.addTenant {
                $0.userRate = UserRate(pairs: 2, window: 60).map { .set($0) } ?? .keep
            }
            let key = try server.key(acme)
            let first = try await issue(server, key, "a")
            #expect(first["ratelimit"]?.hasSuffix(#", "user";r=1;t=30"#) == true)
            #expect(try await issue(server, key, "a").status == 200)
            let refused = try await issue(server, key, "a")
            #expect(refused.status == 429 && refused.code == "rate_limited" && refused["retry-after"] == "30")
            #expect(refused["ratelimit-policy"] == #""user";q=2;w=60"# && refused["ratelimit"] == #""user";r=0;t=30"#)
            #expect(try refused.json["policy"]?.string == "user")
            #expect(try await issue(server, key, "b").status == 200)
            let bad = try await server.answer(.post("/tokens", key: key, #"{"userId":1}"#))
            #expect(bad.status == 400 && bad["ratelimit-policy"]?.hasPrefix(#""tenant""#) == true)
            server.clock.advance(milliseconds: 30_000)
            try server.follow()
            #expect(try await issue(server, key, "a").status == 200)
        }
    }

    @Test("limits that only report let pass, and are listed with what they would have refused")
    func shadow() async throws {
        try await withServer { server in
            let acme = try server.addTenant {
                ($0.rate, $0.burst, $0.quota) = (.set(1), .set(2), .set(3))
                $0.userRate = UserRate(pairs: 4, window: 60).map { .set($0) } ?? .keep
                $0.shadow = [.tenant, .quota, .user]
            }
            let (key, admin) = (try server.key(acme), try server.key(acme, .admin))
            for _ in 0..<6 {
                let answer = try await issue(server, key)
                #expect(answer.status == 200 && answer["ratelimit"] == nil, "what only reports is not announced")
            }
            try server.parts.directory.tallies.flush(into: server.parts.storage, at: server.clock.now)
            let report = try await server.answer(Ask("GET", "/admin/limits/shadow", key: admin)).json
            #expect(report["shadow"]?.array?.compactMap(\.string) == ["tenant", "user", "quota"])
            let refusals = report["refusals"]?.array ?? []
            let today = Day(of: server.clock.now).description
            #expect(refusals.allSatisfy { $0["day"]?.string == today })
            #expect(
                refusals.map { "\($0["policy"]?.string ?? "") \($0["count"]?.integer ?? 0)" } == [
                    "quota 3", "tenant 4", "user 2",
                ])
            let cleared = try await server.answer(
                patch("/admin/tenant", admin, #"{"shadow":["quota","tenant"],"userRate":null}"#))
            #expect(try cleared.status == 200 && cleared.json["userRate"]?.isNull == true)
            let beyond = try await server.answer(patch("/admin/tenant", admin, #"{"shadow":[]}"#))
            #expect(beyond.status == 400 && beyond.complaints == ["shadow"], "its operator's limits are not its own")
            let root = try server.keys.create(for: .operator, name: "o").text
            #expect(try await server.answer(patch("/operator/tenants/acme", root, #"{"shadow":[]}"#)).status == 200)
            #expect(try await issue(server, key).status == 429)
        }
    }

    @Test("GET /admin/usage tells pairs, verdicts and refusals by day and by key")
    func report() async throws {
        try await withServer { server in
            let acme = try server.addTenant { ($0.rate, $0.burst) = (.set(1), .set(2)) }
            let (one, two, admin) = (try server.key(acme), try server.key(acme), try server.key(acme, .admin))
            let pair = try await issue(server, one).json
            #expect(try await issue(server, two).status == 200)
            #expect(try await issue(server, two).code == "rate_limited")
            let token = try #require(pair["token"]?.string)
            for _ in 0..<3 {
                _ = try await server.answer(.post("/verify", key: one, #"{"token":"\#(token)","expect":"rest"}"#))
            }
            _ = try await server.answer(.post("/verify", key: one, #"{"token":"\#(token)","expect":"ws"}"#))
            try server.parts.directory.tallies.flush(into: server.parts.storage, at: server.clock.now)
            let today = Day(of: server.clock.now).description

            let byDay = try await server.answer(Ask("GET", "/admin/usage", key: admin)).json
            #expect(byDay["by"]?.string == "day" && byDay["to"]?.string == today)
            let days = byDay["usage"]?.array ?? []
            #expect(days.count == 1 && days[0]["day"]?.string == today && days[0]["key"] == nil)
            for sum in [days[0], try #require(byDay["total"])] {
                #expect(sum["pairs"]?.integer == 2 && sum["verifications"]?["valid"]?.integer == 3)
                #expect(sum["verifications"]?["invalid"]?["token_wrong_kind"]?.integer == 1)
                #expect(sum["refusals"]?["rate_limited"]?.integer == 1)
            }
            let byKey = try await server.answer(Ask("GET", "/admin/usage?by=key&from=\(today)", key: admin)).json
            let keys = Dictionary(
                uniqueKeysWithValues: (byKey["usage"]?.array ?? []).map { ($0["key"]?.string ?? "", $0) })
            let ids = try server.keys.list(of: .tenant(acme)).map(\.id.text)
            #expect(Set(keys.keys).isSubset(of: ids) && keys.count == 2)
            #expect(keys.values.allSatisfy { $0["pairs"]?.integer == 1 })
            #expect(keys.values.compactMap { $0["refusals"]?["rate_limited"]?.integer } == [1])
            let both = try await server.answer(Ask("GET", "/admin/usage?by=day,key", key: admin)).json
            #expect(both["usage"]?.array?.count == 2)
            let before = try await server.answer(
                Ask("GET", "/admin/usage?from=2020-01-01&to=2020-12-31", key: admin)
            ).json
            #expect(before["usage"]?.array?.isEmpty == true && before["total"]?["pairs"]?.integer == 0)
        }
    }

    @Test(
        "400: days that are none, run backwards or are too many",
        arguments: [
            ("from=2026-02-30", "from"), ("to=x", "to"), ("from=2026-01-02&to=2026-01-01", "from"),
            ("from=2020-01-01&to=2021-01-01", "from"), ("by=month", "by"), ("by=", "by"), ("until=2026-01-01", "until"),
        ])
    func bad(query: String, field: String) async throws {
        try await withServer { server in
            let admin = try server.key(try server.addTenant(), .admin)
            let answer = try await server.answer(Ask("GET", "/admin/usage?\(query)", key: admin))
            #expect(answer.status == 400 && answer.complaints == [field])
        }
    }
}
