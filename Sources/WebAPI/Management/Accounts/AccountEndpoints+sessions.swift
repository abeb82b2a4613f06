internal import Domain
internal import Hummingbird
internal import Tokens

extension AccountEndpoints {
    /// `POST /auth/logout`.
    func logout(_ call: ManagedCall) async throws -> HotResponse {
        let (holder, origin) = (try call.holder, call.origin)
        var fields = try await call.optionalFields()
        try fields.finishRequest()
        try await end(holder.session.id, holder, origin, call)
        var response = HotResponse(status: 204)
        desk.cookies.clearSession(on: &response)
        return response
    }

    /// `GET /auth/sessions`.
    func list(_ call: ManagedCall) async throws -> HotResponse {
        let holder = try call.holder
        let sessions = try await call.manage(service) { [accounts] () throws(ManagementFailure) in
            try accounts.sessions(of: holder.account.id)
        }
        return HotResponse(["sessions": JSON(sessions.map { $0.json(isCurrent: $0.id == holder.session.id) })])
    }

    /// `DELETE /auth/sessions/{session}`.
    func end(_ call: ManagedCall) async throws -> HotResponse {
        let id = try call.parameter("session", Session.ID.init)
        try await end(id, try call.holder, call.origin, call)
        return HotResponse(status: 204)
    }

    private func end(
        _ id: Session.ID, _ holder: Session.Holder, _ origin: AuditOrigin, _ call: ManagedCall
    ) async throws(Failure) {
        try await call.manage(service) { [accounts] () throws(ManagementFailure) in
            try accounts.end(id, asked: holder, by: origin)
        }
    }

    /// `POST /auth/invitations/accept`: as who is logged in, or as a new account.
    func accept(_ call: ManagedCall) async throws -> HotResponse {
        var fields = try await call.fields()
        let token = fields.required("token", as: .string)
        if case .session(let holder) = call.principal {
            try fields.finishRequest()
            return try await accept(token ?? "", as: holder, call)
        }
        let email = fields.required("email", as: .email)
        let password = fields.required("password", as: .password)
        if let email, let complaint = password?.complaint(for: email) { fields.refuse("password", complaint) }
        try fields.finishRequest()
        guard let token, let email, let password else { throw Failure.internalError }
        try desk.enter(call)
        // Who has no invitation is not worth a hash.
        _ = try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.invitation(token, for: email)
        }
        let hash = try await desk.hash(password, for: call)
        let (client, requestID) = (call.client, call.context.requestID)
        let accepted = try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.accept(token, as: email, password: hash, from: client, requestID: requestID)
        }
        guard let opened = accepted.session else { throw Failure.internalError }
        return desk.answer(opened, with: hash, accepted.members, status: 201)
    }

    private func accept(
        _ token: String, as holder: Session.Holder, _ call: ManagedCall
    ) async throws -> HotResponse {
        let origin = call.origin
        let accepted = try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.accept(token, as: holder, by: origin)
        }
        return HotResponse(JSON(object: accepted.members))
    }

    /// `DELETE /auth/memberships/{tenant}`: leaves a tenant.
    func leave(_ call: ManagedCall) async throws -> HotResponse {
        let (holder, origin) = (try call.holder, call.origin)
        let tenant = try call.parameter("tenant", Tenant.ID.init)
        try await call.manage(service) { [members] () throws(ManagementFailure) in
            try members.remove(holder.account.id, from: tenant, by: origin)
        }
        return HotResponse(status: 204)
    }
}

extension ManageMembers.Accepted {
    /// What an answer says of it.
    fileprivate var members: [(name: String, value: JSON)] {
        [("tenant", JSON(tenant.text)), ("role", JSON(role.rawValue))]
    }
}
