/// The body of a `POST /tokens` after its checks.
package struct IssueRequest: Sendable, Equatable {
    /// What becomes of the user.
    package var change: UserChange
    /// Seconds the tokens shall live; nil: the tenant's setting.
    package var expiresIn: Int?
    /// Whether a refresh token is wanted.
    package var refresh: Bool
    /// Centrifugo channels for the wsToken, as a compact JSON array; nil: none.
    package var channels: [UInt8]?
    /// What the pair is for, by which it can be revoked; nil: nothing in particular.
    package var label: Label?

    /// A request with the given fields.
    package init(
        change: UserChange, expiresIn: Int? = nil, refresh: Bool = false, channels: [UInt8]? = nil, label: Label? = nil
    ) {
        self.change = change
        self.expiresIn = expiresIn
        self.refresh = refresh
        self.channels = channels
        self.label = label
    }
}
