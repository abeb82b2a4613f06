internal import Domain
internal import Hummingbird
internal import Tokens

/// `/auth` and below.
struct AccountEndpoints: Sendable {
    let service: HotService
    let accounts: ManageAccounts
    let members: ManageMembers
    let desk: LoginDesk

    func register(on routes: ManagedRoutes) {
        routes.on(.register, use: register)
        routes.on(.login, use: login)
        routes.on(.logout, use: logout)
        routes.on(.changePassword, use: changePassword)
        routes.on(.readOwnAccount, use: readOwn)
        routes.on(.listSessions, use: list)
        routes.on(.endSession, use: end)
        routes.on(.acceptInvitation, use: accept)
        routes.on(.leaveTenant, use: leave)
    }

    /// `POST /auth/register`.
    private func register(_ call: ManagedCall) async throws -> HotResponse {
        var fields = try await call.fields()
        let email = fields.required("email", as: .email)
        let password = fields.required("password", as: .password)
        let tenant = fields.required("tenant", as: .object)
        fields.refuse(password, for: email, as: "password")
        try fields.finishRequest()
        guard let email, let password, let tenant else { throw Failure.internalError }
        var settings = JSONFields(tenant)
        let id = settings.required("id", as: .tenantID)
        let name = settings.given("name", as: .string)
        try settings.finishRequest(of: "tenant")
        guard let id else { throw Failure.internalError }
        try desk.enter(call)
        let hash = try await desk.hash(password, for: call)
        let (client, requestID) = (call.client, call.context.requestID)
        let made = try await call.manage(service, changing: .tenant(id)) { [accounts] () throws(ManagementFailure) in
            try accounts.register(email, password: hash, tenant: id, name: name, from: client, requestID: requestID)
        }
        let deployment = service.directory.deployment
        return desk.answer(
            made.session, with: hash,
            [
                ("tenant", made.tenant.json(publicURL: deployment.publicURL)), ("apiKey", JSON(made.key.text)),
                ("key", made.key.json(prefix: deployment.keyPrefix)),
            ], status: 201)
    }

    /// `POST /auth/login`.
    private func login(_ call: ManagedCall) async throws -> HotResponse {
        var fields = try await call.fields()
        let email = fields.required("email", as: .email)
        let password = fields.required("password", as: .password)
        try fields.finishRequest()
        guard let email, let password else { throw Failure.internalError }
        let credentials = try await desk.credentials(email, password, call)
        let (client, requestID) = (call.client, call.context.requestID)
        do throws(Failure) {
            let opened = try await call.manage(service) { [accounts] () throws(ManagementFailure) in
                try accounts.open(credentials, from: client, requestID: requestID)
            }
            return desk.answer(opened, with: credentials.password, [], status: 200)
        } catch .notFound {
            // The password was changed in this very moment.
            throw Failure.credentialsInvalid
        }
    }

    /// `GET /auth/me`.
    private func readOwn(_ call: ManagedCall) async throws -> HotResponse {
        let holder = try call.holder
        let session: JSON = [
            "id": JSON(holder.session.id.text), "expiresAt": JSON(holder.session.expiresAt.description),
            "csrfToken": JSON(accounts.tokens.csrfToken(of: holder.session.id)),
        ]
        return HotResponse(JSON(object: holder.members + [("session", session)]))
    }

    /// `POST /auth/password`.
    private func changePassword(_ call: ManagedCall) async throws -> HotResponse {
        let holder = try call.holder
        var fields = try await call.fields()
        let current = fields.required("currentPassword", as: .password)
        let password = fields.required("newPassword", as: .password)
        fields.refuse(password, for: holder.account.email, as: "newPassword")
        try fields.finishRequest()
        guard let current, let password else { throw Failure.internalError }
        let former = try await desk.credentials(holder.account.email, current, call)
        let (hash, origin) = (try await desk.hash(password, for: call), call.origin)
        do throws(Failure) {
            let ended = try await call.manage(service) { [accounts] () throws(ManagementFailure) in
                try accounts.changePassword(former.password, to: hash, of: holder, by: origin)
            }
            var response = HotResponse(["endedSessions": JSON(Int64(ended))])
            // Its mark was of the former password.
            desk.mark(holder.account, with: hash, on: &response)
            return response
        } catch .notFound {
            throw Failure.credentialsInvalid
        }
    }
}

extension JSONFields {
    /// Complains of a password that cannot be that of the account.
    fileprivate mutating func refuse(_ password: Password?, for email: EmailAddress?, as name: String) {
        guard let password, let email, let complaint = password.complaint(for: email) else { return }
        refuse(name, complaint)
    }
}

extension JSONFields.Reading {
    /// An e-mail address.
    static var email: JSONFields.Reading<EmailAddress> {
        .init(EmailAddress.rule) { $0.string.flatMap(EmailAddress.init) }
    }

    /// A password, whatever it is worth.
    static var password: JSONFields.Reading<Password> {
        .init("a string of at most \(Password.longest) bytes") { $0.string.flatMap(Password.init) }
    }

    /// The name of a role.
    static var role: JSONFields.Reading<Role> {
        .init("one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))") { $0.string.flatMap(Role.init) }
    }
}
