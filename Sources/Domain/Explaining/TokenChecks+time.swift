internal import Tokens

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
    mutating func checkStanding(isSigned: Bool, _ grant: Grant.ID?) {
        guard isSigned, let grant, let user = User.ID(token.subject) else {
            for subject in [Explanation.Check.Subject.tenant, .user, .revocation] {
                explanation.skip(subject, "Looked at only if signature and claims are good.")
            }
            return
        }
        if state.tenant.status == .active {
            explanation.pass(.tenant, "The tenant is active.")
        } else {
            refuse(.tenant, .tenantSuspended, Verdict.Refusal.tenantSuspended.detail)
        }
        switch directory.cutoffs.refusal(state.tenant.id, user, born: grant.birth) {
        case nil: explanation.pass(.user, "The user is not deactivated, nor was when the token was issued or later.")
        case .revoked?: refuse(.user, .revoked, "The user was deactivated or erased after the token was issued.")
        case let refusal?: refuse(.user, refusal, refusal.detail)
        }
        checkRevocation(of: grant, user)
    }

    private mutating func checkRevocation(of grant: Grant.ID, _ user: User.ID) {
        let rule = directory.revocations.rule(
            of: state.revocations, grant: grant, user: user.text, apiKey: token.claims["akid"]?.string ?? "",
            signingKey: token.form.kid, label: token.claims["lbl"]?.string ?? "", at: now)
        guard let rule, grant.birth < rule.cutoff else {
            return explanation.pass(.revocation, "No revocation voids a token with this birth and these traits.")
        }
        let what =
            switch rule.kind {
            case .grant: "Its grant is revoked"
            case .user, .userHash: "The user's tokens are revoked"
            case .apiKey: "What was issued with its API key is revoked"
            case .signingKey: "What its signing key signed is revoked"
            case .label: "What was issued with its label is revoked"
            case .tenant: "The tenant's tokens are revoked"
            }
        refuse(
            .revocation, .revoked,
            "\(what) that was born before \(rule.cutoff.exact); the token's grant was at \(grant.birth.exact).")
    }

    /// Fails a check that only this server can make; a verifier that does not ask here goes on without knowing.
    private mutating func refuse(
        _ subject: Explanation.Check.Subject, _ refusal: Verdict.Refusal, _ detail: String
    ) {
        if question.verifier.asksServer {
            explanation.fail(subject, refusal, detail)
        } else if subject == .revocation {
            explanation.warn(subject, detail + " A verifier that does not read the revocation feed does not know.")
        } else {
            explanation.warn(subject, detail + " A verifier that does not ask this server does not know.")
        }
    }
}
