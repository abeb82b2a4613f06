internal import Tokens

/// Tells why a token fails, or would fail, at a verifier of a stated kind.
///
/// Of a token that is not the caller's to ask about nothing is told but that: not whether its key exists, nor whether
/// it has expired. What the database knows (a suspension, a revocation) is told only of tokens whose signature is good.
package struct ExplainToken: Sendable {
    /// What is known without asking the database.
    package enum Outcome: Sendable {
        case explanation(Explanation)
        /// Something has to be loaded first; then ask again.
        case load(Directory.Want)
    }

    private let directory: Directory
    private let world: World

    /// The use case over what lives in memory.
    package init(directory: Directory, world: World) {
        self.directory = directory
        self.world = world
    }

    /// Goes through all checks of the verifier, beyond the first that fails where that tells no secret.
    ///
    /// - Parameters:
    ///   - question: token, verifier and circumstances.
    ///   - caller: who asks; a tenant's key learns nothing about another tenant's tokens.
    /// - Returns: the explanation, or what has to be loaded before there can be one.
    package func callAsFunction(_ question: ExplainQuestion, caller: Caller) -> Outcome {
        let now = world.now()
        var explanation = Explanation(
            verifier: question.verifier, at: question.at ?? now, skew: question.at.map { $0.seconds - now.seconds })
        let token: ReadToken
        do throws(ReadToken.Fault) {
            token = try ReadToken(question.token)
        } catch {
            explanation.fail(.form, error.refusal, error.detail)
            return .explanation(explanation)
        }
        switch issuer(of: token, caller: caller) {
        case .unknown(let want): return .load(want)
        case .absent:
            explanation.fail(.issuer, .issuerUnknown, Verdict.Refusal.issuerUnknown.detail)
            return .explanation(explanation)
        case .present(let state):
            var checks = TokenChecks(
                question: question, token: token, state: state, directory: directory, now: now,
                explanation: explanation)
            return .explanation(checks.run())
        }
    }

    private enum Issuer {
        case present(TenantState), absent, unknown(Directory.Want)
    }

    private func issuer(of token: ReadToken, caller: Caller) -> Issuer {
        if let own = caller.tenant { return Array(token.issuer.utf8) == own.issuer ? .present(own) : .absent }
        let prefix = "\(directory.deployment.publicURL)/t/"
        guard token.issuer.utf8.starts(with: prefix.utf8),
            let id = Tenant.ID(String(decoding: token.issuer.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
        else { return .absent }
        switch directory.tenant(id) {
        case .present(let state): return .present(state)
        case .absent: return .absent
        case .unknown: return .unknown(.tenant(id))
        }
    }
}
