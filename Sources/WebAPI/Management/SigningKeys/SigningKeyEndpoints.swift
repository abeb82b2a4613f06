internal import Domain
internal import Logging
internal import Tokens

/// `/admin/signing-keys` and below.
struct SigningKeyEndpoints: Sendable {
    let service: HotService
    let signingKeys: ManageSigningKeys

    func register(on routes: ManagedRoutes) {
        routes.on(.listSigningKeys, use: list)
        routes.on(.createSigningKey, use: create)
        routes.on(.activateSigningKey, use: activate)
        routes.on(.retireSigningKey, use: retire)
        routes.on(.revokeSigningKey, use: revoke)
        routes.on(.exportSigningKey, use: export)
    }

    /// `GET /admin/signing-keys`.
    private func list(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        let keys = try await call.manage(service) { [signingKeys] () throws(ManagementFailure) in
            try signingKeys.list(tenant)
        }
        return HotResponse(["signingKeys": JSON(keys.map(\.json))])
    }

    /// `POST /admin/signing-keys`.
    private func create(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        var fields = try await call.optionalFields()
        let algorithm = fields.given("algorithm", as: .algorithm)
        try fields.finishRequest()
        let key = try await call.manage(service, changing: .tenant(tenant)) {
            [signingKeys] () throws(ManagementFailure) in
            try signingKeys.create(for: tenant, algorithm: algorithm, by: call.origin)
        }
        return HotResponse(key.json, status: 201)
    }

    /// `POST /admin/signing-keys/{kid}/activate`.
    private func activate(_ call: ManagedCall) async throws -> HotResponse {
        try await set(call) { [signingKeys] (kid, tenant) throws(ManagementFailure) in
            try signingKeys.activate(kid, of: tenant, by: call.origin)
        }
    }

    /// `POST /admin/signing-keys/{kid}/retire`.
    private func retire(_ call: ManagedCall) async throws -> HotResponse {
        try await set(call) { [signingKeys] (kid, tenant) throws(ManagementFailure) in
            try signingKeys.retire(kid, of: tenant, by: call.origin)
        }
    }

    private func set(
        _ call: ManagedCall, _ change: @escaping @Sendable (String, Tenant.ID) throws(ManagementFailure) -> SealedKey
    ) async throws -> HotResponse {
        let (tenant, kid) = (try call.tenant, try call.kid)
        var fields = try await call.optionalFields()
        try fields.finishRequest()
        let key = try await call.manage(service, changing: .tenant(tenant)) { () throws(ManagementFailure) in
            try change(kid, tenant)
        }
        return HotResponse(key.json)
    }

    /// `POST /admin/signing-keys/{kid}/revoke`.
    private func revoke(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, kid) = (try call.tenant, try call.kid)
        var fields = try await call.optionalFields()
        let replaces = fields.given("replace", as: .bool) ?? false
        try fields.finishRequest()
        let (revoked, successor) = try await call.manage(service, changing: .tenant(tenant)) {
            [signingKeys] () throws(ManagementFailure) in
            try signingKeys.revoke(kid, of: tenant, replacing: replaces, by: call.origin)
        }
        return HotResponse(["revoked": revoked.json, "successor": successor?.json ?? nil])
    }

    /// `POST /admin/signing-keys/{kid}/export`: the secret of an HS256 key as a JWK.
    private func export(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, kid) = (try call.tenant, try call.kid)
        var fields = try await call.optionalFields()
        try fields.finishRequest()
        let jwk = try await call.manage(service) { [signingKeys] () throws(ManagementFailure) in
            try signingKeys.exportSecret(kid, of: tenant, by: call.origin)
        }
        service.logger.notice(
            "signing key exported", metadata: ["tenant": "\(tenant)", "kid": "\(kid)", "by": "\(call.actor)"])
        var response = HotResponse(status: 200)
        response.fields.append(text: "Content-Type: application/jwk+json\r\nCache-Control: no-store\r\n")
        response.body = Array(jwk.utf8)
        return response
    }
}

extension ManagedCall {
    /// The signing key that the path names.
    fileprivate var kid: String {
        get throws(Failure) { try parameter("kid") { $0 } }
    }
}
