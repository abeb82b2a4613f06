internal import Domain

extension Problem {
    /// What happened this time to a caller who could not be known, or was not heard; empty for all other failures.
    var callerDetail: String {
        switch failure {
        case .apiKeyMissing: "The request has no X-API-Key header."
        case .apiKeyInvalid: "The API key is not one this server knows."
        case .apiKeyRevoked: "The API key was revoked."
        case .apiKeyExpired: "The API key has expired."
        case .apiKeyQuarantined:
            "The API key was found in the open and is out of use; an owner of the tenant can revoke or release it."
        case .addressNotAllowed: "The API key may not be used from this address."
        case .signatureInvalid: "The message is not signed by somebody whose messages this server takes."
        case .sessionMissing: "Nobody is logged in: the request has neither the session's cookie nor its token."
        case .sessionInvalid: "The session has ended, or is none of this server's."
        case .credentialsInvalid: "The e-mail address or the password is wrong."
        case .csrfFailed(let detail): detail
        case .tooManyAttempts(let seconds): "There were too many attempts; come back in \(seconds) s."
        case .overloaded(let seconds): "Too many passwords wait to be checked; come back in \(seconds) s."
        default: ""
        }
    }
}
