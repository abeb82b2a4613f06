internal import Domain
internal import Hummingbird
internal import NIOCore
internal import Tokens

/// `/admin/audit` and `/operator/audit`: what was done, by whom and from where.
struct AuditEndpoints: Sendable {
    let service: HotService
    let log: ReadAuditLog

    func register(on routes: ManagedRoutes) {
        routes.on(.readAudit) { call in try await read(call, of: try call.tenant) }
        routes.on(.readOperatorAudit) { call in try await read(call, of: nil) }
        routes.onStream(.exportAudit) { call in try await export(call, of: try call.tenant) }
        routes.onStream(.exportOperatorAudit) { call in try await export(call, of: nil) }
    }

    /// `GET /.well-known/audit-keys.json`: the public keys by which exports are verified.
    func keys(_ request: Request, _ context: MainContext) async throws -> Response {
        let set = try await service.manage(on: context.loop) { [log] () throws(ManagementFailure) in
            try log.keySet()
        }
        var response = HotResponse(status: 200)
        response.fields.append(text: "Content-Type: application/jwk-set+json\r\nCache-Control: public, max-age=300\r\n")
        response.body = set
        return response.converted()
    }

    /// Newest first, page by page.
    private func read(_ call: ManagedCall, of tenant: Tenant.ID?) async throws -> HotResponse {
        let given = try call.query("limit", "cursor", "action", "actor", "from", "to")
        var query = AuditQuery(limit: try given["limit"].map(Self.limit) ?? 100)
        query.before = try given["cursor"].map(Self.cursor)
        query.action = try given["action"].map(Self.action)
        query.actor = given["actor"]
        query.from = try Self.moment("from", in: given)
        query.to = try Self.moment("to", in: given)
        let wanted = query.limit
        query.limit += 1
        let found = try await call.manage(service) { [log, query] () throws(ManagementFailure) in
            try log(of: tenant, query)
        }
        let page = found.prefix(wanted)
        return HotResponse([
            "entries": JSON(page.map(\.json)),
            "nextCursor": JSON(optional: found.count > wanted ? page.last.map { String($0.link.sequence) } : nil),
        ])
    }

    /// JSON lines with a seal at the end; read page by page while the client takes them.
    private func export(_ call: ManagedCall, of tenant: Tenant.ID?) async throws -> Response {
        let given = try call.query("from", "to")
        let (from, to) = (try Self.moment("from", in: given), try Self.moment("to", in: given))
        let log = log
        // The first page comes before the status, so that what goes wrong at once is told in words.
        let (export, first) = try await call.manage(service) { () throws(ManagementFailure) in
            var export = try log.export(of: tenant, from: from, to: to)
            let first = try export.next()
            return (export, first)
        }
        let name = "audit-\(tenant?.text ?? "operator").jsonl"
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/x-ndjson", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"\(name)\"",
            ],
            body: ResponseBody { writer in
                var (export, lines) = (export, first)
                while let page = lines {
                    try await writer.write(ByteBuffer(bytes: page))
                    (export, lines) = try await call.manage(service) {
                        [export] () throws(ManagementFailure) in
                        var export = export
                        let lines = try export.next()
                        return (export, lines)
                    }
                }
                try await writer.finish(nil)
            })
    }
}

extension AuditEndpoints {
    private static func limit(_ text: String) throws(Failure) -> Int {
        guard let limit = Int(text), (1...1_000).contains(limit) else {
            throw ManagedCall.unacceptable("limit", "must be from 1 to 1000")
        }
        return limit
    }

    private static func cursor(_ text: String) throws(Failure) -> Int64 {
        guard let sequence = Int64(text), sequence >= 1 else {
            throw ManagedCall.unacceptable("cursor", "must be the nextCursor of the page before")
        }
        return sequence
    }

    private static func action(_ text: String) throws(Failure) -> String {
        guard AuditAction(rawValue: text) != nil else {
            throw ManagedCall.unacceptable("action", "must be the name of an action, such as key.created")
        }
        return text
    }

    private static func moment(_ name: String, in query: [String: String]) throws(Failure) -> Timestamp? {
        guard let text = query[name] else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            throw ManagedCall.unacceptable(name, "must be a time in UTC such as 2026-01-02T03:04:05Z, or 2026-01-02")
        }
        return moment
    }
}
