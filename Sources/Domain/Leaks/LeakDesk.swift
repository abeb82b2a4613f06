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
        guard let id = try find(text) else { return nil }
        let place = Self.kept(place)
        var isOurs = false, isNew = false
        let key = try change(id, of: nil, by: origin) {
            key throws(ManagementFailure) -> (key: APIKey, action: AuditAction)? in
            isNew = false
            let secret = self.secret(text, of: key)
            isOurs = secret != nil
            guard let secret, let found = self.found(key, by: secret, at: place) else { return nil }
            isNew = true
            return found
        }
        return isOurs ? Finding(key: key, isNew: isNew) : nil
    }

    /// What becomes of a key of which that secret was found; nil: nothing.
    private func found(_ key: APIKey, by secret: Secret, at place: String) -> (key: APIKey, action: AuditAction)? {
        let now = world.now()
        // What an owner has released is left alone where it is known to be; a place without a name is none.
        let isKnown = secret == .current && place != APIKey.Leak.unknownPlace && key.leak?.place == place
        guard key.status(at: now) == .active, secret != .past, !isKnown else { return nil }
        if secret == .former, key.former.map({ now <= $0.until }) != true || !quarantines { return nil }
        var found = key
        let isOut = quarantines && secret == .current
        // The place of a former secret says nothing of where the current one is.
        found.leak = APIKey.Leak(
            at: now, place: secret == .current ? place : APIKey.Leak.unknownPlace, quarantinedAt: isOut ? now : nil)
        if secret == .former { found.former = nil }
        return (found, isOut ? .keyQuarantined : .keyLeakReported)
    }

    /// Puts a quarantined key back into use; with an `owner`, a key of anybody else is `missing`.
    ///
    /// A `conflict` where it was quarantined anew meanwhile: that is another leak to be judged.
    package func release(
        _ id: APIKey.ID, of owner: APIKey.Owner? = nil, by origin: AuditOrigin
    ) throws(ManagementFailure) -> APIKey {
        var judged: APIKey.Leak?
        return try change(id, of: owner, by: origin) { key throws(ManagementFailure) in
            guard key.leak?.quarantinedAt != nil, key.revocation == nil else {
                throw .refused("The key \(id) is not quarantined.")
            }
            guard judged == nil || judged == key.leak else {
                throw .conflict("The key \(id) was found once more at the same time.")
            }
            judged = key.leak
            var released = key
            released.leak?.quarantinedAt = nil
            return (released, .keyReleased)
        }
    }

    private var change: ChangeAPIKey { ChangeAPIKey(storage: storage, world: world) }

    /// The key that the text is or was, or that it pretends to be.
    private func find(_ text: String) throws(ManagementFailure) -> APIKey.ID? {
        try ManagementFailure.telling(of: "such API key") { () throws(StoreFailure) in
            if let given = APIKey.Text(text.utf8.span, prefix: keyPrefix) { return try storage.apiKey(given.id)?.id }
            guard try storage.importedPrefixes().contains(where: text.hasPrefix) else { return nil }
            return try storage.importedKey(hash: SHA256.digest(text.utf8.span))
        }
    }

    /// Which of the key's secrets the text is; nil: none.
    private func secret(_ text: String, of key: APIKey) -> Secret? {
        let given = APIKey.Text(text.utf8.span, prefix: keyPrefix)
        let hash = given?.secretHash ?? SHA256.digest(text.utf8.span)
        if hash.constantTimeEquals(key.secretHash) { return .current }
        if key.former?.hash.constantTimeEquals(hash) == true { return .former }
        return given == nil && hash == key.imported?.hash ? .past : nil
    }

    private static func kept(_ place: String) -> String {
        let text = String(String.UnicodeScalarView(place.unicodeScalars.filter { !$0.isControl }).prefix(longestPlace))
        return text.isEmpty ? APIKey.Leak.unknownPlace : text
    }
}
