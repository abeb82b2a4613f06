internal import Domain
internal import Tokens

/// `/admin/members`, `/admin/invitations` and below.
struct MemberEndpoints: Sendable {
    let service: HotService
    let members: ManageMembers

    func register(on routes: ManagedRoutes) {
        routes.on(.listMembers, use: list)
        routes.on(.changeMember, use: change)
        routes.on(.removeMember, use: remove)
        routes.on(.listInvitations, use: listInvitations)
        routes.on(.createInvitation, use: invite)
        routes.on(.withdrawInvitation, use: withdraw)
    }

    /// `GET /admin/members`.
    private func list(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        let found = try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.list(tenant)
        }
        return HotResponse(["members": JSON(found.map(\.json))])
    }

    /// `PATCH /admin/members/{account}`.
    private func change(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, origin) = (try call.tenant, call.origin)
        let account = try call.parameter("account", Account.ID.init)
        var fields = try await call.fields()
        let role = fields.required("role", as: .role)
        try fields.finishRequest()
        guard let role else { throw Failure.internalError }
        let member = try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.change(account, of: tenant, to: role, by: origin)
        }
        return HotResponse(member.json)
    }

    /// `DELETE /admin/members/{account}`.
    private func remove(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, origin) = (try call.tenant, call.origin)
        let account = try call.parameter("account", Account.ID.init)
        try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.remove(account, from: tenant, by: origin)
        }
        return HotResponse(status: 204)
    }

    /// `GET /admin/invitations`.
    private func listInvitations(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        let found = try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.invitations(to: tenant)
        }
        return HotResponse(["invitations": JSON(found.map { JSON(object: $0.members) })])
    }

    /// `POST /admin/invitations`.
    private func invite(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, origin) = (try call.tenant, call.origin)
        var fields = try await call.fields()
        let role = fields.required("role", as: .role)
        let email = fields.optional("email", as: .email)
        let seconds = fields.optional("expiresIn", as: .integer)
        try fields.finishRequest()
        guard let role else { throw Failure.internalError }
        let issued = try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.invite(to: tenant, as: role, email: email, expiresIn: seconds, by: origin)
        }
        let secrets = [("token", JSON(issued.token)), ("link", JSON(issued.link))]
        return HotResponse(JSON(object: issued.invitation.members + secrets), status: 201)
    }

    /// `DELETE /admin/invitations/{invitation}`.
    private func withdraw(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, origin) = (try call.tenant, call.origin)
        let id = try call.parameter("invitation", Invitation.ID.init)
        try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.withdraw(id, of: tenant, by: origin)
        }
        return HotResponse(status: 204)
    }
}
