/// What depends on clocks and on what has become of tenant and user.
extension TokenChecks {
    mutating func checkExpiry() {
        // Whole seconds as in the claims, but a token is void from the first millisecond of its expiry on.
        let left = token.expiresAt.milliseconds + question.leeway * 1_000 - explanation.at.milliseconds
        let leeway = question.leeway == 0 ? "" : ", \(question.leeway) s of leeway included"
        if left > 0 {
            explanation.pass(.expiry, "Expires at \(token.expiresAt), in \((left + 999) / 1_000) s\(leeway).")
        } else {
            explanation.fail(.expiry, .expired, "Expired at \(token.expiresAt), \(-left / 1_000) s ago\(leeway).")
        }
    }

    mutating func checkClock() {
        let ahead = token.issuedAt.seconds - explanation.at.seconds - question.leeway
        guard ahead > 0 else { return explanation.pass(.clock, "The token was issued before it is judged.") }
        let detail = "By the verifier's clock the token is issued \(ahead) s from now: that clock is behind."
        if question.verifier.asksServer {
            explanation.warn(.clock, detail + " This server does not mind.")
        } else {
            explanation.warn(.clock, detail + " Many libraries refuse such a token.")
        }
    }

    /// What only the server knows, told of genuine tokens alone: a forged one must not become a way to ask.
    mutating func checkStanding(isSigned: Bool) {
        guard isSigned else {
            return explanation.skip(.tenant, "Looked at only if the signature is good.")
        }
        if state.tenant.status == .active {
            explanation.pass(.tenant, "The tenant is active.")
        } else {
            refuse(.tenant, .tenantSuspended, Verdict.Refusal.tenantSuspended.detail)
        }
    }

    /// Fails a check that only this server can make; a verifier that does not ask here goes on without knowing.
    private mutating func refuse(
        _ subject: Explanation.Check.Subject, _ refusal: Verdict.Refusal, _ detail: String
    ) {
        if question.verifier.asksServer {
            explanation.fail(subject, refusal, detail)
        } else {
            explanation.warn(subject, detail + " A verifier that does not ask this server does not know.")
        }
    }
}
