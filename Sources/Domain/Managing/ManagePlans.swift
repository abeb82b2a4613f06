internal import Tokens

/// Makes, changes and removes plans; a change is in force for every tenant that has the plan from its next request.
package struct ManagePlans: Sendable {
    private let storage: any Storage
    private let world: World

    /// The use cases over a database.
    package init(storage: any Storage, world: World) {
        self.storage = storage
        self.world = world
    }

    /// All plans in the order of their identifiers.
    package func list() throws(ManagementFailure) -> [Plan] {
        try ManagementFailure.telling(of: "plan") { () throws(StoreFailure) in try storage.plans() }
    }

    /// One plan; `missing` where there is none.
    package func show(_ id: Plan.ID) throws(ManagementFailure) -> Plan {
        try ManagementFailure.telling(of: "plan \(id)") { () throws(StoreFailure) in
            guard let plan = try storage.plan(id) else { throw .missing }
            return plan
        }
    }

    /// Makes a plan.
    ///
    /// - Parameters:
    ///   - id: its name, which never changes.
    ///   - settings: rate, burst and quota have to be given; its identifier is its name unless another is.
    ///   - origin: who makes it.
    /// - Returns: the plan as stored.
    /// - Throws: `conflict` where the identifier is taken, `invalid` for limits that are missing or bad.
    package func create(
        _ id: Plan.ID, settings: PlanChange, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Plan {
        guard let rate = settings.rate, let burst = settings.burst, let quota = settings.quota else {
            let given: [(String, Bool)] = [
                ("rate", settings.rate != nil), ("burst", settings.burst != nil), ("quota", settings.quota != nil),
            ]
            throw .invalid(given.filter { !$0.1 }.map { Failure.Field($0.0, "is required") })
        }
        let plan = try settings.applied(
            to: Plan(
                id: id, name: id.text, rate: rate, burst: burst, quota: quota, createdAt: world.now()))
        let draft = AuditDraft(
            .planCreated, for: nil, by: origin, target: target(id), after: plan.json, at: world.now())
        try ManagementFailure.telling(of: "a plan \(id)") { () throws(StoreFailure) in
            try storage.create(plan, recording: draft)
        }
        return plan
    }

    /// Changes a plan's name and limits.
    package func update(
        _ id: Plan.ID, with change: PlanChange, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Plan {
        let former = try show(id)
        let changed = try change.applied(to: former)
        let draft = AuditDraft(
            .planChanged, for: nil, by: origin, target: target(id), changing: former.json, to: changed.json,
            at: world.now())
        try ManagementFailure.telling(of: "plan \(id)") { () throws(StoreFailure) in
            try storage.update(changed, recording: draft)
        }
        return changed
    }

    /// Removes a plan that no tenant has; `conflict` while one does.
    package func delete(_ id: Plan.ID, by origin: AuditOrigin) throws(ManagementFailure) {
        let former = try show(id)
        let draft = AuditDraft(
            .planDeleted, for: nil, by: origin, target: target(id), before: former.json, at: world.now())
        do throws(StoreFailure) {
            try storage.deletePlan(id, recording: draft)
        } catch {
            if case .conflict = error {
                throw .conflict("Tenants, perhaps deleted ones, have the plan \(id): give them another first.")
            }
            throw ManagementFailure(error, about: "plan \(id)")
        }
    }

    private func target(_ id: Plan.ID) -> String { "plan \(id)" }
}
