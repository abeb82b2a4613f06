import Foundation
import JWTKit

struct RESTClaims: JWTPayload {
    var iss, sub, aud, client_id: String
    var iat, exp: Int
    var jti, scope, akid: String

    func verify(using algorithm: some JWTAlgorithm) throws {
        try ExpirationClaim(value: Date(timeIntervalSince1970: Double(self.exp))).verifyNotExpired()
    }
}

struct WSClaims: JWTPayload {
    struct Info: Codable { var name, image: String? }
    struct Meta: Codable { var tenant: String }

    var iss, sub, aud: String
    var iat, exp: Int
    var jti, scope: String
    var info: Info
    var meta: Meta
    var akid: String

    func verify(using algorithm: some JWTAlgorithm) throws {
        try ExpirationClaim(value: Date(timeIntervalSince1970: Double(self.exp))).verifyNotExpired()
    }
}

/// Signs and verifies with the tenant's HS256 keys.
struct Tokens: Sendable {
    let keys: JWTKeyCollection
    let publicURL: String

    init(keys: [(kid: String, secret: Data)], publicURL: String) async {
        self.keys = JWTKeyCollection()
        self.publicURL = publicURL
        for key in keys {
            await self.keys.add(
                hmac: HMACKey(from: key.secret), digestAlgorithm: .sha256, kid: JWKIdentifier(string: key.kid))
        }
    }

    func issuer(_ tenant: String) -> String { "\(self.publicURL)/t/\(tenant)" }

    func sign(_ claims: some JWTPayload, type: String, kid: String) async throws -> String {
        try await self.keys.sign(claims, kid: JWKIdentifier(string: kid), header: ["typ": .string(type)])
    }
}

/// A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, the rest random.
func makeGrantID(milliseconds: UInt64) -> String {
    var bytes = withUnsafeBytes(of: (milliseconds << 16).bigEndian) { Array($0) }
    bytes += withUnsafeBytes(of: UInt64.random(in: .min ... .max)) { Array($0) }
    let random = UInt16.random(in: .min ... .max)
    bytes[6] = 0x70 | UInt8(random >> 12)
    bytes[7] = UInt8(truncatingIfNeeded: random)
    bytes[8] = 0x80 | (bytes[8] & 0x3f)
    return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)).uuidString.lowercased() }
}
