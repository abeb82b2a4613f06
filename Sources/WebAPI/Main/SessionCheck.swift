internal import Domain
internal import HTTPTypes
internal import Hummingbird

/// Finds who is logged in, and keeps other sites from acting in a browser's name.
struct SessionCheck: Sendable {
    let service: HotService
    let accounts: ManageAccounts
    let cookies: SessionCookies

    /// How a session was shown.
    private enum Credential {
        case bearer(String)
        /// Browsers send it by themselves, also with requests that another site's page makes.
        case cookie(String)
    }

    /// Whether the request is made in a session; an API key that comes along goes first.
    func isMeant(by request: Request) -> Bool {
        request.headers[.apiKey] == nil && credential(of: request) != nil
    }

    /// Who is logged in.
    func holder(_ request: Request, _ context: MainContext) async throws(Failure) -> Session.Holder {
        guard let credential = credential(of: request) else { throw .sessionMissing }
        let token =
            switch credential {
            case .bearer(let token), .cookie(let token): token
            }
        guard
            let holder = try await service.manage(
                on: context.loop,
                { [accounts] () throws(ManagementFailure) in
                    try accounts.holder(of: token)
                })
        else { throw .sessionInvalid }
        if case .cookie = credential { try checkForgery(request, in: holder.session.id) }
        return holder
    }

    /// Who is logged in, where anybody is; a cookie that is worth nothing any more is no reason to refuse.
    func guest(_ request: Request, _ context: MainContext) async throws(Failure) -> Session.Holder? {
        guard let credential = credential(of: request) else {
            try checkOrigin(of: request)
            return nil
        }
        do throws(Failure) {
            return try await holder(request, context)
        } catch .sessionInvalid {
            guard case .cookie = credential else { throw .sessionInvalid }
            try checkOrigin(of: request)
            return nil
        }
    }

    private func credential(of request: Request) -> Credential? {
        if let field = request.headers[.authorization] {
            guard let start = field.credentials(of: "bearer") else { return nil }
            return .bearer(String(Substring(field.utf8.dropFirst(start))))
        }
        return cookies.session(in: request).map { .cookie($0) }
    }

    /// Refuses what another site's page may have made this browser send, unless it changes nothing.
    ///
    /// Two things each suffice, and both are asked for: the browser's own word for where the request comes from, and a
    /// token that a page of another site cannot know (OWASP, Cross-Site Request Forgery Prevention Cheat Sheet).
    private func checkForgery(_ request: Request, in session: Session.ID) throws(Failure) {
        guard request.method != .get, request.method != .head else { return }
        try checkOrigin(of: request)
        guard let token = request.headers[.csrfToken] else {
            throw .csrfFailed("A request with the session's cookie that changes something carries X-CSRF-Token.")
        }
        guard accounts.tokens.isCSRFToken(token, of: session) else {
            throw .csrfFailed("X-CSRF-Token is not that of this session; GET /auth/me tells it.")
        }
    }

    /// Refuses a request of which the browser says that another site's page made it; what is no browser says nothing.
    func checkOrigin(of request: Request) throws(Failure) {
        if let site = request.headers[.fetchSite], site != "same-origin", site != "none" {
            throw .csrfFailed("The browser says that another site's page made this request.")
        }
        if let origin = request.headers[.origin], origin.lowercased() != cookies.origin {
            throw .csrfFailed("The request comes from a page of another origin than this server's public URL.")
        }
    }
}

extension HTTPField.Name {
    /// `X-CSRF-Token`.
    static let csrfToken = known("X-CSRF-Token")
    /// `Sec-Fetch-Site` (W3C Fetch Metadata).
    static let fetchSite = known("Sec-Fetch-Site")
}
