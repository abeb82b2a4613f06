internal import Domain
internal import NIOCore

/// What the endpoints of the main lane share with the hot ones.
extension HotService {
    /// Does blocking work on a storage thread.
    func onStorageThread<Value: Sendable>(
        for loop: any EventLoop, _ work: @escaping @Sendable () throws(StoreFailure) -> Value
    ) async throws(Failure) -> Value {
        let result = await withCheckedContinuation { continuation in
            onStorageThread(for: loop, work) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Loads into the directory.
    func load(_ want: Directory.Want, on loop: any EventLoop) async throws(Failure) {
        try await onStorageThread(for: loop) { [directory] () throws(StoreFailure) in try directory.load(want) }
    }

    /// The caller with this API key and scope, loaded if need be.
    func caller(_ key: String?, needs scope: Scopes, in context: MainContext) async throws(Failure) -> Caller {
        for _ in 0..<Self.mostLoads {
            switch authenticate(key, needs: scope, from: context.client) {
            case .caller(let caller): return caller
            case .refused(let failure): throw failure
            case .load(let want): try await load(want, on: context.loop)
            }
        }
        throw .storageUnavailable
    }

    /// The tenant with this identifier, loaded if need be; nil where there is none.
    func tenant(_ id: Tenant.ID, on loop: any EventLoop) async throws(Failure) -> TenantState? {
        for _ in 0..<Self.mostLoads {
            switch directory.tenant(id) {
            case .present(let state): return state
            case .absent: return nil
            case .unknown: try await load(.tenant(id), on: loop)
            }
        }
        throw .storageUnavailable
    }

    /// What a token is worth to this caller, everything loaded that has to be.
    func verdict(
        on token: [UInt8], expect kind: TokenKind, for caller: Caller, by verify: inout VerifyToken,
        loop: any EventLoop
    ) async throws(Failure) -> Verdict {
        for _ in 0..<Self.mostLoads {
            switch verify(token.span, expect: kind, caller: caller) {
            case .verdict(let verdict): return verdict
            case .load(let want): try await load(want, on: loop)
            }
        }
        throw .storageUnavailable
    }
}
