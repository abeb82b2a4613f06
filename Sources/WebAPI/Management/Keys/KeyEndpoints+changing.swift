internal import Domain
internal import Tokens

extension KeyEndpoints {
    /// `POST /admin/keys`.
    func create(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        var fields = try await call.fields()
        let name = fields.required("name", as: .string)
        let scopes = fields.given("scopes", as: .scopes)
        let terms = fields.keyTerms()
        try fields.finishRequest()
        guard let name else { throw Failure.internalError }
        let issued = try await call.manage(service) { [keys] () throws(ManagementFailure) in
            try keys.create(for: .tenant(tenant), name: name, scopes: scopes, terms: terms, by: call.origin)
        }
        return HotResponse(document(issued), status: 201)
    }

    /// `POST /admin/keys/import`.
    func `import`(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        var fields = try await call.fields()
        let (name, prefix) = (fields.required("name", as: .string), fields.required("prefix", as: .string))
        let hash = fields.required("sha256", as: .sha256)
        let scopes = fields.given("scopes", as: .scopes)
        let terms = fields.keyTerms()
        try fields.finishRequest()
        guard let name, let prefix, let hash else { throw Failure.internalError }
        let given = KeyImport(name: name, prefix: prefix, hash: hash, scopes: scopes, terms: terms)
        let record = try await call.manage(service) { [keys] () throws(ManagementFailure) in
            try keys.import(given, for: tenant, by: call.origin)
        }
        // Whoever tried the key before was told that there is none.
        service.directory.apply([Change(sequence: 0, subject: .apiKey(record.key.id))])
        return HotResponse(document(record), status: 201)
    }

    /// `PATCH /admin/keys/{key}`.
    func change(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, id) = (try call.tenant, try call.apiKey)
        var fields = try await call.fields()
        let change = fields.keyChange()
        try fields.finishRequest()
        let record = try await call.manage(service, changing: .apiKey(id)) { [keys] () throws(ManagementFailure) in
            try keys.change(id, of: .tenant(tenant), with: change, by: call.origin)
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

    /// `POST /admin/keys/{key}/release`.
    func release(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, id) = (try call.tenant, try call.apiKey)
        var fields = try await call.optionalFields()
        try fields.finishRequest()
        let record = try await call.manage(service, changing: .apiKey(id)) {
            [keys, desk] () throws(ManagementFailure) in
            _ = try desk.release(id, of: .tenant(tenant), by: call.origin)
            return try keys.record(id, of: .tenant(tenant))
        }
        return HotResponse(document(record))
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

extension JSONFields {
    /// On what terms a new key works.
    fileprivate mutating func keyTerms() -> KeyTerms {
        KeyTerms(
            expiresIn: optional("expiresIn", as: .count),
            allowedAddresses: optional("allowedAddresses", as: .addresses) ?? [],
            rateLimit: optional("rateLimit", as: .rateLimit))
    }

    /// What changes of a key.
    fileprivate mutating func keyChange() -> KeyChange {
        var change = KeyChange()
        change.name = given("name", as: .string)
        change.expiresIn = self.change("expiresIn", as: .count)
        change.allowedAddresses = self.change("allowedAddresses", as: .addresses)
        change.rateLimit = self.change("rateLimit", as: .rateLimit)
        return change
    }
}

extension JSONFields.Reading {
    /// An array of IP addresses and networks.
    static var addresses: JSONFields.Reading<[AddressRange]> {
        .init("an array of addresses and networks such as 203.0.113.7 and 2001:db8::/32") { json in
            guard let elements = json.array else { return nil }
            let ranges = elements.compactMap { $0.string.flatMap(AddressRange.init) }
            return ranges.count == elements.count ? ranges : nil
        }
    }

    /// An object of a rate and a burst.
    static var rateLimit: JSONFields.Reading<RateLimit> {
        .init("an object of rate and burst, both integers of at least 1") { json in
            guard let rate = json["rate"]?.wholeNumber, let burst = json["burst"]?.wholeNumber, rate >= 1, burst >= 1,
                json.members?.count == 2
            else { return nil }
            return RateLimit(rate: Int(clamping: rate), burst: Int(clamping: burst))
        }
    }

    /// A SHA-256 as 64 hexadecimal digits.
    fileprivate static var sha256: JSONFields.Reading<Digest> {
        .init("the 64 hexadecimal digits of a SHA-256") { $0.string.flatMap { Digest(hex: $0) } }
    }

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
}
