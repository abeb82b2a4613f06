internal import Tokens

/// The public keys of a tenant by their names.
struct KeySet: Sendable {
    /// More keys than this are not read: a tenant has a handful.
    static let mostKeys = 100
    /// The longest text of a set in bytes.
    static let mostBytes = 1_048_576

    let keys: [String: SigningKey]

    /// No key at all.
    static let empty = KeySet(keys: [:])

    init(keys: [String: SigningKey]) {
        self.keys = keys
    }

    /// Reads a JWK set (RFC 7517 §5); nil where it is none.
    ///
    /// Keys that cannot be used here are passed over, as the standard asks: so are shared secrets, which have no
    /// business in a public set.
    init?(_ text: Span<UInt8>) {
        guard let keys = (try? JSON.parse(text, maximumDepth: 8))?["keys"]?.array else { return nil }
        var found: [String: SigningKey] = [:]
        for jwk in keys.prefix(Self.mostKeys) {
            guard jwk["kid"] != nil, let key = try? SigningKey(jwk: jwk), key.algorithm.isAsymmetric else { continue }
            found[key.kid] = found[key.kid] ?? key
        }
        self.keys = found
    }

    /// Reads the secrets of a tenant, each a JWK; nil where one is not fit.
    init?(secrets: [String]) {
        var found: [String: SigningKey] = [:]
        for text in secrets {
            guard let jwk = try? JSON.parse(text, maximumDepth: 8), jwk["kid"] != nil,
                let key = try? SigningKey(jwk: jwk), key.algorithm == .hs256,
                found.updateValue(key, forKey: key.kid) == nil
            else { return nil }
        }
        keys = found
    }
}
