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
        let device = cookies.device(in: call.request).flatMap { accounts.tokens.device($0, for: email) }
        // Only the account knows whether a mark is of its present password; who shows none is held back before.
        var found = device == nil ? nil : try await account(email, call)
        let isKnown = device.flatMap { device in found.map { accounts.tokens.isKnown(device, with: $0.password) } }
        let source = AttemptThrottle.Source(network: call.network, device: isKnown == true ? device?.name : nil)
        let attempt = try throttle.begin(source, at: email)
        do throws(Failure) {
            if device == nil { found = try await account(email, call) }
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
        let tried = found
        let (client, requestID) = (call.client, call.context.requestID)
        try await call.manage(service) { [accounts] () throws(ManagementFailure) in
            try accounts.noteFailure(of: tried, from: client, requestID: requestID)
        }
        throw .credentialsInvalid
    }

    private func account(_ email: EmailAddress, _ call: ManagedCall) async throws(Failure) -> Credentials? {
        try await call.manage(service) { [accounts] () throws(ManagementFailure) in try accounts.credentials(of: email)
        }
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
        _ opened: ManageAccounts.Opened, with password: PasswordHash, _ members: [(name: String, value: JSON)],
        status: Int
    ) -> HotResponse {
        let session = opened.holder.session
        let document: JSON = [
            "id": JSON(session.id.text), "token": JSON(opened.token), "expiresAt": JSON(session.expiresAt.description),
            "csrfToken": JSON(accounts.tokens.csrfToken(of: session.id)),
        ]
        var response = HotResponse(
            JSON(object: opened.holder.members + members + [("session", document)]), status: status)
        cookies.set(session: opened.token, on: &response)
        mark(opened.holder.account, with: password, on: &response)
        return response
    }

    /// Has the browser keep the mark that it knows the account's password.
    func mark(_ account: Account, with password: PasswordHash, on response: inout HotResponse) {
        let mark = accounts.tokens.deviceMark(for: account.email, with: password, world: world)
        cookies.set(device: mark, on: &response)
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
