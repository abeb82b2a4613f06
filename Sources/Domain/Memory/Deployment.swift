/// What every token and every key of this deployment has in common.
package struct Deployment: Sendable {
    /// The address clients know the server by, without a trailing slash.
    package let publicURL: String
    /// The `aud` claim of REST tokens and of WS tokens.
    package let restAudience: String, wsAudience: String
    /// What API keys begin with, without the underscore.
    package let keyPrefix: String
    /// How long refresh tokens work.
    package let refresh: RefreshLife

    /// A deployment with the given names.
    package init(
        publicURL: String, restAudience: String = "chat-api", wsAudience: String = "chat-realtime",
        keyPrefix: String = "chatsdk", refresh: RefreshLife = RefreshLife()
    ) {
        self.publicURL = publicURL
        self.restAudience = restAudience
        self.wsAudience = wsAudience
        self.keyPrefix = keyPrefix
        self.refresh = refresh
    }

    /// The `aud` claim of a kind of token.
    package func audience(of kind: TokenKind) -> String {
        switch kind {
        case .rest: restAudience
        case .ws: wsAudience
        }
    }
}
