/// The plans in the database.
package protocol PlanStorage: Sendable {
    /// The plan as stored.
    func plan(_ id: Plan.ID) throws(StoreFailure) -> Plan?
    /// All plans in the order of their identifiers.
    func plans() throws(StoreFailure) -> [Plan]
    /// Stores a new plan; `conflict` where the identifier is taken.
    func create(_ plan: Plan, recording audit: AuditDraft) throws(StoreFailure)
    /// Replaces the plan's name and limits; `missing` where there is no such plan.
    func update(_ plan: Plan, recording audit: AuditDraft) throws(StoreFailure)
    /// Removes the plan; `missing` where there is no such plan, `conflict` while a tenant, be it deleted, has it.
    func deletePlan(_ id: Plan.ID, recording audit: AuditDraft) throws(StoreFailure)
}
