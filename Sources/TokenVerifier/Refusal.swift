/// Why a token opens no door; the raw values are the codes that `POST /verify` answers, where it has one.
///
/// Tell clients no more than that the token was refused: the reason is for logs.
public enum Refusal: String, Error, Sendable, CaseIterable {
    /// No JWT of the one shape that ChatTokens makes, or longer than 8 KiB.
    case malformed = "token_malformed"
    /// The signature is not that of the named key, or the header names another algorithm than the key has.
    case signatureInvalid = "token_signature_invalid"
    /// No key of this name is in the tenant's key set, nor among the secrets that were given.
    case keyUnknown = "token_key_unknown"
    /// The time in `exp` has come.
    case expired = "token_expired"
    /// `aud` is not the audience of this kind of token.
    case wrongAudience = "token_wrong_audience"
    /// A REST token at the realtime door, or the other way round.
    case wrongKind = "token_wrong_kind"
    /// `iss` is not an issuer whose tokens are let in here.
    case issuerUnknown = "token_issuer_unknown"
    /// Taken back: the token itself, or everything of its user, API key, label, signing key or tenant.
    case revoked = "token_revoked"
    /// The keys or the revocations have not been read yet, or are too old to go by.
    ///
    /// The token may be good: answer 503 rather than 401, and the client comes back.
    case notReady = "verifier_not_ready"
}
