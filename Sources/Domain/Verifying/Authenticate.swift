internal import Tokens

/// Who calls, as proved by an `X-API-Key` header.
package struct Caller: Sendable {
    /// The key as this node holds it.
    package let held: HeldKey
    /// The key's tenant; nil for a key of the operator.
    package let tenant: TenantState?

    init(_ held: HeldKey, tenant: TenantState?) {
        self.held = held
        self.tenant = tenant
    }

    /// The key.
    package var key: APIKey { held.key }
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

    /// Checks a key and one scope; a malformed key of this server costs no look-up at all.
    ///
    /// An unknown identifier and a wrong secret get the same answer; that a key was revoked or has expired is told
    /// only to who holds its true secret, so that identifiers cannot be probed.
    ///
    /// - Parameters:
    ///   - text: the header's value.
    ///   - scope: what the key must allow.
    ///   - client: where the request comes from; asked for only by a key that is held to some addresses, or is refused.
    /// - Returns: the caller, a refusal, or what has to be loaded first.
    package func callAsFunction(
        _ text: String?, needs scope: Scopes, from client: @autoclosure () -> IPAddress? = nil
    ) -> Outcome {
        guard let text, !text.isEmpty else { return .refused(.apiKeyMissing) }
        let given = APIKey.Text(text.utf8.span, prefix: prefix)
        if given == nil, isOurs(text.utf8.span) { return .refused(.apiKeyInvalid) }
        let moment = world.monotonicNanoseconds()
        guard directory.isFresh(now: moment) else { return .refused(.storageUnavailable) }
        if let given { return check(given.id, hash: given.secretHash, needs: scope, from: client()) }
        switch directory.importedKey(text.utf8.span, now: moment) {
        case .unknown(let want): return .load(want)
        case .absent: return .refused(.apiKeyInvalid)
        case .refused: return .refused(.storageUnavailable)
        case .key(let id, let hash): return check(id, hash: hash, needs: scope, from: client())
        }
    }

    /// Whether the text begins as keys of this server do, however it goes on.
    private func isOurs(_ text: Span<UInt8>) -> Bool {
        guard text.count > prefix.count, text[prefix.count] == UInt8(ascii: "_") else { return false }
        for index in prefix.indices where text[index] != prefix[index] { return false }
        return true
    }

    private func check(
        _ id: APIKey.ID, hash: Digest, needs scope: Scopes, from client: @autoclosure () -> IPAddress?
    ) -> Outcome {
        switch directory.apiKey(id) {
        case .unknown: .load(.apiKey(id))
        case .absent: .refused(.apiKeyInvalid)
        case .present(let state): check(state, hash: hash, needs: scope, from: client())
        }
    }

    private func check(
        _ state: HeldKey, hash: Digest, needs scope: Scopes, from client: @autoclosure () -> IPAddress?
    ) -> Outcome {
        let key = state.key
        let now = world.now()
        var isGenuine = hash.constantTimeEquals(key.secretHash)
        if let former = key.former, now <= former.until, hash.constantTimeEquals(former.hash) {
            isGenuine = true
        }
        guard isGenuine else { return refuse(.apiKeyInvalid, .wrongSecret, state, at: now, from: client()) }
        switch key.status(at: now) {
        case .revoked: return refuse(.apiKeyRevoked, .revoked, state, at: now, from: client())
        case .expired: return refuse(.apiKeyExpired, .expired, state, at: now, from: client())
        case .quarantined: return refuse(.apiKeyQuarantined, .quarantined, state, at: now, from: client())
        case .active: break
        }
        guard key.allowedAddresses.isEmpty || key.allows(client()) else {
            return refuse(.addressNotAllowed, .address, state, at: now, from: client())
        }
        guard key.scopes.isSuperset(of: scope) else {
            return refuse(state, .scopeMissing(scope.names.joined(separator: " ")))
        }
        guard case .tenant(let id) = key.owner else { return accept(state, tenant: nil, at: now) }
        switch directory.tenant(id) {
        case .unknown: return .load(.tenant(id))
        case .absent: return .refused(.apiKeyInvalid)
        case .present(let tenant) where tenant.tenant.status == .suspended: return refuse(state, .tenantSuspended)
        case .present(let tenant): return accept(state, tenant: tenant, at: now)
        }
    }

    /// Refuses a key that is known, counts it, and has the audit log told of it.
    private func refuse(
        _ failure: Failure, _ reason: SecurityEvent.Reason, _ state: HeldKey, at now: Timestamp,
        from client: @autoclosure () -> IPAddress?
    ) -> Outcome {
        let key = state.key
        directory.events.note(
            SecurityEvent(.credentialsRefused, reason, key.id, of: key.owner), at: now, address: client())
        return refuse(state, failure)
    }

    /// Refuses a key that is known, and counts it.
    private func refuse(_ state: HeldKey, _ failure: Failure) -> Outcome {
        state.tally?.note(.refusal(failure.code))
        return .refused(failure)
    }

    private func accept(_ state: HeldKey, tenant: TenantState?, at now: Timestamp) -> Outcome {
        directory.uses.note(state.use, at: now)
        return .caller(Caller(state, tenant: tenant))
    }
}
