/// The life of a signing key.
package enum KeyState: String, Sendable, CaseIterable {
    /// Published so that verifiers know it before it signs; not signing yet.
    case standby
    /// The one key that signs.
    case active
    /// No longer signing; tokens it signed stay valid until they expire.
    case retired
    /// Nothing signed by it is valid any more.
    case revoked

    /// Whether signatures of a key in this state are accepted, and its public part is published.
    package var verifies: Bool { self != .revoked }
}

/// A tenant's signing keys at one moment: an immutable value that is swapped whole.
package struct KeyRing: Sendable {
    /// A key and what it is used for.
    package struct Entry: Sendable {
        /// The key.
        package let key: SigningKey
        /// Its state.
        package let state: KeyState

        /// Pairs a key with its state.
        package init(_ key: SigningKey, _ state: KeyState) {
            self.key = key
            self.state = state
        }
    }

    /// All keys in the order given, revoked ones included.
    package let entries: [Entry]
    /// The key that signs, if one is active.
    package let active: SigningKey?
    /// The public JWK set (RFC 7517 §5) of the asymmetric keys that verify, ready to be sent; the active one comes first.
    package let jwks: [UInt8]
    private let byKID: [String: Entry]

    /// A ring of these keys; throws `keyRingRefused` for two keys of one `kid`, for two active keys, and for an active
    /// key without its private part.
    package init(_ entries: [Entry] = []) throws(TokenFailure) {
        let active = entries.filter { $0.state == .active }
        guard active.count <= 1, active.allSatisfy(\.key.canSign) else { throw .keyRingRefused }
        byKID = Dictionary(entries.map { ($0.key.kid, $0) }) { first, _ in first }
        guard byKID.count == entries.count else { throw .keyRingRefused }
        // Whoever reads only the beginning of a long set knows the newest tokens.
        let published = (active + entries.filter { $0.state.verifies && $0.state != .active })
            .compactMap { $0.key.jwk(.public) }
        jwks = Array("{\"keys\":[\(published.joined(separator: ","))]}".utf8)
        self.entries = entries
        self.active = active.first?.key
    }

    /// The key of this name in whatever state, or `nil`; there is no default key for an unknown name.
    package func entry(kid: String) -> Entry? { byKID[kid] }

    /// The key of this name and its state, or `nil`; whether it may verify is for `KeyState.verifies` to say.
    package func key(kid: String) -> (SigningKey, KeyState)? { byKID[kid].map { ($0.key, $0.state) } }

    /// This ring with one more key; an active one retires the key that was active.
    package func adding(_ key: SigningKey, _ state: KeyState) throws(TokenFailure) -> KeyRing {
        try KeyRing((state == .active ? retiringActive : entries) + [Entry(key, state)])
    }

    /// This ring with a key in another state; activating one retires the key that was active.
    ///
    /// Throws `keyRingRefused` for a `kid` not in the ring, and for a revoked key, which stays revoked.
    package func replacing(stateOf kid: String, by state: KeyState) throws(TokenFailure) -> KeyRing {
        guard let current = byKID[kid], current.state != .revoked || state == .revoked else { throw .keyRingRefused }
        return try KeyRing(
            (state == .active ? retiringActive : entries).map { entry in
                entry.key.kid == kid ? Entry(entry.key, state) : entry
            })
    }

    private var retiringActive: [Entry] {
        entries.map { $0.state == .active ? Entry($0.key, .retired) : $0 }
    }
}
