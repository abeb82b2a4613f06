internal import Domain
internal import Tokens

/// `/admin/tenant`: a tenant's own settings.
struct TenantEndpoints: Sendable {
    let service: HotService
    let tenants: ManageTenants

    func register(on routes: ManagedRoutes) {
        routes.on(.readTenant, use: read)
        routes.on(.changeTenant, use: change)
    }

    /// `GET /admin/tenant`.
    private func read(_ call: ManagedCall) async throws -> HotResponse {
        let id = try call.tenant
        let details = try await call.manage(service) { [tenants] () throws(ManagementFailure) in
            try tenants.show(id)
        }
        return HotResponse(details.json(publicURL: service.directory.deployment.publicURL))
    }

    /// `PATCH /admin/tenant`.
    private func change(_ call: ManagedCall) async throws -> HotResponse {
        let id = try call.tenant
        var fields = try await call.fields()
        let change = fields.settings()
        try fields.finishRequest()
        let details = try await call.manage(service, changing: .tenant(id)) {
            [tenants] () throws(ManagementFailure) in
            _ = try tenants.update(id, with: change, by: call.origin)
            return try tenants.show(id)
        }
        return HotResponse(details.json(publicURL: service.directory.deployment.publicURL))
    }
}

extension ManageTenants.Details {
    /// The tenant with what it has used of its quota.
    func json(publicURL: String) -> JSON {
        JSON(object: tenant.members(publicURL: publicURL) + [("issuedPairs", JSON(issuedPairs))])
    }
}
