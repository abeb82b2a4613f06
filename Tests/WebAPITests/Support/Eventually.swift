import Testing

/// Waits until the condition holds; fails after a minute, more than other tests keep all cores and threads.
func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<6_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    try #require(Bool(false), "it never came to that")
}
