/// Why a request brought nothing.
enum FetchFailure: Error {
    /// No answer: no connection, none that is HTTP, or too long.
    case unreachable(String)
    case timedOut
    /// An answer with a status that was not asked for.
    case status(Int)
    /// An answer that cannot be read, or cannot be believed.
    case unreadable(String)
}

/// Runs the work, and gives it up when it takes longer.
func withTimeLimit<Result: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async throws -> Result
) async throws(FetchFailure) -> Result {
    try await withFirst(work) {
        try await Task.sleep(for: limit)
        throw FetchFailure.timedOut
    }
}

/// Runs both, takes what the first brings that ends, and gives the other up.
func withFirst<Result: Sendable>(
    _ work: @escaping @Sendable () async throws -> Result, or other: @escaping @Sendable () async throws -> Result
) async throws(FetchFailure) -> Result {
    do {
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await work() }
            group.addTask { try await other() }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw FetchFailure.timedOut }
            return first
        }
    } catch let failure as FetchFailure {
        throw failure
    } catch {
        throw .unreachable("\(error)")
    }
}
