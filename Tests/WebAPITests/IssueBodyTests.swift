import Domain
import Testing
import Tokens

@Suite("Every field of POST /tokens has its rule, and a field that breaks it is named")
struct IssueBodyTests {
    private static let long = String(repeating: "x", count: 256)

    /// The members after `userId`, and the field that is wrong with them.
    private static let refused: [(String, String)] = [
        // name
        (#""name":1"#, "name"), (#""name":"\#(long)""#, "name"), (#""name":"a\u0000""#, "name"),
        (#""name":"a\u0085""#, "name"), ("\"name\":\"a\u{7F}\"", "name"), (#""name":{}"#, "name"),
        // image
        (#""image":true"#, "image"), (#""image":"""#, "image"), (#""image":"a.example""#, "image"),
        (#""image":"ftp://a.example""#, "image"), (#""image":"//a.example""#, "image"),
        (#""image":"https://""#, "image"),
        (#""image":"https:///x""#, "image"), (#""image":"https://a b""#, "image"),
        (#""image":"https://a\u0001""#, "image"),
        (#""image":"https://ä.example""#, "image"), (#""image":"https://a.example/%zz""#, "image"),
        (#""image":"https://a.example/%4""#, "image"), (#""image":"javascript:alert(1)""#, "image"),
        (#""image":"https://a.example/\"onload=""#, "image"), (#""image":"https://a.example/<x>""#, "image"),
        (#""image":"https://a/\#(String(repeating: "x", count: 2_039))""#, "image"),
        (#""image":"https://@a""#, "image"), (#""image":"https://a#b#c""#, "image"),
        (#""image":"https://[::1""#, "image"), (#""image":"https://[::1]x/""#, "image"),
        (#""image":"https://[]/""#, "image"), (#""image":"https://[a]/""#, "image"),
        (#""image":"https://[1.2.3.4]/""#, "image"), (#""image":"https://x]y/""#, "image"),
        (#""image":"https://x[y/""#, "image"), (#""image":"https://x:abc/""#, "image"),
        (#""image":"https://a:b:c/""#, "image"), (#""image":"https://a:1:2/""#, "image"),
        (#""image":"https://x:65536/""#, "image"), (#""image":"https://x:99999999/""#, "image"),
        (#""image":"https://[::1]:65536""#, "image"), (#""image":"https://user@""#, "image"),
        (#""image":"https://user@/x""#, "image"), (#""image":"https://x@:80/""#, "image"),
        (#""image":"https://a@b@c/""#, "image"), (#""image":"https://a[@b/""#, "image"),
        // custom
        (#""custom":[]"#, "custom"), (#""custom":"{}""#, "custom"), (#""custom":1"#, "custom"),
        (#""custom":{"a":"\#(String(repeating: "x", count: 5_113))"}"#, "custom"),
        (#""custom":\#(String(repeating: #"{"a":"#, count: 16))[1]\#(String(repeating: "}", count: 16))"#, "custom"),
        (#""custom":\#(String(repeating: #"{"a":"#, count: 500))1\#(String(repeating: "}", count: 500))"#, "custom"),
        (#""name":\#(nested(100))"#, "name"), (#""channels":["a",\#(nested(100))]"#, "channels[1]"),
        // expiresIn
        (#""expiresIn":59"#, "expiresIn"), (#""expiresIn":86401"#, "expiresIn"), (#""expiresIn":3600.5"#, "expiresIn"),
        (#""expiresIn":1e1"#, "expiresIn"), (#""expiresIn":"3600""#, "expiresIn"), (#""expiresIn":null"#, "expiresIn"),
        (#""expiresIn":-60"#, "expiresIn"), (#""expiresIn":99999999999999999999"#, "expiresIn"),
        (#""expiresIn":59.99999999999999999999"#, "expiresIn"),
        (#""expiresIn":86400.00000000000000000001"#, "expiresIn"), (#""expiresIn":0.6e1"#, "expiresIn"),
        (#""expiresIn":1e-400"#, "expiresIn"), (#""expiresIn":1e99999999999999999999"#, "expiresIn"),
        (#""expiresIn":-0"#, "expiresIn"), (#""expiresIn":0e99999999999999999999"#, "expiresIn"),
        // refresh
        (#""refresh":1"#, "refresh"), (#""refresh":"true""#, "refresh"), (#""refresh":null"#, "refresh"),
        // channels
        (#""channels":"news""#, "channels"), (#""channels":{}"#, "channels"), (#""channels":[1]"#, "channels[0]"),
        (#""channels":["a",""]"#, "channels[1]"), (#""channels":["a","b\u0000"]"#, "channels[1]"),
        (#""channels":["a","b",["c"]]"#, "channels[2]"), (#""channels":["\#(long)"]"#, "channels[0]"),
        (#""channels":[\#(Array(repeating: #""c""#, count: 65).joined(separator: ","))]"#, "channels"),
        // members that are none
        (#""user_id":"u""#, "user_id"), (#""Name":"A""#, "Name"), (#""":1"#, ""), (#""cust\u006Fm2":{}"#, "custom2"),
        (#""x":\#(nested(17))"#, "x"), (#""x":\#(nested(511))"#, "x"),
    ]

    private static func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    /// Members that are as long, as deep and as odd as they may be.
    private static let accepted: [String] = [
        #""name":"""#, #""name":"\#(String(repeating: "x", count: 255))""#,
        #""name":"\#(String(repeating: "🙂", count: 255))""#,
        #""name":null"#, #""name":"\u00e9\ud83d\ude42""#, #""image":null"#, #""image":"http://a""#,
        #""image":"HTTPS://a.example:8443/x?y=%20z#f""#, #""image":"https://[::1]/x""#,
        #""image":"https://a:b@c.example:/""#, #""image":"https://[::ffff:1.2.3.4]:65535""#,
        #""image":"https://%41.example?a[]=1""#, #""image":"https://a?x@y:z""#, #""image":"https://a#x@y:z""#,
        #""image":"http://a/b@c:d/[e]?f:g#h?/:@""#,
        #""image":"https://a/\#(String(repeating: "x", count: 2_038))""#, #""custom":null"#, #""custom":{}"#,
        #""custom":{"a":"\#(String(repeating: "x", count: 5_112))"}"#,
        #""custom":\#(String(repeating: #"{"a":"#, count: 15))[1]\#(String(repeating: "}", count: 15))"#,
        #""custom":{"a":1e400,"b":123456789012345678901234567890}"#, #""expiresIn":60"#, #""expiresIn":86400"#,
        #""expiresIn":3600.0"#, #""expiresIn":1e4"#, #""expiresIn":6e1"#, #""expiresIn":60.0"#,
        #""expiresIn":0.6E+2"#, #""expiresIn":60000e-3"#, #""expiresIn":86400.000000000000000000000000000000"#,
        #""refresh":false"#, #""channels":[]"#, #""channels":["\#(String(repeating: "x", count: 255))"]"#,
        #""channels":[\#(Array(repeating: #""c""#, count: 64).joined(separator: ","))]"#, #""n\u0061me":"A""#,
    ]

    @Test("a value that breaks its rule is 400 and names the field")
    func refusals() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let answers = try await server.answers(
                Self.refused.map { .post("/tokens", key: key, #"{"userId":"u",\#($0.0)}"#) })
            #expect(answers.count == Self.refused.count)
            for (answer, (member, field)) in zip(answers, Self.refused) {
                #expect(answer.status == 400 && answer.code == "invalid_request", "\(member)")
                #expect(answer.complaints == [field], "\(member)")
            }
        }
    }

    @Test("a value at the edge of its rule is 200")
    func edges() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let answers = try await server.answers(
                Self.accepted.map { .post("/tokens", key: key, #"{"userId":"u",\#($0)}"#) })
            #expect(answers.count == Self.accepted.count)
            for (answer, member) in zip(answers, Self.accepted) {
                #expect(answer.status == 200, "\(member): \(answer.text)")
            }
        }
    }

    @Test(
        "a user identifier that is missing, of another type, too long or with control characters is named",
        arguments: [
            "{}", #"{"userId":1}"#, #"{"userId":null}"#, #"{"userId":""}"#, #"{"userId":"\#(long)"}"#,
            #"{"userId":"a\u0000"}"#, "{\"userId\":\"a\u{80}\"}", #"{"userId":["u"]}"#,
        ])
    func users(body: String) async throws {
        try await withServer { server in
            let answer = try await server.answer(.post("/tokens", key: try server.key(try server.addTenant()), body))
            #expect(answer.status == 400 && answer.complaints == ["userId"])
        }
    }

    @Test("all that is wrong is said at once, in the order of the body")
    func everything() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            for life in [#""4""#, "59", "86401"] {
                let members = #""x":1,"name":1,"image":2,"custom":3,"expiresIn":\#(life),"refresh":5,"channels":6"#
                let answer = try await server.answer(.post("/tokens", key: key, #"{\#(members),"y":null}"#))
                #expect(
                    answer.complaints
                        == ["x", "name", "image", "custom", "expiresIn", "refresh", "channels", "y", "userId"])
            }
        }
    }

    @Test("custom metadata comes back and stays in the database as it came, digit by digit, without white space")
    func verbatim() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let custom =
                #"{ "b" : 1.10 , "a" : [ 1E5 , -0 , "x y\u00e9\/" ] , "12345678901234567890": 0.1000000000000000055 }"#
            let compact = #"{"b":1.10,"a":[1E5,-0,"x y\u00e9\/"],"12345678901234567890":0.1000000000000000055}"#
            let answer = try await server.answer(.post("/tokens", key: key, #"{"userId":"u","custom":\#(custom)}"#))
            #expect(answer.text.contains(#""custom":\#(compact)}"#))
            let stored = try server.parts.storage.user(tenant, try #require(User.ID("u")))
            #expect(stored?.custom == Array(compact.utf8))
        }
    }

    @Test("a tenant's own longest life is the most that expiresIn may be")
    func tokenLife() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant { $0.tokenLife = 600 })
            let refused = try await server.answer(.post("/tokens", key: key, #"{"userId":"u","expiresIn":601}"#))
            #expect(refused.complaints == ["expiresIn"])
            let answer = try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#))
            #expect(try answer.json["expiresIn"]?.integer == 600)
        }
    }
}
