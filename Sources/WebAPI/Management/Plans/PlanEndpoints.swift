internal import Domain
internal import Tokens

/// `/operator/plans` and below.
struct PlanEndpoints: Sendable {
    let service: HotService
    let plans: ManagePlans

    func register(on routes: ManagedRoutes) {
        routes.on(.listPlans, use: list)
        routes.on(.createPlan, use: create)
        routes.on(.readPlan, use: read)
        routes.on(.changePlan, use: change)
        routes.on(.deletePlan, use: delete)
    }

    /// `GET /operator/plans`: all of them, in the order of their identifiers.
    private func list(_ call: ManagedCall) async throws -> HotResponse {
        let found = try await call.manage(service) { [plans] () throws(ManagementFailure) in try plans.list() }
        return HotResponse(["plans": JSON(found.map(\.json))])
    }

    /// `POST /operator/plans`.
    private func create(_ call: ManagedCall) async throws -> HotResponse {
        var fields = try await call.fields()
        let id = fields.required("id", as: .planID)
        let settings = fields.planSettings()
        try fields.finishRequest()
        guard let id else { throw Failure.internalError }
        let plan = try await call.manage(service) { [plans, origin = call.origin] () throws(ManagementFailure) in
            try plans.create(id, settings: settings, by: origin)
        }
        return HotResponse(plan.json, status: 201)
    }

    /// `GET /operator/plans/{plan}`.
    private func read(_ call: ManagedCall) async throws -> HotResponse {
        let id = try call.plan
        let plan = try await call.manage(service) { [plans] () throws(ManagementFailure) in try plans.show(id) }
        return HotResponse(plan.json)
    }

    /// `PATCH /operator/plans/{plan}`.
    private func change(_ call: ManagedCall) async throws -> HotResponse {
        let id = try call.plan
        var fields = try await call.fields()
        let change = fields.planSettings()
        try fields.finishRequest()
        let plan = try await call.manage(service, changing: .plan(id)) {
            [plans, origin = call.origin] () throws(ManagementFailure) in
            try plans.update(id, with: change, by: origin)
        }
        return HotResponse(plan.json)
    }

    /// `DELETE /operator/plans/{plan}`.
    private func delete(_ call: ManagedCall) async throws -> HotResponse {
        let id = try call.plan
        try await call.manage(service) { [plans, origin = call.origin] () throws(ManagementFailure) in
            try plans.delete(id, by: origin)
        }
        var response = HotResponse(status: 204)
        response.fields.append(text: "Cache-Control: no-store\r\n")
        return response
    }
}

extension ManagedCall {
    /// The plan that the path names.
    fileprivate var plan: Plan.ID {
        get throws(Failure) { try parameter("plan", Plan.ID.init) }
    }
}

extension JSONFields {
    /// What can be set of a plan.
    fileprivate mutating func planSettings() -> PlanChange {
        var change = PlanChange()
        change.name = given("name", as: .string)
        change.rate = given("rate", as: .count)
        change.burst = given("burst", as: .count)
        change.quota = given("quota", as: .integer)
        change.keyRate = self.change("keyRate", as: .rateLimit)
        change.userRate = self.change("userRate", as: .userRate)
        return change
    }
}
