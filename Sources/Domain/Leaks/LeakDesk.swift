internal import Tokens

/// Takes in API keys that somebody found in the open.
package struct LeakDesk: Sendable {
    let storage: any Storage
    private let keyPrefix: [UInt8]
    private let world: World
    private let quarantines: Bool

    /// The longest note of a place that is kept, in characters.
    package static let longestPlace = 1_024

    /// The desk over a database.
    ///
    /// - Parameters:
    ///   - storage: the database.
    ///   - keyPrefix: what the deployment's keys begin with.
    ///   - world: the clock.
    ///   - quarantines: whether a key that was found is out of use at once, or only noted.
    package init(storage: any Storage, keyPrefix: String, world: World, quarantines: Bool) {
        self.storage = storage
        self.keyPrefix = Array(keyPrefix.utf8)
        self.world = world
        self.quarantines = quarantines
    }

    /// What became of a report.
    package struct Finding: Sendable {
        /// The key whose secret it was, as it stands now.
        package let key: APIKey
        /// Whether the report changed anything.
        package let isNew: Bool
    }

    /// Which of a key's secrets a text is.
    private enum Secret {
        case current, former, past
    }

    /// Notes that a text was found, if it is or was a key of this deployment.
    ///
    /// A key that works is quarantined, or noted. Where only the secret before a rotation was found, which still works
    /// through its grace, the grace ends and the key stays in use. A key that an owner released is left alone when the
    /// same place is reported again.
    ///
    /// - Parameters:
    ///   - text: what was found.
    ///   - place: where, such as an address.
    ///   - origin: who reports it.
    /// - Returns: the key; nil where the text never was one.
    /// - Throws: what the storage throws.
    package func report(
        _ text: String, at place: String, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Finding? {
        guard let (key, secret) = try find(text) else { return nil }
        let now = world.now()
        let place = Self.kept(place)
        let status = key.status(at: now)
        // What an owner has released is left alone where it is known to be; a place without a name is none.
        let isKnown = secret == .current && place != Self.unknown && key.leak?.place == place
        guard status == .active, secret != .past, !isKnown else { return Finding(key: key, isNew: false) }
        if secret == .former, key.former.map({ now <= $0.until }) != true || !quarantines {
            return Finding(key: key, isNew: false)
        }
        var found = key
        let isOut = quarantines && secret == .current
        // The place of a former secret says nothing of where the current one is.
        found.leak = APIKey.Leak(
            at: now, place: secret == .current ? place : Self.unknown, quarantinedAt: isOut ? now : nil)
        if secret == .former { found.former = nil }
        try save(found, after: key, as: isOut ? .keyQuarantined : .keyLeakReported, by: origin)
        return Finding(key: found, isNew: true)
    }

    /// Puts a quarantined key back into use; with an `owner`, a key of anybody else is `missing`.
    package func release(
        _ id: APIKey.ID, of owner: APIKey.Owner? = nil, by origin: AuditOrigin
    ) throws(ManagementFailure) -> APIKey {
        let key = try ManagementFailure.telling(of: "API key \(id)") { () throws(StoreFailure) in
            guard let key = try storage.apiKey(id), owner == nil || key.owner == owner else { throw .missing }
            return key
        }
        guard key.leak?.quarantinedAt != nil, key.revocation == nil else {
            throw .refused("The key \(id) is not quarantined.")
        }
        var released = key
        released.leak?.quarantinedAt = nil
        try save(released, after: key, as: .keyReleased, by: origin)
        return released
    }

    private func save(
        _ key: APIKey, after former: APIKey, as action: AuditAction, by origin: AuditOrigin
    ) throws(ManagementFailure) {
        guard let leak = key.leak else { return }
        let audit = AuditDraft(
            action, for: key.owner.tenant, by: origin, target: key.auditTarget, changing: former.audited,
            to: key.audited, at: world.now())
        let endsGrace = former.former != nil && key.former == nil
        try ManagementFailure.telling(of: "API key \(key.id)") { () throws(StoreFailure) in
            try storage.setLeak(leak, of: key.id, endingGrace: endsGrace, recording: audit)
        }
    }

    private func find(_ text: String) throws(ManagementFailure) -> (key: APIKey, secret: Secret)? {
        try ManagementFailure.telling(of: "such API key") { () throws(StoreFailure) in
            if let given = APIKey.Text(text.utf8.span, prefix: keyPrefix) {
                guard let key = try storage.apiKey(given.id) else { return nil }
                if given.secretHash.constantTimeEquals(key.secretHash) { return (key, .current) }
                return key.former?.hash.constantTimeEquals(given.secretHash) == true ? (key, .former) : nil
            }
            guard try storage.importedPrefixes().contains(where: text.hasPrefix) else { return nil }
            let hash = SHA256.digest(text.utf8.span)
            guard let id = try storage.importedKey(hash: hash), let key = try storage.apiKey(id) else { return nil }
            if hash == key.secretHash { return (key, .current) }
            return (key, hash == key.former?.hash ? .former : .past)
        }
    }

    private static func kept(_ place: String) -> String {
        let text = String(String.UnicodeScalarView(place.unicodeScalars.filter { !$0.isControl }).prefix(longestPlace))
        return text.isEmpty ? unknown : text
    }

    /// The place of what was found nobody says where; it is never one that is known already.
    private static let unknown = "unknown"
}
