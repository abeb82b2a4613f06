internal import Domain
internal import Tokens

extension KeyEndpoints {
    /// `GET /admin/keys`.
    func list(_ call: ManagedCall) async throws -> HotResponse {
        let owner = APIKey.Owner.tenant(try call.tenant)
        let within = try call.query("expiringWithin")["expiringWithin"].map(Self.seconds)
        let records = try await call.manage(service) { [keys] () throws(ManagementFailure) in
            try keys.records(of: owner, expiringWithin: within)
        }
        return HotResponse(["keys": JSON(records.map(document))])
    }

    /// `GET /admin/keys/{key}`.
    func read(_ call: ManagedCall) async throws -> HotResponse {
        let owner = APIKey.Owner.tenant(try call.tenant)
        return try await record(try call.apiKey, of: owner, call)
    }

    /// `GET /admin/keys/self`: what the key that asks is.
    func readOwn(_ call: ManagedCall) async throws -> HotResponse {
        guard case .key(let key) = call.principal else { throw Failure.internalError }
        return try await record(key.id, of: key.owner, call)
    }

    private func record(_ id: APIKey.ID, of owner: APIKey.Owner, _ call: ManagedCall) async throws -> HotResponse {
        let record = try await call.manage(service) { [keys] () throws(ManagementFailure) in
            try keys.record(id, of: owner)
        }
        return HotResponse(document(record))
    }

    /// A duration such as `7d`, `12h`, `30m` or `90s`.
    private static func seconds(_ text: String) throws(Failure) -> Int64 {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()),
            (1...100_000_000).contains(number)
        else {
            throw ManagedCall.unacceptable("expiringWithin", "must be a duration such as 7d, 12h, 30m or 90s")
        }
        return number * unit
    }
}
