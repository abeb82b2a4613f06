/// What a JWK of each algorithm consists of (RFC 7518 §6, RFC 8037 §2), in the order in which it is written.
struct JWKShape {
    let keyType: String
    let curve: String?
    let publicNames: [String]
    let privateNames: [String]
    /// The exact length of every number, or `nil` where it varies.
    let fixedBytes: Int?

    static func of(_ algorithm: SignatureAlgorithm) -> JWKShape {
        switch algorithm {
        case .hs256:
            JWKShape(keyType: "oct", curve: nil, publicNames: [], privateNames: ["k"], fixedBytes: nil)
        case .es256:
            JWKShape(
                keyType: "EC", curve: "P-256", publicNames: ["x", "y"], privateNames: ["d"], fixedBytes: 32)
        case .edDSA:
            JWKShape(keyType: "OKP", curve: "Ed25519", publicNames: ["x"], privateNames: ["d"], fixedBytes: 32)
        case .rs256:
            JWKShape(
                keyType: "RSA", curve: nil, publicNames: ["n", "e"],
                privateNames: ["d", "p", "q", "dp", "dq", "qi"], fixedBytes: nil)
        }
    }
}
