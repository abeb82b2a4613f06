internal import Tokens

/// A token that somebody wants revoked, as far as it can be read.
///
/// Nothing about it is proved: whoever may revoke may revoke any grant of the tenant by its identifier too.
package struct RevokedToken: Sendable {
    /// The `iss` claim; of a refresh token what its pairs have.
    package let issuer: String
    /// The grant of which it is one of the tokens.
    package let grant: Grant.ID
    /// Whose it says it is.
    package let user: User.ID?

    /// What the token says, or nil where it is none of the form this server issues.
    ///
    /// - Parameters:
    ///   - text: a token of a pair, or a refresh token.
    ///   - publicURL: that of the deployment.
    package init?(_ text: String, publicURL: String) {
        if let token = RefreshToken(unverified: text) {
            issuer = "\(publicURL)/t/\(token.tenant)"
            grant = token.grant
            user = nil
            return
        }
        let token = Array(text.utf8)
        var payload: [UInt8] = []
        guard token.count <= UnverifiedToken.maximumBytes, let parts = TokenSegments(token.span),
            Base64URL.decode(token.span.extracting(parts.payload), into: &payload),
            let claims = try? JSON.parse(payload.span, maximumDepth: 20), let issuer = claims["iss"]?.string,
            let identifier = claims["jti"]?.string, let point = identifier.firstIndex(of: "."),
            TokenKind.allCases.contains(where: { identifier[point...] == $0.suffix }),
            let grant = Grant.ID(identifier[..<point].utf8.span)
        else { return nil }
        self.issuer = issuer
        self.grant = grant
        user = claims["sub"]?.string.flatMap(User.ID.init)
    }
}
