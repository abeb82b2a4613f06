import Testing

@Suite("Nobody asks for the time, for randomness or for the environment by himself")
struct AmbientTests {
    private static let world = "Sources/Domain/Values/World+system.swift"

    /// A library for other packages has clocks of its own.
    private static let verifierClock = "Sources/TokenVerifier/VerifierClock.swift"

    private static let generator = "Sources/Tokens/JOSE/SecureRandom.swift"

    /// Ways to get at a clock or a generator, and the files that may use them.
    private static let ways: [(String, Set<String>)] = [
        ("clock_gettime", [world, verifierClock]), ("SecureRandom.", [world]), ("SystemRandomNumberGenerator", []),
        // The nonce of a sealed value is part of the cipher.
        ("RAND_bytes", [generator, "Sources/Tokens/JOSE/MasterKey.swift"]),
        // Timers, not times.
        (
            "deadline: .now()",
            [
                "Sources/Domain/Revoking/RevocationFeed.swift", "Sources/SQLiteStorage/Files/Checkpointer.swift",
                "Sources/WebAPI/Observing/RequestLog.swift",
            ]
        ),
        ("Date()", []), ("Date.now", []), ("Date(timeIntervalSinceNow", []), ("UUID()", []),
        // How long a verifier waits before it connects again.
        (".random(in", ["Sources/TokenVerifier/Revocations/RevocationFeed.swift"]),
        (".randomElement", []), (".shuffled", []), (".shuffle()", []), ("gettimeofday", []), ("getrandom", []),
        ("getentropy", []), ("arc4random", []), ("ContinuousClock", []), ("SuspendingClock", []), ("UTCClock", []),
        ("DispatchWallTime", []), ("DispatchTime.now", []), ("time(nil", []), ("NIODeadline.now", []),
        ("systemUptime", []), ("CFAbsoluteTime", []),
    ]

    @Test("clocks and generators are read by World and a short list of others", arguments: ways)
    func timeAndRandomness(text: String, allowed: Set<String>) {
        let places = Repository.sources.filter { !allowed.contains($0.path) }.flatMap { $0.places(of: text) }
        #expect(places == [])
    }

    @Test("who may use a clock or a generator does, or the list is out of date", arguments: ways)
    func listIsCurrent(text: String, allowed: Set<String>) {
        for path in allowed {
            #expect(Repository.sources.contains { $0.path == path && !$0.places(of: text).isEmpty }, "\(path)")
        }
    }

    @Test("the system's World is chosen on the top floor", arguments: ["World.system", ": World = .system"])
    func systemWorld(text: String) {
        #expect(Repository.sources.filter { $0.target != "ChatTokens" }.flatMap { $0.places(of: text) } == [])
    }

    @Test(
        "the environment and the command line are read on the top floor only",
        arguments: ["ProcessInfo", "getenv", "environ[", "CommandLine", "setenv"])
    func environment(text: String) {
        #expect(Repository.sources.filter { $0.target != "ChatTokens" }.flatMap { $0.places(of: text) } == [])
    }
}
