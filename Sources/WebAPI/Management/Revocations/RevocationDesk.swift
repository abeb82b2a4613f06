internal import Domain
internal import NIOCore

/// Revokes on behalf of the endpoints.
struct RevocationDesk: Sendable {
    let revocations: Revocations
    let world: World
    let disconnections: Disconnections?

    /// Has the revocation stored and in force on this node, and what is issued after it good on every node.
    ///
    /// - Parameters:
    ///   - draft: what to revoke.
    ///   - holder: whose connections at Centrifugo end; nil where that is not known.
    ///   - loop: where the answer is wanted.
    /// - Returns: the revocation in force, which may be an earlier one that covers the draft.
    /// - Throws: `notFound` without the tenant, `storageUnavailable` where it could not be stored.
    func revoke(
        _ draft: RevocationDraft, of holder: User.ID?, on loop: any EventLoop
    ) async throws(Failure) -> Revocation {
        let revocation = try await store(draft, on: loop)
        if let holder {
            // The user may have connections that are to stay: their clients come back.
            let isWhole = draft.subject.kind == .user && draft.issuedBefore == nil
            disconnections?.end(holder, of: draft.tenant, isWhole ? .user : .grant)
        }
        // A token that is issued after this answer shall be good on every node, and so be born after the cut-off.
        if world.now() < revocation.cutoff { try? await Task.sleep(for: .milliseconds(1)) }
        return revocation
    }

    private func store(_ draft: RevocationDraft, on loop: any EventLoop) async throws(Failure) -> Revocation {
        let queue = LoopReplies(loop: loop)
        let result: Result<Revocation, StoreFailure>? = await withCheckedContinuation { continuation in
            if !revocations.submit(draft, replyOn: queue, reply: { continuation.resume(returning: $0) }) {
                continuation.resume(returning: nil)
            }
        }
        switch result {
        case .success(let revocation): return revocation
        case .failure(.missing): throw .notFound
        case .failure, nil: throw .storageUnavailable
        }
    }
}
