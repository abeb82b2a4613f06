import Domain
import Synchronization
import Tokens

/// A real database that calls back after a tenant or an API key was read and before the reader learns of it: where
/// another node's change would fall.
final class HookedStorage: Storage {
    let real: any Storage
    private let hook: Mutex<(@Sendable () throws(StoreFailure) -> Void)?> = Mutex(nil)

    init(_ real: any Storage) {
        self.real = real
    }

    /// What to do after the next read, once.
    func afterNextRead(_ work: @escaping @Sendable () throws(StoreFailure) -> Void) {
        hook.withLock { $0 = work }
    }

    private func callBack() throws(StoreFailure) {
        let work = hook.withLock { hook in
            defer { hook = nil }
            return hook
        }
        try work?()
    }

    func tenant(_ id: Tenant.ID) throws(StoreFailure) -> (tenant: Tenant, keys: [SealedKey])? {
        let row = try real.tenant(id)
        try callBack()
        return row
    }

    func apiKey(_ id: APIKey.ID) throws(StoreFailure) -> APIKey? {
        let key = try real.apiKey(id)
        try callBack()
        return key
    }

    func changes(after sequence: Int64, limit: Int) throws(StoreFailure) -> [Change] {
        let changes = try real.changes(after: sequence, limit: limit)
        try callBack()
        return changes
    }

