import Dispatch
import Domain
import Synchronization
import Testing
import Tokens

@Suite("Those whose reports of leaks are believed", .timeLimit(.minutes(2)))
struct LeakReportersTests {
    /// The example of GitHub's documentation on secret scanning partners.
    private static let message = Array(#"[{"token":"some_token","type":"some_type","url":"some_url"}]"#.utf8)
    private static let signature =
        "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc="
    private static let document = Array(
        #"""
        {"public_keys":[{"key_identifier":"x","key":"nonsense","is_current":true},{"key_identifier":"90a4","key":"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq\nkCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==\n-----END PUBLIC KEY-----\n","is_current":false}]}
        """#.utf8)

    private let clock = TestClock()

    /// What the reporters publish, and how often they were asked.
    private final class Publisher: Sendable {
        let document = Mutex<[UInt8]?>(nil)
        let isSlow = Mutex(false)
        private let count = Mutex(0)
        var asked: Int { count.withLock { $0 } }

        func fetch() -> [UInt8]? {
            count.withLock { $0 += 1 }
            return document.withLock { $0 }
        }

        func publish(_ bytes: [UInt8]) { document.withLock { $0 = bytes } }
    }

    private func vouches(
        _ reporters: LeakReporters, _ identifier: String = "90a4", _ message: [UInt8] = message
    ) async -> Bool {
        guard let key = await reporters.key(identifier), let signature = Base64.decode(Self.signature) else {
            return false
        }
        return key.verify(der: signature, of: message.span)
    }

    @Test("their keys are fetched once, anew for an unknown one, but not for every one that is made up")
    func fetches() async throws {
        let publisher = Publisher()
        let reporters = LeakReporters(world: clock.world, fetch: publisher.fetch)
        for _ in 0..<2 { #expect(await !vouches(reporters)) }
        #expect(publisher.asked == 1, "what cannot be had is not asked for again at once")
        publisher.publish(Self.document)
        clock.advance(milliseconds: 60_000)
        for _ in 0..<2 { #expect(await vouches(reporters)) }
        #expect(publisher.asked == 2)
        #expect(await !vouches(reporters, "90a4", Self.message + [0x20]))
        for stranger in ["x", ""] { #expect(await !vouches(reporters, stranger)) }
        #expect(publisher.asked == 2)
        clock.advance(milliseconds: 60_000)
        for stranger in ["other", "another"] { #expect(await !vouches(reporters, stranger)) }
        #expect(publisher.asked == 3)
        publisher.publish(Array(#"{"public_keys":[]}"#.utf8))
        clock.advance(milliseconds: 3_600_000)
        #expect(await !vouches(reporters), "taken back")
    }

    @Test("while they are slow to answer, who is known is not held up, some others wait, and the rest are sent away")
    func slow() async throws {
        let publisher = Publisher()
        publisher.publish(Self.document)
        let gate = DispatchSemaphore(value: 0)
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let reporters = LeakReporters(world: clock.world) {
            if publisher.isSlow.withLock({ $0 }) {
                begin.yield()
                // Not for ever, or a failure would be none.
                _ = gate.wait(timeout: .now() + 20)
            }
            return publisher.fetch()
        }
        #expect(await vouches(reporters))
        publisher.isSlow.withLock { $0 = true }
        clock.advance(milliseconds: 60_000)
        await withTaskGroup(of: Bool.self) { tasks in
            tasks.addTask { await reporters.key("new") == nil }
            for await _ in begun { break }
            #expect(await vouches(reporters))
            for _ in 0..<40 { tasks.addTask { await reporters.key("90a5") == nil } }
            // One has sent for the keys, fifteen wait for them with it.
            for _ in 0..<25 { #expect(await tasks.next() == true) }
            let renamed = String(decoding: Self.document, as: UTF8.self).replacing("90a4", with: "90a5")
            publisher.publish(Array(renamed.utf8))
            gate.signal()
            var late: [Bool] = []
            for await isUnknown in tasks { late.append(isUnknown) }
            #expect(late.count == 16 && late.count { $0 } == 1, "who waited has the keys that came")
        }
    }
}
