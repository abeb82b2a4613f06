internal import Domain
internal import Tokens

/// `/operator/tenants` and below.
struct OperatorTenantEndpoints: Sendable {
    let service: HotService
    let tenants: ManageTenants

    func register(on routes: ManagedRoutes) {
        routes.on(.listTenants, use: list)
        routes.on(.createTenant, use: create)
        routes.on(.readAnyTenant) { call in
            try await act(on: call) { [tenants] (id) throws(ManagementFailure) in try tenants.show(id).tenant }
        }
        routes.on(.changeAnyTenant, use: change)
        routes.on(.suspendTenant) { call in
            try await act(on: call) { [tenants] (id) throws(ManagementFailure) in
                try tenants.suspend(id, by: call.origin)
            }
        }
        routes.on(.resumeTenant) { call in
            try await act(on: call) { [tenants] (id) throws(ManagementFailure) in
                try tenants.resume(id, by: call.origin)
            }
        }
        routes.on(.deleteTenant) { call in
            try await act(on: call) { [tenants] (id) throws(ManagementFailure) in
                try tenants.delete(id, by: call.origin)
            }
        }
    }

    /// `GET /operator/tenants`: in the order of their identifiers, page by page.
    private func list(_ call: ManagedCall) async throws -> HotResponse {
        let query = try call.query("limit", "cursor")
        let limit = try query["limit"].map(Self.limit) ?? 100
        let found = try await call.manage(service) { [tenants] () throws(ManagementFailure) in try tenants.list() }
        let rest = found.filter { tenant in query["cursor"].map { tenant.id.text > $0 } ?? true }
        let page = rest.prefix(limit)
        return HotResponse([
            "tenants": JSON(page.map(document)),
            "nextCursor": JSON(optional: rest.count > page.count ? page.last?.id.text : nil),
        ])
    }

    /// `POST /operator/tenants`.
    private func create(_ call: ManagedCall) async throws -> HotResponse {
        var fields = try await call.fields()
        let id = fields.required("id", as: .tenantID)
        let settings = fields.settingsOfOperator()
        let algorithm = fields.given("algorithm", as: .algorithm) ?? .hs256
        try fields.finishRequest()
        guard let id else { throw Failure.internalError }
        let tenant = try await call.manage(service, changing: .tenant(id)) {
            [tenants] () throws(ManagementFailure) in
            try tenants.create(id, settings: settings, algorithm: algorithm, by: call.origin)
        }
        return HotResponse(document(tenant), status: 201)
    }

    /// `PATCH /operator/tenants/{tenant}`.
    private func change(_ call: ManagedCall) async throws -> HotResponse {
        let id = try call.parameter("tenant", Tenant.ID.init)
        var fields = try await call.fields()
        let change = fields.settingsOfOperator()
        try fields.finishRequest()
        let tenant = try await call.manage(service, changing: .tenant(id)) {
            [tenants] () throws(ManagementFailure) in
            try tenants.update(id, with: change, by: call.origin)
        }
        return HotResponse(document(tenant))
    }

    private func act(
        on call: ManagedCall, _ work: @escaping @Sendable (Tenant.ID) throws(ManagementFailure) -> Tenant
    ) async throws -> HotResponse {
        let id = try call.parameter("tenant", Tenant.ID.init)
        let tenant = try await call.manage(service, changing: .tenant(id)) { () throws(ManagementFailure) in
            try work(id)
        }
        return HotResponse(document(tenant))
    }

    private func document(_ tenant: Tenant) -> JSON {
        tenant.json(publicURL: service.directory.deployment.publicURL)
    }

    private static func limit(_ text: String) throws(Failure) -> Int {
        guard let limit = Int(text), (1...1_000).contains(limit) else {
            throw ManagedCall.unacceptable("limit", "must be from 1 to 1000")
        }
        return limit
    }
}
