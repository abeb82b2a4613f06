import Synchronization
import Tokens

/// A tenant's key as the server would have it, and the tokens and documents it makes with it.
struct Tenant: Sendable {
    let name: String
    let url: String
    let key: SigningKey

    init(_ name: String = "acme", at url: String, _ algorithm: SignatureAlgorithm = .es256) throws {
        self.name = name
        self.url = url
        key = try SigningKey.generate(algorithm) { count in (0..<count).map { _ in UInt8.random(in: 0...255) } }
    }

    var issuer: String { "\(url)/t/\(name)" }

    /// The tenant's set as it is published.
    var keySet: String { "{\"keys\":[\(key.jwk(.public) ?? "")]}" }

    static let grant = "019abc00-0000-7000-8000-000000000001"
    /// When that grant was born, in milliseconds since 1970.
    static let bornAt: Int64 = 0x019a_bc00_0000

    /// A wsToken that is good at the clock's time, with other claims where they are given as JSON.
    func token(_ changes: [String: String?] = [:], header: [String: String] = [:], by signer: SigningKey? = nil) throws
        -> String
    {
        let claims: [(String, String)] = [
            ("iss", "\"\(issuer)\""), ("sub", "\"user-123\""), ("aud", "\"chat-realtime\""),
            ("iat", "\(TestClock.start)"), ("exp", "\(TestClock.start + 3_600)"), ("jti", "\"\(Self.grant).ws\""),
            ("scope", "\"chat:ws\""), ("akid", "\"k1\""), ("lbl", "\"device-7\""),
        ]
        let names = claims.map(\.0) + changes.keys.filter { name in !claims.contains { $0.0 == name } }
        let members = names.compactMap { name -> String? in
            let value = changes[name] ?? claims.first { $0.0 == name }?.1
            return value.map { "\"\(name)\":\($0)" }
        }
        return try sign("{\(members.joined(separator: ","))}", header: header, by: signer)
    }

    /// A document of the feed with these entries, each as JSON.
    func document(
        _ entries: [String] = [], sequence: Int = 1, audience: String = "chat-revocations",
        type: String = "revocations+jwt",
        by signer: SigningKey? = nil
    ) throws -> String {
        let list = entries.joined(separator: ",")
        return try sign(
            """
            {"iss":"\(issuer)","aud":"\(audience)","iat":\(TestClock.start),"sequence":\(sequence),"entries":[\(list)]}
            """, header: ["typ": type], by: signer)
    }

    /// An entry that cuts off what was born before this.
    static func entry(_ kind: String, _ subject: String, before: Int64 = bornAt + 1, expires: Int64 = 1 << 40) -> String
    {
        "{\"sequence\":1,\"kind\":\"\(kind)\",\"subject\":\"\(subject)\",\"before\":\(before),\"expires\":\(expires)}"
    }

    /// Any payload, signed as a token or whatever the header says.
    func sign(_ payload: String, header: [String: String] = [:], by signer: SigningKey? = nil) throws -> String {
        let signer = signer ?? key
        let fields = ["alg": signer.algorithm.rawValue, "typ": "JWT", "kid": signer.kid].merging(header) { $1 }
        let head = "{" + fields.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",") + "}"
        let input = Base64URL.encode(Array(head.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        var signature: [UInt8] = []
        try signer.sign(Array(input.utf8).span, appendingTo: &signature)
        return input + "." + Base64URL.encode(signature)
    }
}
