package import Tokens

/// What is asked about a token.
package struct ExplainQuestion: Sendable {
    /// The most leeway that can be asked for, in seconds.
    package static let mostLeeway: Int64 = 3_600

    /// The token in compact form.
    package var token: String
    /// What would check it.
    package var verifier: Verifier
    /// The door it guards; nil: that of the token.
    package var kind: TokenKind?
    /// The audience it demands; nil: this deployment's for the door.
    package var audience: String?
    /// What its clock says; nil: what ours does.
    package var at: Timestamp?
    /// Seconds by which it lets a token be late, at most ``mostLeeway``.
    package var leeway: Int64

    /// A question with the given fields.
    package init(
        token: String, verifier: Verifier = .server, kind: TokenKind? = nil, audience: String? = nil,
        at: Timestamp? = nil, leeway: Int64 = 0
    ) {
        self.token = token
        self.verifier = verifier
        self.kind = kind
        self.audience = audience
        self.at = at
        self.leeway = leeway
    }
}

/// Why a token fails or would fail at a verifier; never a reason to let anybody in.
package struct Explanation: Sendable {
    /// One thing that a verifier looks at.
    package struct Check: Sendable, Equatable {
        /// What is looked at, in the order of looking.
        package enum Subject: String, Sendable, CaseIterable {
            case form, issuer, key, algorithm, signature, audience, kind, claims, expiry, clock, tenant, user,
                revocation
        }

        /// What came of it.
        package enum Result: String, Sendable, CaseIterable {
            case pass
            /// The verifier refuses the token for this.
            case fail
            /// The verifier may refuse the token for this, or should and does not know.
            case warn
            /// Not looked at, by this verifier or because of what was found before.
            case skip
        }

        /// What was looked at.
        package let subject: Subject
        /// What came of it.
        package let result: Result
        /// The code of a failure.
        package let code: Code?
        /// One sentence for people.
        package let detail: String
    }

    /// Why a token would fail; a superset of the codes of a verdict.
    package enum Code: Sendable, Equatable, CaseIterable {
        case refusal(Verdict.Refusal)
        /// The verifier cannot check signatures of this algorithm.
        case algorithmUnsupported
        /// The verifier lacks a claim that it needs.
        case claimMissing

        /// Every code there is.
        package static var allCases: [Code] {
            Verdict.Refusal.allCases.map(Code.refusal) + [.algorithmUnsupported, .claimMissing]
        }

        /// The stable code of the API.
        package var text: String {
            switch self {
            case .refusal(let refusal): refusal.rawValue
            case .algorithmUnsupported: "verifier_algorithm_unsupported"
            case .claimMissing: "verifier_claim_missing"
            }
        }
    }

    /// What the token says, to who may know; proved only if the signature passed.
    package struct Facts: Sendable {
        /// Which of the two tokens it is.
        package let kind: TokenKind
        /// Whose it is.
        package let tenant: Tenant.ID
        /// The `sub` claim.
        package let user: String
        /// The grant.
        package let grant: Grant.ID
        /// The header's key and algorithm.
        package let kid: String, algorithm: SignatureAlgorithm
        /// Where the tenant's key of this name stands; nil: there is none.
        package let keyState: KeyState?
        /// When it was issued and expires.
        package let issuedAt: Timestamp, expiresAt: Timestamp
    }

    /// The verifier in question.
    package let verifier: Verifier
    /// What its clock says.
    package let at: Timestamp
    /// Its clock less ours, in seconds; nil where it was not told.
    package let skew: Int64?
    /// What the token says; nil where it cannot be read or is not the caller's to know.
    package internal(set) var facts: Facts?
    /// The checks in their order.
    package internal(set) var checks: [Check] = []

    /// Why the token fails, or would fail; nil where nothing speaks against it.
    package var code: Code? { checks.lazy.filter { $0.result == .fail }.compactMap(\.code).first }
}
