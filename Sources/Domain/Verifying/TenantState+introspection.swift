package import Tokens

extension TenantState {
    /// Appends the answer to an introspection as a JWT of RFC 9701 §5, signed by the tenant's active key.
    ///
    /// It can be mistaken for no access token: its `typ` is its own, its `aud` is the caller's key, and outside
    /// `token_introspection` it has neither `sub` nor `exp` nor `jti` (RFC 9701 §8.1). Under HS256 whoever holds the
    /// tenant's secret can check it, and could have made it.
    /// - Parameters:
    ///   - answer: the answer as a JSON object.
    ///   - caller: the key that asked.
    ///   - moment: now.
    ///   - out: where the JWT goes.
    /// - Throws: `privatePartMissing` without an active key; anything else means that libcrypto failed.
    package func appendIntrospection(
        _ answer: [UInt8], for caller: APIKey.ID, at moment: Timestamp, to out: inout [UInt8]
    ) throws(TokenFailure) {
        guard let key = ring.active else { throw .privatePartMissing }
        var payload: [UInt8] = []
        payload.append(text: "{\"iss\":\"")
        payload.append(contentsOf: issuer)
        payload.append(string: "\",\"aud\":\"\(caller.text)\",\"iat\":\(moment.seconds),\"token_introspection\":")
        payload.append(contentsOf: answer)
        payload.append(text: "}")
        let header = key.headerSegment(typ: "token-introspection+jwt")
        try key.appendToken(headerSegment: header, payload: payload.span, to: &out)
    }
}
