internal import Domain
internal import Tokens

/// `POST /tokens/revoke`, and what verifiers are told of it.
struct RevocationEndpoints: Sendable {
    let service: HotService
    let desk: RevocationDesk
    let storage: any Storage
    let world: World

    func register(on routes: ManagedRoutes) {
        let feed = RevocationFeedEndpoints(
            reader: FeedReader(service: service, revocations: desk.revocations, storage: storage, world: world),
            feed: desk.revocations.feed)
        routes.on(.revokeTokens, use: revoke)
        routes.on(.readRevocation, use: read)
        routes.on(.listRevocations, use: feed.poll)
        routes.onStream(.streamRevocations, use: feed.stream)
        routes.on(.acknowledgeRevocations, use: acknowledge)
    }

    /// `POST /tokens/revoke`.
    private func revoke(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        var fields = try await call.fields()
        let now = world.now()
        let wish = fields.revoked(of: tenant, publicURL: service.directory.deployment.publicURL)
        let issuedBefore = fields.issuedBefore(of: wish?.subject, now: now)
        let reason = fields.reason()
        try fields.finishRequest()
        guard let wish else { throw Failure.internalError }
        let draft = RevocationDraft(
            tenant: tenant, subject: wish.subject, issuedBefore: issuedBefore, reason: reason, by: call.origin, at: now)
        let revocation = try await desk.revoke(draft, of: wish.holder, on: call.context.loop)
        return HotResponse(revocation.receipt)
    }

    /// `GET /revocations/{revocation}`: the revocation, and who has applied it.
    private func read(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        let id = try call.parameter("revocation", Revocation.ID.init)
        let since = world.now().adding(seconds: -RevocationReader.patience)
        let (found, readers) = try await service.onStorageThread(for: call.context.loop) {
            [storage] () throws(StoreFailure) in
            (
                try storage.revocation(id, of: tenant),
                try storage.revocationReaders(of: tenant, since: since)
            )
        }
        guard let found else { throw Failure.notFound }
        func list(_ kind: RevocationReader.Kind) -> JSON {
            JSON(readers.filter { $0.kind == kind }.map { $0.json(asOf: found.sequence) })
        }
        let isApplied = readers.allSatisfy { $0.sequence >= found.sequence }
        return HotResponse(
            JSON(
                object: found.members + [
                    ("isApplied", JSON(isApplied)), ("nodes", list(.node)), ("verifiers", list(.verifier)),
                ]))
    }

    /// `POST /revocations/ack`.
    private func acknowledge(_ call: ManagedCall) async throws -> HotResponse {
        var fields = try await call.fields()
        let name = fields.required("verifier", as: .label)
        let sequence = fields.required("sequence", as: .integer)
        if let sequence, sequence < 0 { fields.refuse("sequence", "must not be negative") }
        try fields.finishRequest()
        guard let name, let sequence else { throw Failure.internalError }
        let (tenant, now) = (call.tenantIfAny, world.now())
        try await call.manage(service) { [storage] () throws(ManagementFailure) in
            do throws(StoreFailure) {
                // Nobody has applied what is still to come, whatever he says.
                let place = min(sequence, try storage.newestRevocation())
                try storage.note(
                    RevocationReader(
                        kind: .verifier, tenant: tenant, name: name.text, sequence: place, seenAt: now))
            } catch .conflict {
                throw .refused("The tenant has \(RevocationReader.mostPerTenant) verifiers already.")
            } catch {
                throw .unavailable(cause: "\(error)")
            }
        }
        return HotResponse(status: 204)
    }
}
