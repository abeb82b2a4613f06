/// What a caller may learn of a request that failed; causes go to the log only.
package enum Failure: Error, Sendable, Equatable {
    /// One field of a request that cannot be accepted.
    package struct Field: Sendable, Equatable {
        /// The path of the field, such as `custom` or `channels[3]`.
        package let field: String
        /// What is wrong with it, in one sentence.
        package let detail: String

        /// A complaint about a field.
        package init(_ field: String, _ detail: String) {
            self.field = field
            self.detail = detail
        }
    }

    case invalidJSON(String)
    case invalidRequest(String, [Field])
    case apiKeyMissing, apiKeyInvalid, apiKeyRevoked, apiKeyExpired, apiKeyQuarantined
    /// The key is good, but may not be used from where it was.
    case addressNotAllowed
    /// A message whose sender has to prove himself by a signature does not have a right one.
    case signatureInvalid
    case scopeMissing(String)
    case tenantSuspended
    /// Nobody is logged in, or the session has ended.
    case sessionMissing, sessionInvalid
    /// The e-mail address or the password is wrong; which of them is not told.
    case credentialsInvalid
    /// A browser sent the session's cookie with a request that may have come from another site.
    case csrfFailed(String)
    /// Too many attempts to log in, to register and the like.
    case tooManyAttempts(retryAfter: Int64)
    /// More passwords wait to be hashed than can be.
    case overloaded(retryAfter: Int64)
    /// The caller is known and may not do this; the text says why, and nothing of what exists.
    case accessDenied(String)
    /// Whoever may act for several tenants has to say for which.
    case tenantRequired
    /// What is to be created exists already.
    case conflict(String)
    /// The request is in order, but the state of things forbids it.
    case invalidState(String)
    case notFound
    case methodNotAllowed(allow: String)
    case requestTimeout
    case bodyTooLarge(limit: Int)
    case unsupportedMediaType
    /// The body is not the form that an OAuth 2.0 endpoint takes.
    case formExpected
    case tokenTooLarge
    /// The refresh token is not one of ours, or of a grant that has ended.
    case refreshTokenInvalid
    /// The refresh token is an old one, so that somebody has a copy; the grant has ended.
    case refreshTokenReused
    /// The client has used its `Idempotency-Key` for another request within ten minutes.
    case idempotencyKeyReused
    case userDeactivated
    case rateLimited(LimitPolicy, RateLimit, retryAfter: Int64)
    case quotaExceeded(quota: Int64, resetAfter: Int64, resetsAt: Timestamp)
    case headersTooLarge
    case storageUnavailable
    case notReady(String)
    case internalError
}

extension Failure {
    /// The quota was used up at the moment; it begins anew with the next calendar month (UTC).
    package static func quotaExceeded(of quota: Int64, at moment: Timestamp) -> Failure {
        let seconds = Month.secondsLeft(at: moment)
        let end = Timestamp(seconds: moment.seconds + seconds)
        return .quotaExceeded(quota: quota, resetAfter: seconds, resetsAt: end)
    }

    /// The stable codes of problem documents; openapi.yaml lists exactly these.
    package enum Code: String, Sendable, CaseIterable {
        case invalidJSON = "invalid_json"
        case invalidRequest = "invalid_request"
        case apiKeyMissing = "api_key_missing"
        case apiKeyInvalid = "api_key_invalid"
        case apiKeyRevoked = "api_key_revoked"
        case apiKeyExpired = "api_key_expired"
        case apiKeyQuarantined = "api_key_quarantined"
        case addressNotAllowed = "address_not_allowed"
        case signatureInvalid = "signature_invalid"
        case scopeMissing = "scope_missing"
        case tenantSuspended = "tenant_suspended"
        case sessionMissing = "session_missing"
        case sessionInvalid = "session_invalid"
        case credentialsInvalid = "credentials_invalid"
        case csrfFailed = "csrf_failed"
        case overloaded = "overloaded"
        case accessDenied = "access_denied"
        case tenantRequired = "tenant_required"
        case conflict = "conflict"
        case invalidState = "invalid_state"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case requestTimeout = "request_timeout"
        case bodyTooLarge = "body_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case tokenTooLarge = "token_too_large"
        case refreshTokenInvalid = "refresh_token_invalid"
        case refreshTokenReused = "refresh_token_reused"
        case idempotencyKeyReused = "idempotency_key_reused"
        case userDeactivated = "user_deactivated"
        case rateLimited = "rate_limited"
        case quotaExceeded = "quota_exceeded"
        case headersTooLarge = "headers_too_large"
        case storageUnavailable = "storage_unavailable"
        case notReady = "not_ready"
        case internalError = "internal_error"
    }

    /// The stable code of this failure.
    package var code: Code {
        switch self {
        case .invalidJSON: .invalidJSON
        case .invalidRequest: .invalidRequest
        case .apiKeyMissing: .apiKeyMissing
        case .apiKeyInvalid: .apiKeyInvalid
        case .apiKeyRevoked: .apiKeyRevoked
        case .apiKeyExpired: .apiKeyExpired
        case .apiKeyQuarantined: .apiKeyQuarantined
        case .addressNotAllowed: .addressNotAllowed
        case .signatureInvalid: .signatureInvalid
        case .scopeMissing: .scopeMissing
        case .tenantSuspended: .tenantSuspended
        case .sessionMissing: .sessionMissing
        case .sessionInvalid: .sessionInvalid
        case .credentialsInvalid: .credentialsInvalid
        case .csrfFailed: .csrfFailed
        case .tooManyAttempts: .rateLimited
        case .overloaded: .overloaded
        case .accessDenied: .accessDenied
        case .tenantRequired: .tenantRequired
        case .conflict: .conflict
        case .invalidState: .invalidState
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .requestTimeout: .requestTimeout
        case .bodyTooLarge: .bodyTooLarge
        case .unsupportedMediaType, .formExpected: .unsupportedMediaType
        case .tokenTooLarge: .tokenTooLarge
        case .refreshTokenInvalid: .refreshTokenInvalid
        case .refreshTokenReused: .refreshTokenReused
        case .idempotencyKeyReused: .idempotencyKeyReused
        case .userDeactivated: .userDeactivated
        case .rateLimited: .rateLimited
        case .quotaExceeded: .quotaExceeded
        case .headersTooLarge: .headersTooLarge
        case .storageUnavailable: .storageUnavailable
        case .notReady: .notReady
        case .internalError: .internalError
        }
    }
}
