internal import Domain
internal import Hummingbird
internal import Tokens

/// Where passwords are taken and sessions are handed out.
struct LoginDesk: Sendable {
    let service: HotService
    let accounts: ManageAccounts
    let cookies: SessionCookies
    let passwords: PasswordThreads
    let throttle: AttemptThrottle
    private let world: World
    /// What a password is compared with where there is no account.
    private let nobody: PasswordHash

    init(
        service: HotService, accounts: ManageAccounts, cookies: SessionCookies, passwords: PasswordThreads,
        world: World
    ) {
        self.service = service
        self.accounts = accounts
        self.cookies = cookies
        self.passwords = passwords
        self.world = world
        throttle = AttemptThrottle(world: world)
        nobody = .ofNobody(cost: passwords.work.cost, world: world)
    }

    /// The credentials of the account if the password is its own; else throws, the same for an unknown account.
    ///
    /// Either way one hash is computed, and nothing is found out before it is.
    func credentials(
        _ email: EmailAddress, _ password: Password, _ call: ManagedCall
    ) async throws(Failure) -> Credentials {
        let attempt = try throttle.begin(source(of: call, for: email), at: email)
        let found: Credentials?
        do throws(Failure) {
            found = try await call.manage(service) { [accounts] () throws(ManagementFailure) in
                try accounts.credentials(of: email)
            }
            let hash = found?.password ?? nobody
            let isRight = try await passwords(for: call.network) { () throws(TokenFailure) in try hash.matches(password)
            }
            if let found, isRight {
                throttle.forgive(attempt, isRight: true)
                return found
            }
        } catch {
            throttle.forgive(attempt, isRight: false)
            throw error
        }
        throttle.fail(attempt)
        let (client, requestID) = (call.client, call.context.requestID)
        try await call.manage(service) { [accounts] () throws(ManagementFailure) in
            try accounts.noteFailure(of: found, from: client, requestID: requestID)
        }
        throw .credentialsInvalid
    }

    /// The hash of a new password.
    func hash(_ password: Password, for call: ManagedCall) async throws(Failure) -> PasswordHash {
        try await passwords(for: call.network) { [passwords, world] () throws(TokenFailure) in
            try PasswordHash(of: password, cost: passwords.work.cost, world: world)
        }
    }

    /// Lets somebody in who registers or accepts an invitation, unless too many from the same network did lately.
    func enter(_ call: ManagedCall) throws(Failure) {
        try throttle.enter(from: call.network)
    }

    /// An answer that begins a session: its token in the document, for programs, and in a cookie, for browsers.
    func answer(
        _ opened: ManageAccounts.Opened, _ members: [(name: String, value: JSON)], status: Int
    ) -> HotResponse {
        let session = opened.holder.session
        let document: JSON = [
            "id": JSON(session.id.text), "token": JSON(opened.token), "expiresAt": JSON(session.expiresAt.description),
            "csrfToken": JSON(accounts.tokens.csrfToken(of: session.id)),
        ]
        var response = HotResponse(
            JSON(object: opened.holder.members + members + [("session", document)]), status: status)
        cookies.set(
            session: opened.token, device: accounts.tokens.deviceMark(for: opened.holder.account.email, world: world),
            on: &response)
        return response
    }

    private func source(of call: ManagedCall, for email: EmailAddress) -> AttemptThrottle.Source {
        if let mark = cookies.device(in: call.request), let name = accounts.tokens.device(mark, for: email) {
            return .device(name)
        }
        return .network(call.network)
    }
}

extension ManagedCall {
    /// The network that the caller is in.
    var network: String { context.client?.network ?? "unknown" }

    /// Where the caller is, and with what.
    var client: ManageAccounts.Client {
        ManageAccounts.Client(address: context.client?.description, userAgent: request.headers[.userAgent])
    }

    /// Who is logged in, on routes that the table admits for sessions.
    var holder: Session.Holder {
        get throws(Failure) {
            guard case .session(let holder) = principal else { throw .internalError }
            return holder
        }
    }
}
