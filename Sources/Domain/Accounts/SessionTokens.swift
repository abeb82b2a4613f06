package import Tokens

/// A device that has logged in to an account, as its mark names it.
package struct Device: Sendable, Equatable {
    /// Its name.
    package let name: String
    /// What stands for the password with which it logged in.
    let password: String
}

/// Makes and reads the secrets that browsers hold: tokens of sessions, CSRF tokens, marks of known devices.
///
/// Each is under a key of its own that derives from the master key, so that every node knows those of the others and
/// nothing has to be stored for them. Another master key ends every session.
package struct SessionTokens: Sendable {
    private let session: SigningKey, csrf: SigningKey, device: SigningKey
    private let header: [UInt8]
    private let publicURL: String

    private static let typ = "JWT"
    private static let audience = "chat-dashboard"

    /// The secrets of a deployment.
    package init(vault: Vault, publicURL: String) throws(TokenFailure) {
        session = try vault.derivedKey(for: "session")
        csrf = try vault.derivedKey(for: "csrf")
        device = try vault.derivedKey(for: "device")
        header = session.headerSegment(typ: Self.typ)
        self.publicURL = publicURL
    }

    /// A new token for a session: a JWT, whose row in the database decides what it is worth.
    ///
    /// It carries 128 random bits, so that who knows the keys and the row still cannot make it again.
    package func make(
        for id: Session.ID, of account: Account.ID, from start: Timestamp, until end: Timestamp, world: World
    ) throws(TokenFailure) -> String {
        let claims: JSON = [
            "iss": JSON(publicURL), "aud": JSON(Self.audience), "sub": JSON(account.text),
            "jti": JSON("\(id).\(Base64URL.encode(world.randomBytes(16)))"), "iat": JSON(start.seconds),
            "exp": JSON(end.seconds),
        ]
        var token: [UInt8] = []
        try session.appendToken(headerSegment: header, payload: claims.compactBytes().span, to: &token)
        return String(decoding: token, as: UTF8.self)
    }

    /// The session that a token of ours names, and the hash to compare with the stored one; nil for all others.
    ///
    /// What was not signed here costs no look at the database.
    package func read(_ token: String) -> (id: Session.ID, hash: Digest)? {
        let bytes = Array(token.utf8)
        var payload: [UInt8] = []
        guard let parts = try? UnverifiedToken(bytes.span, payload: &payload), parts.algorithm == session.algorithm,
            parts.kid == session.kid, parts.typ == Self.typ, session.verify(bytes.span, parts.segments),
            let claims = try? JSON.parse(payload.span, maximumDepth: 2), let name = claims["jti"]?.string,
            let id = Session.ID(String(name.prefix { $0 != "." }))
        else { return nil }
        return (id, SHA256.digest(bytes.span))
    }

    /// What a page has to send back in `X-CSRF-Token` to change something in this session.
    package func csrfToken(of session: Session.ID) -> String { Self.mark(session.text, under: csrf) }

    /// Whether it is that of the session; constant-time.
    package func isCSRFToken(_ token: String, of session: Session.ID) -> Bool {
        constantTimeEquals(token.utf8.span, csrfToken(of: session).utf8.span)
    }

    /// A mark that this device has logged in to the account with this password; see ``AttemptThrottle``.
    package func deviceMark(for email: EmailAddress, with password: PasswordHash, world: World) -> String {
        let named = "\(Base64URL.encode(world.randomBytes(16))).\(token(of: password))"
        return "\(named).\(Self.mark("\(email) \(named)", under: device))"
    }

    /// The device if the mark is one for this account; nil for all others, which cost no look at the database.
    package func device(_ mark: String, for email: EmailAddress) -> Device? {
        let parts = mark.split(separator: ".", omittingEmptySubsequences: false)
        guard mark.utf8.count <= 128, parts.count == 3 else { return nil }
        let expected = Self.mark("\(email) \(parts[0]).\(parts[1])", under: device)
        guard constantTimeEquals(parts[2].utf8.span, expected.utf8.span) else { return nil }
        return Device(name: String(parts[0]), password: String(parts[1]))
    }

    /// Whether the device logged in with the password that the account has now: who knew an earlier one is a stranger.
    package func isKnown(_ device: Device, with password: PasswordHash) -> Bool {
        constantTimeEquals(device.password.utf8.span, token(of: password).utf8.span)
    }

    /// What stands for a password in marks, and tells nothing of it.
    private func token(of password: PasswordHash) -> String {
        String(Self.mark(password.text, under: device).prefix(16))
    }

    private static func mark(_ text: String, under key: SigningKey) -> String {
        var code: [UInt8] = []
        do throws(TokenFailure) {
            try key.sign(text.utf8.span, appendingTo: &code)
        } catch {
            preconditionFailure("an HMAC cannot fail: \(error)")
        }
        return Base64URL.encode(code)
    }
}
