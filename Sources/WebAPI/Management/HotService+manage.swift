internal import Domain
internal import Logging
internal import NIOCore

extension HotService {
    /// Runs a use case of management on a storage thread.
    ///
    /// - Parameters:
    ///   - loop: the loop of the request.
    ///   - subject: what it changes; forgotten by this node before the answer, so that a change is in force for
    ///     whoever got it. Other nodes learn of it from the change log.
    ///   - work: the use case.
    /// - Returns: what it returns.
    /// - Throws: the failure that the caller is told.
    func manage<Value: Sendable>(
        on loop: any EventLoop, changing subject: Change.Subject? = nil,
        _ work: @escaping @Sendable () throws(ManagementFailure) -> Value
    ) async throws(Failure) -> Value {
        let result = try await onStorageThread(for: loop) {
            () throws(StoreFailure) -> Result<Value, ManagementFailure> in
            do throws(ManagementFailure) {
                return .success(try work())
            } catch {
                return .failure(error)
            }
        }
        if let subject { directory.apply([Change(sequence: 0, subject: subject)]) }
        switch result {
        case .success(let value): return value
        case .failure(let failure): throw self.failure(of: failure)
        }
    }

    /// What the caller may learn; the rest goes to the log.
    private func failure(of failure: ManagementFailure) -> Failure {
        switch failure {
        case .missing: return .notFound
        case .conflict(let text): return .conflict(text)
        case .invalid(let fields): return .invalidRequest(Failure.unacceptable, fields)
        case .refused(let text): return .invalidState(text)
        case .unavailable(let cause):
            logger.error("the database cannot be used", metadata: ["cause": "\(cause)"])
            return .storageUnavailable
        case .corrupt(let cause):
            logger.error("a stored record is damaged", metadata: ["cause": "\(cause)"])
            return .internalError
        }
    }
}

extension ManagedCall {
    /// Runs a use case of management; see ``HotService/manage(on:changing:_:)``.
    func manage<Value: Sendable>(
        _ service: HotService, changing subject: Change.Subject? = nil,
        _ work: @escaping @Sendable () throws(ManagementFailure) -> Value
    ) async throws(Failure) -> Value {
        try await service.manage(on: context.loop, changing: subject, work)
    }
}
