import Domain
import Testing

@Suite("Attempts to log in are held back by who tries, never by who is tried")
struct AttemptThrottleTests {
    private let clock = TestClock()
    private let throttle: AttemptThrottle
    private let ann: EmailAddress, bob: EmailAddress

    init() throws {
        throttle = AttemptThrottle(world: clock.world)
        ann = try #require(EmailAddress("ann@acme.example"))
        bob = try #require(EmailAddress("bob@acme.example"))
    }

    /// How many of so many wrong attempts are let through.
    private func wrong(_ count: Int, from source: AttemptThrottle.Source, at email: EmailAddress) -> Int {
        (0..<count).count { _ in
            guard let attempt = try? throttle.begin(source, at: email) else { return false }
            throttle.fail(attempt)
            return true
        }
    }

    @Test("ten from one source in a quarter of an hour, then one every ninety seconds")
    func bySource() {
        #expect(wrong(50, from: .network("192.0.2.1"), at: ann) == 10)
        clock.advance(milliseconds: 89_999)
        #expect(wrong(5, from: .network("192.0.2.1"), at: ann) == 0)
        clock.advance(milliseconds: 1)
        #expect(wrong(5, from: .network("192.0.2.1"), at: ann) == 1)
    }

    @Test("one network has sixty for all accounts together; right passwords are not counted")
    func byNetwork() throws {
        let emails = try (0..<20).map { try #require(EmailAddress("user\($0)@acme.example")) }
        #expect(emails.reduce(0) { $0 + wrong(5, from: .network("192.0.2.1"), at: $1) } == 60)
        for _ in 0..<200 {
            throttle.forgive(try throttle.begin(.network("192.0.2.2"), at: ann), isRight: true)
        }
        #expect(wrong(5, from: .network("192.0.2.2"), at: bob) == 5)
    }

    @Test("a device that logged in before has an allowance of its own, whatever others did from its network")
    func device() throws {
        #expect(wrong(50, from: .network("192.0.2.1"), at: ann) == 10)
        #expect(wrong(50, from: .device("laptop"), at: ann) == 10)
        #expect(wrong(1, from: .device("phone"), at: ann) == 1)
    }

    @Test("an account tried from a thousand networks still lets its owner in, from a new one too")
    func noLockOut() throws {
        let tries = (0..<1_000).map { wrong(50, from: .network("198.51.\($0 / 256).\($0 % 256)"), at: ann) }
        #expect(tries.first == 10 && tries.last == 3, "under attack each source has less")
        #expect(wrong(1, from: .network("203.0.113.9"), at: ann) == 1)
        #expect(wrong(10, from: .device("laptop"), at: ann) == 10)
        #expect(wrong(10, from: .network("203.0.113.9"), at: bob) == 10, "others notice nothing")
    }

    @Test("a thousand at once are no more than a thousand one by one")
    func concurrent() async {
        let passed = await withTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<1_000 {
                tasks.addTask { [throttle, ann] in (try? throttle.begin(.network("192.0.2.1"), at: ann)) != nil }
            }
            return await tasks.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(passed == 10)
    }

    @Test("what was not looked at was no attempt")
    func forgiven() throws {
        for _ in 0..<100 {
            throttle.forgive(try throttle.begin(.network("192.0.2.1"), at: ann), isRight: false)
        }
        #expect(wrong(50, from: .network("192.0.2.1"), at: ann) == 10)
    }
}
