internal import Domain
internal import Logging
internal import NIOCore
internal import Tokens

/// A part of the revocation feed as it is sent.
struct FeedPage: Sendable {
    /// Documents, to be applied in this order.
    var documents: [[UInt8]] = []
    /// The place up to which they say everything.
    var through: Int64
    /// Whether more is to be had at once.
    var isMore = false
}

/// Reads the feed from memory, or from the database where memory does not reach back so far, and signs it.
struct FeedReader: Sendable {
    let service: HotService
    let revocations: Revocations
    let storage: any Storage
    let world: World

    /// The most entries of a page.
    static let longestPage = 10_000

    /// What comes after the place for a tenant, or with nil for all; at most `limit` entries, or what was told at once.
    func page(
        after sequence: Int64, for tenant: Tenant.ID?, limit: Int, on loop: any EventLoop
    ) async throws(Failure) -> FeedPage {
        switch revocations.feed.read(after: sequence, for: tenant) {
        case .finished(let through): return FeedPage(through: through)
        case .news(let deltas, let through):
            return try await page(of: deltas, through: through, for: tenant, limit: limit, on: loop)
        case .behind: return try await stored(after: sequence, for: tenant, limit: limit, on: loop)
        }
    }

    /// A document without entries, which shows that nothing was left out until now.
    func assurance(
        through sequence: Int64, for tenant: Tenant.ID, on loop: any EventLoop
    ) async throws(Failure) -> [UInt8] {
        guard let state = try await service.tenant(tenant, on: loop) else { throw .notFound }
        return try sign([], through: sequence, of: state)
    }

    private func page(
        of deltas: [RevocationDelta], through: Int64, for tenant: Tenant.ID?, limit: Int, on loop: any EventLoop
    ) async throws(Failure) -> FeedPage {
        var page = FeedPage(through: through)
        var count = 0
        for delta in deltas {
            let size = delta.count(of: tenant)
            guard count == 0 || count + size <= limit else {
                page.isMore = true
                return page
            }
            let own = tenant.map { [$0] } ?? Array(delta.entries.keys)
            for tenant in own {
                // A tenant that is deleted has nobody left who verifies its tokens.
                guard let state = try await service.tenant(tenant, on: loop) else { continue }
                let document = try delta.document(of: tenant, signedBy: state.ring.active?.kid) {
                    entries throws(Failure) in
                    try sign(entries, through: delta.through, of: state)
                }
                if let document { page.documents.append(document) }
            }
            count += size
            page.through = delta.through
        }
        page.through = through
        return page
    }

    private func stored(
        after sequence: Int64, for tenant: Tenant.ID?, limit: Int, on loop: any EventLoop
    ) async throws(Failure) -> FeedPage {
        let (reached, rows) = try await service.onStorageThread(for: loop) {
            [storage, revocations, world] () throws(StoreFailure) in
            // The place first: what is read afterwards goes at least so far.
            let reached = revocations.tail.reached
            return (
                reached, try storage.revocations(after: sequence, of: tenant, aliveAt: world.now(), limit: limit)
            )
        }
        let isMore = rows.count == limit
        let last = rows.last?.sequence ?? min(sequence, reached)
        var page = FeedPage(through: isMore ? last : max(reached, last), isMore: isMore)
        for (tenant, entries) in Dictionary(grouping: rows, by: \.tenant) {
            guard let state = try await service.tenant(tenant, on: loop) else { continue }
            page.documents.append(try sign(entries, through: page.through, of: state))
        }
        return page
    }

    /// Throws `notReady` for a tenant without an active key: were its entries left out, nobody would ask for them again.
    private func sign(
        _ entries: [Revocation], through sequence: Int64, of state: TenantState
    ) throws(Failure) -> [UInt8] {
        let document: [UInt8]?
        do throws(TokenFailure) {
            document = try RevocationDocument.sign(entries, through: sequence, of: state, at: world.now())
        } catch {
            service.logger.error("a revocation document cannot be signed", metadata: ["cause": "\(error)"])
            throw .internalError
        }
        guard let document else {
            let tenant = state.tenant.id
            service.logger.error("a tenant has no active signing key", metadata: ["tenant": "\(tenant)"])
            throw .notReady("tenant \(tenant) has no active key to sign its revocations with")
        }
        return document
    }
}
