import Foundation

/// What was waited for did not come to pass.
public struct NeverHappened: Error, CustomStringConvertible {
    public let description: String

    init(_ seconds: Double) { description = "it did not come to that within \(seconds) s" }
}

/// Waits until the condition holds; throws after a minute, more than other tests keep all cores and threads.
public func eventually(within seconds: Double = 60, _ condition: () async throws -> Bool) async throws {
    let end = Date(timeIntervalSinceNow: seconds)
    while try await !condition() {
        guard Date() < end else { throw NeverHappened(seconds) }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Waits on this thread until the condition holds; throws after a minute.
public func blockUntil(within seconds: Double = 60, _ condition: () throws -> Bool) throws {
    let end = Date(timeIntervalSinceNow: seconds)
    while try !condition() {
        guard Date() < end else { throw NeverHappened(seconds) }
        Thread.sleep(forTimeInterval: 0.01)
    }
}
