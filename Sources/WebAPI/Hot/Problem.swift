package import Domain
internal import Tokens

/// A failure as an RFC 9457 problem document.
///
/// The only place that decides an HTTP status.
package struct Problem {
    /// What went wrong.
    package let failure: Failure
    /// The HTTP status.
    package let status: Int

    /// The problem with the status that belongs to the failure, or another where an endpoint has its own rules.
    package init(failure: Failure, status: Int? = nil) {
        self.failure = failure
        self.status = status ?? Self.status(of: failure)
    }

    private static func status(of failure: Failure) -> Int {
        switch failure {
        case .invalidJSON, .invalidRequest, .tenantRequired: 400
        case .apiKeyMissing, .apiKeyInvalid, .apiKeyRevoked, .apiKeyExpired, .apiKeyQuarantined: 401
        case .sessionMissing, .sessionInvalid, .credentialsInvalid, .refreshTokenInvalid, .refreshTokenReused: 401
        case .scopeMissing, .tenantSuspended, .accessDenied, .addressNotAllowed, .signatureInvalid, .userDeactivated,
            .csrfFailed:
            403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .conflict: 409
        case .bodyTooLarge: 413
        case .unsupportedMediaType, .formExpected: 415
        case .tokenTooLarge, .invalidState, .idempotencyKeyReused: 422
        case .rateLimited, .quotaExceeded, .tooManyAttempts: 429
        case .headersTooLarge: 431
        case .internalError: 500
        case .storageUnavailable, .notReady, .overloaded: 503
        }
    }

    /// What sort of failure it is; the same for every occurrence.
    package var title: String {
        switch failure {
        case .invalidJSON: "Invalid JSON"
        case .invalidRequest: "Invalid request"
        case .apiKeyMissing, .apiKeyInvalid, .apiKeyRevoked, .apiKeyExpired, .apiKeyQuarantined: "Invalid API key"
        case .addressNotAllowed: "Address not allowed"
        case .signatureInvalid: "Invalid signature"
        case .sessionMissing, .sessionInvalid, .credentialsInvalid: "Not logged in"
        case .csrfFailed: "Request may be forged"
        case .overloaded: "Overloaded"
        case .scopeMissing: "Scope missing"
        case .tenantSuspended: "Tenant suspended"
        case .accessDenied: "Access denied"
        case .tenantRequired: "Tenant required"
        case .conflict: "Conflict"
        case .invalidState: "Not possible in this state"
        case .notFound: "Not found"
        case .methodNotAllowed: "Method not allowed"
        case .requestTimeout: "Request timeout"
        case .bodyTooLarge: "Body too large"
        case .unsupportedMediaType, .formExpected: "Unsupported media type"
        case .tokenTooLarge: "Token too large"
        case .refreshTokenInvalid, .refreshTokenReused: "Invalid refresh token"
        case .idempotencyKeyReused: "Idempotency key reused"
        case .userDeactivated: "User deactivated"
        case .rateLimited, .tooManyAttempts: "Rate limit exceeded"
        case .quotaExceeded: "Quota exceeded"
        case .headersTooLarge: "Headers too large"
        case .internalError: "Internal error"
        case .storageUnavailable: "Storage unavailable"
        case .notReady: "Not ready"
        }
    }

    /// What happened this time, for people.
    package var detail: String {
        switch failure {
        case .invalidJSON(let detail): "The body is not acceptable JSON: \(detail)."
        case .invalidRequest(let detail, _): detail
        case .apiKeyMissing, .apiKeyInvalid, .apiKeyRevoked, .apiKeyExpired, .apiKeyQuarantined, .addressNotAllowed,
            .signatureInvalid, .sessionMissing, .sessionInvalid, .credentialsInvalid, .csrfFailed, .tooManyAttempts,
            .overloaded:
            callerDetail
        case .scopeMissing(let scope): "The API key lacks the scope \(scope)."
        case .tenantSuspended: "The tenant is suspended; its operator can resume it."
        case .accessDenied(let detail), .conflict(let detail), .invalidState(let detail): detail
        case .tenantRequired: "X-Chat-Tenant has to name the tenant that the operator or the account acts for."
        case .notFound: "There is nothing at this address."
        case .methodNotAllowed(let allow): "This address answers only to: \(allow)."
        case .requestTimeout: "The request did not arrive completely in time."
        case .bodyTooLarge(let limit): "The body is larger than \(limit) bytes."
        case .unsupportedMediaType: "The Content-Type must be application/json."
        case .formExpected: "The Content-Type must be application/x-www-form-urlencoded."
        case .tokenTooLarge:
            "A token of the pair would be larger than \(TokenDraft.longestToken) bytes; ask for fewer channels or "
                + "put less into token claims."
        case .refreshTokenInvalid: "The refresh token is not valid, or no longer; the user has to log in again."
        case .refreshTokenReused:
            "An old refresh token was shown, so somebody has a copy; its grant is revoked, the user has to log in again."
        case .idempotencyKeyReused: "The Idempotency-Key came with another body within the last ten minutes."
        case .userDeactivated: "The user is deactivated."
        case .rateLimited(let policy, let limit, let seconds):
            "The \(policy == .key ? "API key" : policy.rawValue) may make \(limit.rate) requests "
                + (limit.period == 1 ? "a second" : "in \(limit.period) s")
                + " with bursts of \(limit.burst); come back in \(seconds) s."
        case .quotaExceeded(let quota, let seconds, _):
            "The tenant's \(quota) token pairs of this calendar month are used up; the next month begins in "
                + "\(seconds) s."
        case .headersTooLarge: "The request's header section is too large."
        case .internalError: "Something went wrong on our side."
        case .storageUnavailable: "The database cannot be used at the moment; try again soon."
        case .notReady(let what): "Not ready: \(what)."
        }
    }

    /// The answer that carries the document.
    func response(requestID: String, publicURL: String) -> HotResponse {
        var response = HotResponse(status: status, code: failure.code)
        response.add("Content-Type", "application/problem+json")
        response.add("Cache-Control", "no-store")
        addFields(to: &response)
        writeDocument(requestID: requestID, publicURL: publicURL, to: &response.body)
        return response
    }

    private func addFields(to response: inout HotResponse) {
        switch failure {
        case .apiKeyMissing, .apiKeyInvalid, .apiKeyRevoked, .apiKeyExpired, .apiKeyQuarantined:
            // RFC 9110 §15.5.2 demands a challenge with every 401.
            if status == 401 { response.add("WWW-Authenticate", "ApiKey realm=\"chat-tokens\"") }
        case .sessionMissing, .sessionInvalid, .credentialsInvalid:
            response.add("WWW-Authenticate", "Bearer realm=\"chat-tokens\"")
        case .tooManyAttempts(let seconds), .overloaded(let seconds): response.add("Retry-After", String(seconds))
        case .refreshTokenInvalid, .refreshTokenReused:
            response.add("WWW-Authenticate", "Bearer realm=\"chat-tokens\", error=\"invalid_token\"")
        case .methodNotAllowed(let allow): response.add("Allow", allow)
        case .rateLimited(_, _, let seconds): response.add("Retry-After", String(seconds))
        case .quotaExceeded(let quota, let seconds, _):
            response.add("Retry-After", String(seconds))
            response.add("RateLimit-Policy", "\"quota\";q=\(quota);w=2592000")
            response.add("RateLimit", "\"quota\";r=0;t=\(seconds)")
        case .storageUnavailable, .notReady: response.add("Retry-After", "1")
        default: break
        }
    }

    private func writeDocument(requestID: String, publicURL: String, to out: inout [UInt8]) {
        Self.write(
            title: title, status: status, detail: detail, code: failure.code.rawValue, requestID: requestID,
            publicURL: publicURL, to: &out)
        switch failure {
        case .invalidRequest(_, let fields) where !fields.isEmpty: writeErrors(fields, to: &out)
        case .rateLimited(let policy, _, _): out.append(string: ",\"policy\":\"\(policy.rawValue)\"")
        case .quotaExceeded(_, _, let moment): out.append(string: ",\"policy\":\"quota\",\"resetsAt\":\"\(moment)\"")
        default: break
        }
        out.append(text: "}")
    }

    /// Appends a problem document up to its closing brace, so that members can follow.
    static func write(
        title: String, status: Int, detail: String, code: String, requestID: String, publicURL: String,
        to out: inout [UInt8]
    ) {
        out.append(text: "{\"type\":")
        out.append(json: "\(publicURL)/docs#\(code)")
        out.append(text: ",\"title\":")
        out.append(json: title)
        out.append(string: ",\"status\":\(status),\"detail\":")
        out.append(json: detail)
        out.append(string: ",\"code\":\"\(code)\",\"requestId\":")
        out.append(json: requestID)
    }

    func writeErrors(_ fields: [Failure.Field], to out: inout [UInt8]) {
        out.append(text: ",\"errors\":[")
        for (index, field) in fields.enumerated() {
            out.append(text: index == 0 ? "{\"field\":" : ",{\"field\":")
            out.append(json: field.field)
            out.append(text: ",\"detail\":")
            out.append(json: field.detail)
            out.append(text: "}")
        }
        out.append(text: "]")
    }
}
