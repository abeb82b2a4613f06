internal import Domain
internal import Hummingbird
internal import Tokens

extension UserEndpoints {
    /// `PUT /users/{userId}`: creates the user or replaces the whole profile.
    func put(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try await tenant(call)
        guard let id = try? call.user else { throw ManagedCall.unacceptable("userId", ProfileFields.userRule) }
        guard HotHeaders(call.request).isJSON else { throw Failure.unsupportedMediaType }
        let change = try UserBody.profile(try await call.request.wholeBody(limit: UserBody.limit), of: id)
        let outcomes = try await call.manage(service) { [users] () throws(ManagementFailure) in
            try users.upsert([change], of: tenant)
        }
        guard let outcome = outcomes.first else { throw Failure.internalError }
        return HotResponse(outcome.record, status: outcome.isNew ? 201 : 200)
    }

    /// `PATCH /users/{userId}`: a merge patch.
    func change(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, id) = (try await tenant(call), try call.user)
        let headers = HotHeaders(call.request)
        guard headers.isJSON || headers.isMergePatch else { throw Failure.unsupportedMediaType }
        let patch = try UserBody.patch(try await call.request.wholeBody(limit: UserBody.limit))
        let record = try await call.manage(service) { [users] () throws(ManagementFailure) in
            try users.patch(id, of: tenant, with: patch)
        }
        return HotResponse(record)
    }

    /// `POST /users/batch`: what is acceptable is stored in one transaction, and each entry gets its answer.
    func upsert(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try await tenant(call)
        guard HotHeaders(call.request).isJSON else { throw Failure.unsupportedMediaType }
        let entries = try UserBody.batch(try await call.request.wholeBody(limit: UserBody.batchLimit))
        let changes = entries.compactMap { try? $0.get() }
        var outcomes = try await call.manage(service) { [users] () throws(ManagementFailure) in
            try users.upsert(changes, of: tenant)
        }[...]
        var response = HotResponse(status: 200)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        response.body.append(text: "{\"results\":[")
        for (index, entry) in entries.enumerated() {
            if index > 0 { response.body.append(text: ",") }
            switch entry {
            case .failure(let failure): Problem(failure: failure).appendEntry(to: &response.body)
            case .success:
                guard let outcome = outcomes.popFirst() else { throw Failure.internalError }
                response.body.append(string: "{\"status\":\(outcome.isNew ? 201 : 200),\"user\":")
                UserRecordJSON.append(outcome.record, to: &response.body)
                response.body.append(text: "}")
            }
        }
        response.body.append(text: "]}")
        return response
    }

    /// `DELETE /users/{userId}`: deactivates, or erases with `?purge=true`.
    func remove(_ call: ManagedCall) async throws -> HotResponse {
        let (tenant, id, origin) = (try await tenant(call), try call.user, call.origin)
        switch try call.query("purge")["purge"] {
        case nil, "false": return try await set(.deactivated, call)
        case "true":
            let cutoff = try await call.manage(service) { [users] () throws(ManagementFailure) in
                try users.purge(id, of: tenant, by: origin)
            }
            take(cutoff)
            disconnections?.end(id, of: tenant, .user)
            return HotResponse(status: 204)
        default: throw ManagedCall.unacceptable("purge", "must be true or false")
        }
    }

    /// `POST /users/{userId}/reactivate`.
    func reactivate(_ call: ManagedCall) async throws -> HotResponse {
        var fields = try await call.optionalFields()
        try fields.finishRequest()
        return try await set(.active, call)
    }

    private func set(_ status: User.Status, _ call: ManagedCall) async throws -> HotResponse {
        let (tenant, id, origin) = (try await tenant(call), try call.user, call.origin)
        let (record, cutoff) = try await call.manage(service) { [users] () throws(ManagementFailure) in
            try users.set(status, of: id, of: tenant, by: origin)
        }
        take(cutoff)
        if status == .deactivated { disconnections?.end(id, of: tenant, .user) }
        return HotResponse(record)
    }

    /// Has this node know before the answer; the others learn of it from the change log.
    private func take(_ cutoff: UserCutoff?) {
        guard let cutoff else { return }
        service.directory.apply([Change(sequence: 0, subject: .user(cutoff))])
    }
}

extension Problem {
    /// Appends what an entry of a batch is told: the problem without what belongs to a whole answer.
    func appendEntry(to out: inout [UInt8]) {
        out.append(string: "{\"status\":\(status),\"code\":\"\(failure.code.rawValue)\",\"detail\":")
        out.append(json: detail)
        if case .invalidRequest(_, let fields) = failure, !fields.isEmpty { writeErrors(fields, to: &out) }
        out.append(text: "}")
    }
}
