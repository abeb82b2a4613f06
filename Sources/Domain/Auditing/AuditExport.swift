internal import Tokens

/// A chain of the audit log, or a part of it without a gap, as JSON lines that can be verified anywhere.
///
/// A line is one of
/// - `{"entry":{…},"hash":"…","previous":"…"}`: the canonical JSON of an entry verbatim, and two hashes in hex;
/// - `{"checkpoint":"…"}`: a signed statement that the entry before had this hash at a certain time;
/// - `{"seal":"…"}`: the last line, a signed statement of what the export holds, by which lines that were cut off are
///   missed.
///
/// It is read page by page: however long the log, little of it is in memory.
package struct AuditExport: Sendable {
    private let storage: any Storage
    private let seal: SealAuditLog
    private let world: World
    private let tenant: Tenant.ID?
    private let from: Timestamp?, to: Timestamp?
    private let last: Int64
    private var position: Int64
    private var first: AuditEntry?
    private var newest: AuditEntry?
    private var count: Int64 = 0
    private var isSealed = false

    private static let page = 200

    /// The entries from the first that happened at `from` or later to the last that happened before `to`.
    ///
    /// What lies between these two comes with them whatever its time says, so that there is no gap. A tenant that does
    /// not exist is `missing`.
    package init(
        of tenant: Tenant.ID?, from: Timestamp? = nil, to: Timestamp? = nil, storage: any Storage, vault: Vault,
        world: World
    ) throws(ManagementFailure) {
        let span = try ManagementFailure.telling(of: Self.subject(tenant)) { () throws(StoreFailure) in
            if let tenant, try storage.tenant(tenant) == nil { throw .missing }
            return try storage.auditSpan(of: tenant, from: from, to: to)
        }
        self.storage = storage
        seal = SealAuditLog(storage: storage, vault: vault, world: world)
        self.world = world
        self.tenant = tenant
        self.from = from
        self.to = to
        position = (span?.lowerBound ?? 1) - 1
        last = span?.upperBound ?? 0
    }

    /// The next lines, each with its line feed; nil after the seal.
    package mutating func next() throws(ManagementFailure) -> [UInt8]? {
        guard !isSealed else { return nil }
        guard position < last else {
            isSealed = true
            return try sealLine()
        }
        var query = AuditQuery(limit: Self.page, isNewestFirst: false)
        (query.after, query.before) = (position, last + 1)
        let (entries, checkpoints) = try ManagementFailure.telling(of: Self.subject(tenant)) {
            () throws(StoreFailure) in
            let entries = try storage.auditEntries(of: tenant, query)
            guard let end = entries.last?.link.sequence else { return (entries, [AuditCheckpoint]()) }
            return (entries, try storage.auditCheckpoints(of: tenant, in: position + 1...end))
        }
        guard let end = entries.last else {
            // Somebody has removed what was there a moment ago; the seal tells what there is.
            position = last
            return []
        }
        var lines: [UInt8] = []
        let statements = Dictionary(checkpoints.map { ($0.sequence, $0.statement) }) { first, _ in first }
        for entry in entries {
            lines.append(contentsOf: entry.line)
            guard let statement = statements[entry.link.sequence] else { continue }
            lines.append(contentsOf: "{\"checkpoint\":\"\(statement)\"}\n".utf8)
        }
        if first == nil { first = entries.first }
        (newest, position, count) = (end, end.link.sequence, count + Int64(entries.count))
        return lines
    }

    private func sealLine() throws(ManagementFailure) -> [UInt8] {
        let claims: JSON = [
            "at": JSON(world.now().precise), "count": JSON(count), "first": JSON(first?.link.sequence ?? 0),
            "from": JSON(optional: from?.precise), "hash": JSON(optional: newest?.link.hash.hex),
            "last": JSON(newest?.link.sequence ?? 0), "previous": JSON(optional: first?.previous.hex),
            "tenant": JSON(optional: tenant?.text), "to": JSON(optional: to?.precise),
        ]
        return Array("{\"seal\":\"\(try seal.sign(claims, as: AuditStatement.export))\"}\n".utf8)
    }

    private static func subject(_ tenant: Tenant.ID?) -> String { tenant.map { "tenant \($0)" } ?? "audit log" }
}

extension AuditEntry {
    /// The entry's line in an export.
    var line: [UInt8] {
        Array("{\"entry\":".utf8) + AuditText(self).bytes
            + Array(",\"hash\":\"\(link.hash.hex)\",\"previous\":\"\(previous.hex)\"}\n".utf8)
    }
}
