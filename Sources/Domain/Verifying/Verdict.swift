/// What a verification found.
package enum Verdict: Sendable, Equatable {
    /// The token opens the door that was asked about.
    case valid(VerifiedToken)
    /// It does not.
    case invalid(Refusal)

    /// Why a token was refused; the raw values are the stable codes of the API.
    package enum Refusal: String, Error, Sendable, CaseIterable {
        case malformed = "token_malformed"
        case signatureInvalid = "token_signature_invalid"
        case keyUnknown = "token_key_unknown"
        case expired = "token_expired"
        case wrongAudience = "token_wrong_audience"
        case wrongKind = "token_wrong_kind"
        case issuerUnknown = "token_issuer_unknown"
        case revoked = "token_revoked"
        case tenantSuspended = "tenant_suspended"
        case userDeactivated = "user_deactivated"

        /// One sentence for people.
        package var detail: String {
            switch self {
            case .malformed: "The token is not a JWT of the form this server issues."
            case .signatureInvalid: "The signature does not match."
            case .keyUnknown: "The token names a signing key that is not, or no longer, in use by its issuer."
            case .expired: "The token has expired."
            case .wrongAudience: "The token is meant for another audience."
            case .wrongKind:
                "The token is of the other kind: a REST token where a WS token is expected, or the reverse."
            case .issuerUnknown: "The issuer is not one this API key may ask about."
            case .revoked: "The token was revoked."
            case .tenantSuspended: "The tenant is suspended."
            case .userDeactivated: "The user is deactivated."
            }
        }
    }
}

/// A token that passed every check.
package struct VerifiedToken: Sendable, Equatable {
    /// Which of the two tokens it is.
    package let kind: TokenKind
    /// Whose token it is.
    package let tenant: Tenant.ID, user: User.ID
    /// The grant it belongs to.
    package let grant: Grant.ID
    /// When it was issued and when it expires, in whole seconds.
    package let issuedAt: Timestamp, expiresAt: Timestamp
    /// Its claims as the JSON object that was signed.
    package let claims: [UInt8]
}
