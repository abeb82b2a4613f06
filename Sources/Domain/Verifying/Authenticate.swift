internal import Tokens

/// Who calls, as proved by an `X-API-Key` header.
package struct Caller: Sendable {
    /// The key.
    package let key: APIKey
    /// The key's tenant; nil for a key of the operator.
    package let tenant: TenantState?
}

/// Checks API keys.
package struct Authenticate: Sendable {
    /// What is known of a key without asking the database.
    package enum Outcome: Sendable {
        /// The key is good and has the scope.
        case caller(Caller)
        /// The request is to be refused.
        case refused(Failure)
        /// Something has to be loaded first; then ask again.
        case load(Directory.Want)
    }

    private let directory: Directory
    private let world: World
    private let prefix: [UInt8]

    /// The check over the keys in memory.
    package init(directory: Directory, world: World) {
        self.directory = directory
        self.world = world
        prefix = Array(directory.deployment.keyPrefix.utf8)
    }

    /// Checks a key and one scope; a malformed key costs no look-up at all.
    ///
    /// An unknown identifier and a wrong secret get the same answer; that a key was revoked or has expired is told
    /// only to who holds its true secret, so that identifiers cannot be probed.
    package func callAsFunction(_ text: String?, needs scope: Scopes) -> Outcome {
        guard let text, !text.isEmpty else { return .refused(.apiKeyMissing) }
        guard let given = APIKey.Text(text.utf8.span, prefix: prefix) else { return .refused(.apiKeyInvalid) }
        guard directory.isFresh(now: world.monotonicNanoseconds()) else { return .refused(.storageUnavailable) }
        switch directory.apiKey(given.id) {
        case .unknown: return .load(.apiKey(given.id))
        case .absent: return .refused(.apiKeyInvalid)
        case .present(let state): return check(state, given: given, needs: scope)
        }
    }

    private func check(_ state: HeldKey, given: APIKey.Text, needs scope: Scopes) -> Outcome {
        let key = state.key
        let now = world.now()
        var isGenuine = given.secretHash.constantTimeEquals(key.secretHash)
        if let former = key.former, now <= former.until, given.secretHash.constantTimeEquals(former.hash) {
            isGenuine = true
        }
        guard isGenuine else { return .refused(.apiKeyInvalid) }
        switch key.status(at: now) {
        case .revoked: return .refused(.apiKeyRevoked)
        case .expired: return .refused(.apiKeyExpired)
        case .active: break
        }
        guard key.scopes.isSuperset(of: scope) else {
            return .refused(.scopeMissing(scope.names.joined(separator: " ")))
        }
        guard case .tenant(let id) = key.owner else { return accept(state, tenant: nil, at: now) }
        switch directory.tenant(id) {
        case .unknown: return .load(.tenant(id))
        case .absent: return .refused(.apiKeyInvalid)
        case .present(let tenant) where tenant.tenant.status == .suspended: return .refused(.tenantSuspended)
        case .present(let tenant): return accept(state, tenant: tenant, at: now)
        }
    }

    private func accept(_ state: HeldKey, tenant: TenantState?, at now: Timestamp) -> Outcome {
        directory.uses.note(state.use, at: now)
        return .caller(Caller(key: state.key, tenant: tenant))
    }
}
