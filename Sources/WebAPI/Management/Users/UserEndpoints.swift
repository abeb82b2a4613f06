internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Tokens

/// `/users` and below; `/admin/users` is the same to those who look after users rather than send them.
struct UserEndpoints: Sendable {
    let service: HotService
    let users: ManageUsers
    let disconnections: Disconnections?

    func register(on routes: ManagedRoutes) {
        routes.on(.putUser, use: put)
        routes.on(.changeUser, use: change)
        routes.on(.upsertUsers, use: upsert)
        for route in [ManagedRoute.listUsers, .listUsersAsAdmin] { routes.on(route, use: list) }
        for route in [ManagedRoute.readUser, .readUserAsAdmin] { routes.on(route, use: read) }
        for route in [ManagedRoute.removeUser, .removeUserAsAdmin] { routes.on(route, use: remove) }
        for route in [ManagedRoute.reactivateUser, .reactivateUserAsAdmin] { routes.on(route, use: reactivate) }
    }

    /// The tenant acted for; an operator may name one that does not exist.
    func tenant(_ call: ManagedCall) async throws(Failure) -> Tenant.ID {
        let id = try call.tenant
        guard try await service.tenant(id, on: call.context.loop) != nil else { throw .notFound }
        return id
    }

    /// `GET /users/{userId}`.
    private func read(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, id) = (try await tenant(call), try call.user)
        let record = try await call.manage(service) { [users] () throws(ManagementFailure) in
            try users.read(id, of: tenant)
        }
        return HotResponse(record)
    }

    /// `GET /users`: in the order of their identifiers, page by page.
    private func list(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try await tenant(call)
        let query = try call.query("limit", "cursor", "status")
        let limit = try query["limit"].map(Self.limit) ?? ManageUsers.most
        let last = try query["cursor"].map(Self.lastUser)
        let status = try query["status"].map(Self.status)
        let page = try await call.manage(service) { [users] () throws(ManagementFailure) in
            try users.list(of: tenant, after: last, status: status, limit: limit)
        }
        return HotResponse(page)
    }

    private static func limit(_ text: String) throws(Failure) -> Int {
        guard let limit = Int(text), (1...ManageUsers.most).contains(limit) else {
            throw ManagedCall.unacceptable("limit", "must be from 1 to \(ManageUsers.most)")
        }
        return limit
    }

    private static func lastUser(_ text: String) throws(Failure) -> User.ID {
        guard let bytes = Base64URL.decode(text),
            let id = String(validating: bytes, as: UTF8.self).flatMap(User.ID.init)
        else { throw ManagedCall.unacceptable("cursor", "must be the nextCursor of an answer") }
        return id
    }

    private static func status(_ text: String) throws(Failure) -> User.Status {
        guard let status = User.Status(rawValue: text) else {
            throw ManagedCall.unacceptable("status", "must be active or deactivated")
        }
        return status
    }
}

extension ManagedCall {
    /// The user that the path names, percent-encoded; what cannot be one does not exist.
    ///
    /// The router takes `/users/batch` for itself, so that a user of this name comes without a parameter.
    var user: User.ID {
        get throws(Failure) {
            guard let id = PathSegment.decode(context.parameters.get("userId") ?? "batch").flatMap(User.ID.init)
            else { throw .notFound }
            return id
        }
    }
}