    func issue(_ commands: [IssueCommand]) throws(StoreFailure) -> [IssueOutcome] { try real.issue(commands) }
    func user(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> User? { try real.user(tenant, id) }
    func issuedPairs(_ tenant: Tenant.ID, in month: Month) throws(StoreFailure) -> Int64 {
        try real.issuedPairs(tenant, in: month)
    }
    func tenants() throws(StoreFailure) -> [Tenant] { try real.tenants() }
    func create(_ tenant: Tenant, signingKey: SealedKey, recording audit: AuditDraft) throws(StoreFailure) {
        try real.create(tenant, signingKey: signingKey, recording: audit)
    }
    func update(_ tenant: Tenant, after former: Tenant, recording audit: AuditDraft) throws(StoreFailure) {
        try real.update(tenant, after: former, recording: audit)
    }
    func setStatus(
        _ status: Tenant.Status, of tenant: Tenant.ID, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try real.setStatus(status, of: tenant, recording: audit)
    }
    func apiKeys(of owner: APIKey.Owner) throws(StoreFailure) -> [APIKey] { try real.apiKeys(of: owner) }
    func create(_ key: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try real.create(key, recording: audit)
    }
    func update(_ key: APIKey, after former: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try real.update(key, after: former, recording: audit)
    }
    func revoke(
        _ key: APIKey, with revocation: APIKey.Revocation, recording audit: AuditDraft
    ) throws(StoreFailure) { try real.revoke(key, with: revocation, recording: audit) }
    func usage(of owner: APIKey.Owner) throws(StoreFailure) -> [APIKey.ID: APIKey.Usage] {
        try real.usage(of: owner)
    }
    func count(_ uses: [APIKey.ID: APIKey.Usage]) throws(StoreFailure) { try real.count(uses) }
    func add(
        _ key: SealedKey, to tenant: Tenant.ID, upTo most: Int, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try real.add(key, to: tenant, upTo: most, recording: audit)
    }
    func setStates(
        _ states: [(kid: String, state: KeyState)], of tenant: Tenant.ID, at moment: Timestamp,
        recording audit: AuditDraft
    ) throws(StoreFailure) { try real.setStates(states, of: tenant, at: moment, recording: audit) }
    func record(_ drafts: [AuditDraft]) throws(StoreFailure) { try real.record(drafts) }
    func auditEntries(of tenant: Tenant.ID?, _ query: AuditQuery) throws(StoreFailure) -> [AuditEntry] {
        try real.auditEntries(of: tenant, query)
    }
    func auditHead(of tenant: Tenant.ID?) throws(StoreFailure) -> AuditLink { try real.auditHead(of: tenant) }
    func importedKey(hash: Digest) throws(StoreFailure) -> APIKey.ID? { try real.importedKey(hash: hash) }
    func importedPrefixes() throws(StoreFailure) -> [String] { try real.importedPrefixes() }
    func auditSpan(
        of tenant: Tenant.ID?, from: Timestamp?, to: Timestamp?
    ) throws(StoreFailure) -> ClosedRange<Int64>? { try real.auditSpan(of: tenant, from: from, to: to) }
    func unsealedChains(
        sealedBefore moment: Timestamp, or most: Int64, limit: Int
    ) throws(StoreFailure) -> [AuditLink] { try real.unsealedChains(sealedBefore: moment, or: most, limit: limit) }
    func add(_ checkpoints: [AuditCheckpoint]) throws(StoreFailure) { try real.add(checkpoints) }
    func auditCheckpoints(
        of tenant: Tenant.ID?, in range: ClosedRange<Int64>
    ) throws(StoreFailure) -> [AuditCheckpoint] { try real.auditCheckpoints(of: tenant, in: range) }
    func auditKeys() throws(StoreFailure) -> [SealedAuditKey] { try real.auditKeys() }
    func addFirst(_ key: SealedAuditKey) throws(StoreFailure) -> SealedAuditKey { try real.addFirst(key) }
    func plan(_ id: Plan.ID) throws(StoreFailure) -> Plan? { try real.plan(id) }
    func plans() throws(StoreFailure) -> [Plan] { try real.plans() }
    func create(_ plan: Plan, recording audit: AuditDraft) throws(StoreFailure) {
        try real.create(plan, recording: audit)
    }
    func update(_ plan: Plan, recording audit: AuditDraft) throws(StoreFailure) {
        try real.update(plan, recording: audit)
    }
    func deletePlan(_ id: Plan.ID, recording audit: AuditDraft) throws(StoreFailure) {
        try real.deletePlan(id, recording: audit)
    }
    func add(_ counts: [EventCount], on day: Day) throws(StoreFailure) { try real.add(counts, on: day) }
    func usage(
        of tenant: Tenant.ID, from first: Day, through last: Day, by grouping: UsageGrouping
    ) throws(StoreFailure) -> [UsageCount] { try real.usage(of: tenant, from: first, through: last, by: grouping) }
    func pruneUsage(before day: Day, dryRun: Bool) throws(StoreFailure) -> Int64 {
        try real.pruneUsage(before: day, dryRun: dryRun)
    }
    func revoke(_ drafts: [RevocationDraft]) throws(StoreFailure) -> [Revocation] { try real.revoke(drafts) }
    func newestRevocation() throws(StoreFailure) -> Int64 { try real.newestRevocation() }
    func revocations(
        after sequence: Int64, of tenant: Tenant.ID?, aliveAt moment: Timestamp, limit: Int
    ) throws(StoreFailure) -> [Revocation] {
        try real.revocations(after: sequence, of: tenant, aliveAt: moment, limit: limit)
    }
    func forEachRevocation(
        aliveAt moment: Timestamp, _ body: (Tenant.ID, Revocation.Subject, Timestamp, Timestamp) -> Void
    ) throws(StoreFailure) -> Int64 { try real.forEachRevocation(aliveAt: moment, body) }
    func revocation(_ id: Revocation.ID, of tenant: Tenant.ID) throws(StoreFailure) -> Revocation? {
        try real.revocation(id, of: tenant)
    }
    func pruneRevocations(at moment: Timestamp, limit: Int, dryRun: Bool) throws(StoreFailure) -> Int64 {
        try real.pruneRevocations(at: moment, limit: limit, dryRun: dryRun)
    }
    func note(_ reader: RevocationReader) throws(StoreFailure) { try real.note(reader) }
    func revocationReaders(of tenant: Tenant.ID, since moment: Timestamp) throws(StoreFailure) -> [RevocationReader] {
        try real.revocationReaders(of: tenant, since: moment)
    }
    func newestChange() throws(StoreFailure) -> Int64 { try real.newestChange() }
    func waitForChange(seconds: Double) -> Bool { real.waitForChange(seconds: seconds) }
    var hearsChanges: Bool { real.hearsChanges }
    func masterKeyCheck() throws(StoreFailure) -> [UInt8]? { try real.masterKeyCheck() }
    func setMasterKeyCheck(_ value: [UInt8]) throws(StoreFailure) -> [UInt8] { try real.setMasterKeyCheck(value) }
    func expectMasterKeyCheck(_ value: [UInt8]) { real.expectMasterKeyCheck(value) }
    func sealedSecrets() throws(StoreFailure) -> (check: [UInt8]?, secrets: [SealedSecret]) { try real.sealedSecrets() }
    func reseal(
        _ secrets: [(former: SealedSecret, sealed: [UInt8])], check: (former: [UInt8], new: [UInt8]),
        recording audit: AuditDraft
    ) throws(StoreFailure) {
        try real.reseal(secrets, check: check, recording: audit)
    }
    func isEmpty() throws(StoreFailure) -> Bool { try real.isEmpty() }
    func health() -> StorageHealth { real.health() }
    func close() throws(StoreFailure) { try real.close() }

    func refreshKey() throws(StoreFailure) -> [UInt8]? { try real.refreshKey() }

    func setRefreshKey(_ sealed: [UInt8], at moment: Timestamp) throws(StoreFailure) -> [UInt8] {
        try real.setRefreshKey(sealed, at: moment)
    }

    func refresh(_ command: RefreshCommand) throws(StoreFailure) -> RefreshOutcome { try real.refresh(command) }

    func endRefreshing(
        _ grant: Grant.ID, of tenant: Tenant.ID, because reason: String, recording audit: AuditDraft
    ) throws(StoreFailure) -> Revocation? {
        try real.endRefreshing(grant, of: tenant, because: reason, recording: audit)
    }

    func pruneRefreshing(at moment: Timestamp, limit: Int, dryRun: Bool) throws(StoreFailure) -> Int64 {
        try real.pruneRefreshing(at: moment, limit: limit, dryRun: dryRun)
    }

    func issue(_ commands: [RepeatableCommand]) throws(StoreFailure) -> [RepeatableOutcome] {
        try real.issue(commands)
    }

    func pruneAnswers(at moment: Timestamp, limit: Int, dryRun: Bool) throws(StoreFailure) -> Int64 {
        try real.pruneAnswers(at: moment, limit: limit, dryRun: dryRun)
    }
}
