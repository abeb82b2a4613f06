internal import Domain
internal import Tokens

extension KeyEndpoints {
    /// `POST /admin/keys`.
    func create(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        var fields = try await call.fields()
        let name = fields.required("name", as: .string)
        let scopes = fields.given("scopes", as: .scopes)
        let expiresIn = fields.optional("expiresIn", as: .integer)
        try fields.finishRequest()
        guard let name else { throw Failure.internalError }
        let issued = try await call.manage(service) { [keys] () throws(ManagementFailure) in
            try keys.create(
                for: .tenant(tenant), name: name, scopes: scopes, expiresIn: expiresIn.map(Int.init(clamping:)),
                by: call.origin)
        }
        return HotResponse(document(issued), status: 201)
    }

    /// `PATCH /admin/keys/{key}`.
    func change(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, id) = (try call.tenant, try call.apiKey)
        var fields = try await call.fields()
        let name = fields.required("name", as: .string)
        try fields.finishRequest()
        guard let name else { throw Failure.internalError }
        let record = try await call.manage(service, changing: .apiKey(id)) { [keys] () throws(ManagementFailure) in
            try keys.rename(id, of: .tenant(tenant), to: name, by: call.origin)
        }
        return HotResponse(document(record))
    }

    /// `POST /admin/keys/{key}/rotate`.
    func rotate(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, id) = (try call.tenant, try call.apiKey)
        var fields = try await call.optionalFields()
        let grace = fields.given("graceSeconds", as: .integer) ?? 0
        try fields.finishRequest()
        let issued = try await call.manage(service, changing: .apiKey(id)) { [keys] () throws(ManagementFailure) in
            try keys.rotate(id, of: .tenant(tenant), graceSeconds: Int(clamping: grace), by: call.origin)
        }
        return HotResponse(document(issued))
    }

    /// `POST /admin/keys/{key}/revoke`.
    func revoke(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, id) = (try call.tenant, try call.apiKey)
        var fields = try await call.optionalFields()
        let reason = fields.given("reason", as: .string) ?? ""
        try fields.finishRequest()
        let record = try await call.manage(service, changing: .apiKey(id)) { [keys] () throws(ManagementFailure) in
            _ = try keys.revoke(id, of: .tenant(tenant), reason: reason, by: call.origin)
            return try keys.record(id, of: .tenant(tenant))
        }
        return HotResponse(document(record))
    }
}

extension JSONFields.Reading {
    /// An array of the names of scopes.
    static var scopes: JSONFields.Reading<Scopes> {
        .init("an array of scopes: \(Scopes.named.map(\.name).joined(separator: ", "))") { json in
            guard let elements = json.array else { return nil }
            let names = elements.compactMap(\.string)
            return names.count == elements.count ? Scopes(names: names) : nil
        }
    }

    /// The name of a signature algorithm.
    static var algorithm: JSONFields.Reading<SignatureAlgorithm> {
        .init("one of \(SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))") {
            $0.string.flatMap(SignatureAlgorithm.init)
        }
    }

    /// The name of a plan.
    static var plan: JSONFields.Reading<Plan> {
        .init("one of \(Plan.allCases.map(\.rawValue).joined(separator: ", "))") { $0.string.flatMap(Plan.init) }
    }
}
