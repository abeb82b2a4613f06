import Foundation

/// What was waited for did not come to pass.
package struct NeverHappened: Error, CustomStringConvertible {
    package let description: String

    init(_ seconds: Double, _ file: StaticString, _ line: Int) {
        description = "it did not come to that within \(seconds) s (\(file):\(line))"
    }
}

/// Waits until the condition holds; throws after a minute, more than other tests keep all cores and threads.
///
/// It counts how often it asked and not the time: where nobody gets on, it waits on.
package func eventually(
    within seconds: Double = 60, file: StaticString = #fileID, line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    for _ in 0..<Int(seconds * 100) {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw NeverHappened(seconds, file, line)
}

/// The same for tests that are not asynchronous, on their own thread.
@available(*, noasync)
package func blockUntil(
    within seconds: Double = 60, file: StaticString = #fileID, line: Int = #line, _ condition: () throws -> Bool
) throws {
    for _ in 0..<Int(seconds * 100) {
        if try condition() { return }
        Thread.sleep(forTimeInterval: 0.01)
    }
    throw NeverHappened(seconds, file, line)
}
