import Testing
import TokenVerifier
import Tokens

@Suite("A token opens its own door and no other")
struct OfflineVerifierTests {
    private func settings(_ tenant: Tenant) -> OfflineVerifier.Settings {
        var settings = OfflineVerifier.Settings(publicURL: tenant.url, tenants: .only([tenant.name]), expecting: .ws)
        if let secret = tenant.key.algorithm == .hs256 ? tenant.key.jwk(.private) : nil {
            settings.secrets = [tenant.name: [secret]]
        }
        return settings
    }

    private func withTenant<Result: Sendable>(
        _ algorithm: SignatureAlgorithm = .es256, _ clock: TestClock = TestClock(),
        adjust: (inout OfflineVerifier.Settings) -> Void = { _ in },
        _ body: (OfflineVerifier, Tenant) async throws -> Result
    ) async throws -> Result {
        try await Origin.with({ _ in .init() }) { origin in
            let tenant = try Tenant(at: origin.url, algorithm)
            let published = tenant.key.algorithm.isAsymmetric ? tenant.keySet : #"{"keys":[]}"#
            origin.answer { _ in .init(body: published) }
            var settings = settings(tenant)
            adjust(&settings)
            return try await withVerifier(settings, clock) { try await body($0, tenant) }
        }
    }

    @Test("a good token says whose it is, with every algorithm", arguments: SignatureAlgorithm.allCases)
    func good(algorithm: SignatureAlgorithm) async throws {
        try await withTenant(algorithm) { verifier, tenant in
            let verified = try await verifier.verify(tenant.token(["custom": #"{"n":123456789012345678901234567890}"#]))
            #expect(verified.userID == "user-123" && verified.tenant == "acme" && verified.kind == .ws)
            #expect(verified.grantID == Tenant.grant && verified.apiKeyID == "k1" && verified.keyID == tenant.key.kid)
            #expect(verified.expiresAt == TestClock.start + 3_600 && verified.issuedAt == TestClock.start)
            #expect(String(decoding: verified.claims, as: UTF8.self).contains("123456789012345678901234567890"))
        }
    }

    @Test("every other token is refused, and the reason is told", arguments: SignatureAlgorithm.allCases)
    func bad(algorithm: SignatureAlgorithm) async throws {
        try await withTenant(algorithm) { verifier, tenant in
            let good = try tenant.token()
            let parts = good.split(separator: ".").map(String.init)
            let stranger = try Tenant(at: tenant.url, algorithm)
            // Nil: what a changed letter breaks depends on the letter; that the token is refused does not.
            let cases: [(String, Refusal?)] = [
                (
                    try tenant.token(
                        ["aud": "\"chat-api\"", "jti": "\"\(Tenant.grant).rest\""], header: ["typ": "at+jwt"]),
                    .wrongKind
                ),
                (try tenant.token(["aud": "\"chat-api\""]), .wrongAudience),
                (try tenant.token(["exp": "\(TestClock.start)"]), .expired),
                (try tenant.token(["exp": nil]), .malformed),
                (try tenant.token(["exp": "1.9e12"]), .malformed),
                (try tenant.token(["exp": "\"\(TestClock.start + 60)\""]), .malformed),
                (try tenant.token(["sub": nil]), .malformed),
                (try tenant.token(["sub": "\"\""]), .malformed),
                (try tenant.token(["jti": "\"\(Tenant.grant).rest\""]), .malformed),
                (try tenant.token(["jti": "\"019abc00-0000-4000-8000-000000000001.ws\""]), .malformed),
                (try tenant.token(["jti": "\"\(Tenant.grant.uppercased()).ws\""]), .malformed),
                (try tenant.token(["iss": "\"\(tenant.url)/t/globex\""]), .issuerUnknown),
                (try tenant.token(["iss": "\"\(tenant.url)/t/acme/\""]), .issuerUnknown),
                (try tenant.token(["iss": "\"https://evil.example/t/acme\""]), .issuerUnknown),
                (try tenant.token(header: ["typ": "revocations+jwt"]), .malformed),
                (try tenant.token(header: ["jku": "https://evil.example"]), .malformed),
                (try tenant.token(header: ["alg": "none"]), .malformed),
                (try tenant.token(header: ["kid": tenant.key.kid], by: stranger.key), .signatureInvalid),
                (try stranger.token(), .keyUnknown),
                (parts[0] + "." + parts[1] + ".", .malformed),
                (parts[0] + "." + parts[1] + "." + String(parts[2].reversed()), nil),
                (parts[0] + "." + parts[1].replacing("A", with: "B", maxReplacements: 1) + "." + parts[2], nil),
                (good + "=", .malformed), (good + String(repeating: "A", count: 8_192), .malformed),
                ("", .malformed), ("a.b.c", .malformed),
            ]
            #expect(await verifier.refusal(good) == nil)
            for (index, (token, refusal)) in cases.enumerated() {
                let met = await verifier.refusal(token)
                #expect(met != nil && (refusal == nil || met == refusal), "\(index)")
            }
        }
    }

    @Test("a key of one algorithm is never used with another, whatever the header says")
    func confusion() async throws {
        try await withTenant(.rs256) { verifier, tenant in
            let publicKey = try #require(tenant.key.jwk(.public))
            let padded = Array(publicKey.utf8)
            let jwk: JSON = ["kty": "oct", "k": JSON(Base64URL.encode(padded)), "kid": JSON(tenant.key.kid)]
            let secret = try SigningKey(jwk: jwk)
            #expect(try await verifier.refusal(tenant.token(by: secret)) == .signatureInvalid)
        }
    }

    @Test("a shared secret in a public key set is no key")
    func secretInPublic() async throws {
        try await Origin.with({ _ in .init() }) { origin in
            let tenant = try Tenant(at: origin.url, .hs256)
            let published = "{\"keys\":[\(tenant.key.jwk(.private) ?? "")]}"
            origin.answer { _ in .init(body: published) }
            let settings = OfflineVerifier.Settings(publicURL: tenant.url, tenants: .only(["acme"]), expecting: .ws)
            let token = try tenant.token()
            try await withVerifier(settings) { #expect(await $0.refusal(token) == .keyUnknown) }
        }
    }

    @Test("leeway lets a token pass for so long after its end, and no longer")
    func leeway() async throws {
        let clock = TestClock()
        try await withTenant(.es256, clock, adjust: { $0.leeway = .seconds(30) }) { verifier, tenant in
            let token = try tenant.token(["exp": "\(TestClock.start + 10)"])
            clock.advance(.seconds(39))
            #expect(await verifier.refusal(token) == nil)
            clock.advance(.seconds(1))
            #expect(await verifier.refusal(token) == .expired)
        }
    }

    @Test("settings that cannot work are refused at once")
    func settings() throws {
        func failure(_ change: (inout OfflineVerifier.Settings) -> Void) -> OfflineVerifier.SettingsFailure? {
            var settings = OfflineVerifier.Settings(
                publicURL: "https://chat.example", tenants: .only(["acme"]), expecting: .ws)
            change(&settings)
            do throws(OfflineVerifier.SettingsFailure) {
                _ = try OfflineVerifier(settings)
                return nil
            } catch {
                return error
            }
        }
        #expect(failure { _ in } == nil)
        for bad in [
            "chat.example", "https://chat.example/", "ftp://chat.example", "https://", "https://a b", "http://a?b",
        ] {
            #expect(failure { $0.publicURL = bad } == .addressUnfit(bad))
            #expect(failure { $0.address = bad } == .addressUnfit(bad))
        }
        #expect(failure { $0.tenants = .only(["../x"]) } == .tenantUnfit("../x"))
        #expect(failure { $0.secrets = ["acme": ["{}"]] } == .secretUnfit(tenant: "acme"))
        #expect(failure { $0.leeway = .seconds(301) } == .timeUnfit("leeway"))
        #expect(failure { $0.timeout = .zero } == .timeUnfit("timeout"))
    }
}
