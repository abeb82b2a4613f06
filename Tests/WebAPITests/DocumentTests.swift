import Domain
import SQLiteStorage
import Testing
import Tokens
import WebAPI

@Suite("GET /t/{tenant}/.well-known/jwks.json")
struct JWKSTests {
    private static let path = "/t/acme/.well-known/jwks.json"

    @Test("200: the public keys that verify, cacheable, and never a secret")
    func keys() async throws {
        try await withServer { server in
            let tenant = try server.addTenant("acme", .es256)
            let standby = try server.signingKeys.create(for: tenant, algorithm: .edDSA)
            _ = try server.signingKeys.create(for: tenant, algorithm: .hs256)
            let revoked = try server.signingKeys.create(for: tenant, algorithm: .es256)
            _ = try server.signingKeys.revoke(revoked.kid, of: tenant)
            let answer = try await server.answer(Ask("GET", Self.path))
            #expect(answer.status == 200 && answer["content-type"] == "application/json")
            #expect(answer["cache-control"] == "public, max-age=300")
            let keys = try #require(try answer.json["keys"]?.array)
            #expect(Set(keys.compactMap { $0["alg"]?.string }) == ["ES256", "EdDSA"] && keys.count == 2)
            #expect(keys.contains { $0["kid"]?.string == standby.kid })
            #expect(keys.allSatisfy { $0["d"] == nil && $0["k"] == nil && $0["use"]?.string == "sig" })
        }
    }

    @Test("200: a tenant that signs with a secret publishes an empty set")
    func secret() async throws {
        try await withServer { server in
            try server.addTenant()
            #expect(try await server.answer(Ask("GET", Self.path)).text == #"{"keys":[]}"#)
        }
    }

    @Test("304: for every way in which If-None-Match can name the tag; 200 for another tag and after a new key")
    func entityTags() async throws {
        try await withServer { server in
            let tenant = try server.addTenant("acme", .edDSA)
            let tag = try #require(try await server.answer(Ask("GET", Self.path))["etag"])
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.utf8.count > 10)
            for field in [tag, "W/\(tag)", "*", "\"x\", \(tag)", "\"x\",\(tag) , \"y\"", "\"x\",\t\(tag)\t,\"y\""] {
                let answer = try await server.answer(Ask("GET", Self.path, [("If-None-Match", field)]))
                #expect(answer.status == 304 && answer.body.isEmpty && answer["etag"] == tag, "\(field)")
                #expect(answer["content-length"] == nil)
            }
            let fields = [("If-None-Match", "\"x\""), ("If-None-Match", tag)]
            #expect(try await server.answer(Ask("GET", Self.path, fields)).status == 304)
            for field in ["\"x\"", String(tag.dropLast()), "", "W/\"x\""] {
                #expect(
                    try await server.answer(Ask("GET", Self.path, [("If-None-Match", field)])).status == 200, "\(field)"
                )
            }
            _ = try server.signingKeys.create(for: tenant)
            try server.follow()
            let changed = try await server.answer(Ask("GET", Self.path, [("If-None-Match", tag)]))
            #expect(changed.status == 200 && changed["etag"] != tag)
        }
    }

    @Test(
        "404: a tenant that does not exist, or whose name is none",
        arguments: ["nobody", "ACME", "", "a%62c", "a/b", ".."])
    func unknown(tenant: String) async throws {
        try await withServer { server in
            try server.addTenant("abc")
            let answer = try await server.answer(Ask("GET", "/t/\(tenant)/.well-known/jwks.json"))
            #expect(answer.status == 404 && answer.code == "not_found")
        }
    }

    @Test("HEAD has the fields of GET and no body; a query changes nothing; POST is 405")
    func methods() async throws {
        try await withServer { server in
            try server.addTenant("acme", .edDSA)
            let get = try await server.answer(Ask("GET", Self.path + "?x=y"))
            let head = try await server.answer(Ask("HEAD", Self.path))
            #expect(
                head.status == 200 && head["etag"] == get["etag"] && head["content-length"] == get["content-length"])
            let post = try await server.answer(.post(Self.path, key: nil, "{}"))
            #expect(post.status == 405 && post["allow"] == "GET, HEAD")
        }
    }
}

@Suite("What needs no key")
struct OpenDocumentTests {
    @Test("discovery names the issuer and its key set; 404 for a tenant that does not exist")
    func discovery() async throws {
        try await withServer { server in
            try server.addTenant()
            let path = "/.well-known/oauth-authorization-server/t/"
            let answer = try await server.answer(Ask("GET", path + "acme"))
            #expect(answer.status == 200)
            #expect(try answer.json["issuer"]?.string == "https://chat.example/t/acme")
            #expect(
                try answer.json["jwks_uri"]?.string == "https://chat.example/t/acme/.well-known/jwks.json")
            #expect(try await server.answer(Ask("GET", path + "nobody")).status == 404)
        }
    }

    @Test("the description and its page are served whole")
    func description() async throws {
        try await withServer { server in
            let description = try await server.answer(Ask("GET", "/openapi.yaml"))
            #expect(description.status == 200 && description.text == OpenAPIDocument.text)
            let page = try await server.answer(Ask("GET", "/docs"))
            #expect(page.status == 200 && page["content-type"] == "text/html; charset=utf-8")
            #expect(page["content-security-policy"] != nil)
        }
    }

    @Test("healthz says that the process lives, readyz that it can do its work")
    func health() async throws {
        try await withServer { server in
            #expect(try await server.answer(Ask("GET", "/healthz")).text == #"{"status":"ok"}"#)
            let ready = try await server.answer(Ask("GET", "/readyz"))
            #expect(ready.status == 200)
            #expect(try ready.json["status"]?.string == "ready" && ready.json["checks"]?["disk"]?.string == "ok")
        }
    }

    @Test("503: readyz names what is wrong, healthz is not moved by it")
    func notReady() async throws {
        try await withServer { server in
            server.clock.advance(milliseconds: 31_000)
            let stale = try await server.answer(Ask("GET", "/readyz"))
            #expect(stale.status == 503 && stale.code == "not_ready" && stale.text.contains("change log"))
            try server.parts.database.close()
            server.clock.advance(milliseconds: 2_000)
            let broken = try await server.answer(Ask("GET", "/readyz"))
            #expect(broken.status == 503 && broken.text.contains("database"))
            #expect(try await server.answer(Ask("GET", "/healthz")).status == 200)
        }
    }

    @Test(
        "404 for a path that is none, 405 with Allow for a method that the path does not know",
        arguments: [
            ("GET", "/", 404, nil), ("GET", "/token", 404, nil), ("POST", "/tokens/", 404, nil),
            ("GET", "/Tokens", 404, nil),
            ("GET", "/tokens", 405, "POST"), ("DELETE", "/verify", 405, "POST, GET, HEAD"),
            ("PUT", "/healthz", 405, "GET, HEAD"),
            ("POST", "/docs", 405, "GET, HEAD"), ("OPTIONS", "/tokens", 405, "POST"),
        ] as [(String, String, Int, String?)])
    func routes(method: String, path: String, status: Int, allow: String?) async throws {
        try await withServer { server in
            let answer = try await server.answer(Ask(method, path))
            #expect(answer.status == status && answer["allow"] == allow)
            #expect(answer.code == (status == 404 ? "not_found" : "method_not_allowed"))
            #expect(answer["content-type"] == "application/problem+json")
        }
    }
}
