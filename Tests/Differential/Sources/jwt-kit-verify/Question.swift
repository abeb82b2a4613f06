internal import Foundation
internal import JWTKit

/// A line of input: a token, and the key and the algorithm to check it with.
struct Question: Decodable {
    let jws: String
    private let algorithm: String
    private let key: Key

    /// A key of a type that jwt-kit reads as JWK, or a shared secret, which it does not.
    private enum Key {
        case jwk(JWK)
        case secret(Data)
    }

    private enum Name: String, CodingKey {
        case alg, jwk, jws, kty, k
    }

    init(from decoder: any Decoder) throws {
        let line = try decoder.container(keyedBy: Name.self)
        jws = try line.decode(String.self, forKey: .jws)
        algorithm = try line.decode(String.self, forKey: .alg)
        let members = try line.nestedContainer(keyedBy: Name.self, forKey: .jwk)
        if try members.decode(String.self, forKey: .kty) == "oct" {
            key = .secret(try Self.secret(try members.decode(String.self, forKey: .k)))
        } else {
            key = .jwk(try line.decode(JWK.self, forKey: .jwk))
        }
    }

    /// jwt-kit's own collection, with the key for whatever `kid` a token names.
    func keys() async throws -> JWTKeyCollection {
        let keys = JWTKeyCollection()
        switch key {
        case .secret(let secret):
            // A debug build of jwt-kit ends with an assertion at a shorter secret.
            guard algorithm == "HS256", secret.count >= 32 else { throw Refused() }
            await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        case .jwk(var jwk):
            guard let chosen = JWK.Algorithm(rawValue: algorithm) else { throw Refused() }
            jwk.algorithm = chosen
            jwk.keyIdentifier = "vector"
            try await keys.add(jwk: jwk)
        }
        return keys
    }

    private struct Refused: Error {}

    private static func secret(_ text: String) throws -> Data {
        let base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let secret = Data(base64Encoded: base64 + padding) else { throw Refused() }
        return secret
    }
}
