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

    private static func network(_ name: String) -> AttemptThrottle.Source { .init(network: name) }

    /// Each device in a network of its own unless said otherwise.
    private static func device(_ name: String, in network: String? = nil) -> AttemptThrottle.Source {
        .init(network: network ?? "network of \(name)", device: name)
    }

    /// How many of so many wrong attempts are let through.
    private func wrong(_ count: Int, from source: AttemptThrottle.Source, at email: EmailAddress) -> Int {
        (0..<count).count { _ in
            guard let attempt = try? throttle.begin(source, at: email) else { return false }
            throttle.fail(attempt)
            return true
        }
    }

    /// How many of so many right attempts are let through.
    private func right(_ count: Int, from source: AttemptThrottle.Source, at email: EmailAddress) -> Int {
        (0..<count).count { _ in
            guard let attempt = try? throttle.begin(source, at: email) else { return false }
            throttle.forgive(attempt, isRight: true)
            return true
        }
    }

    private func emails(_ count: Int) throws -> [EmailAddress] {
        try (0..<count).map { try #require(EmailAddress("user\($0)@acme.example")) }
    }

    @Test("ten from one source in a quarter of an hour, then one every ninety seconds")
    func bySource() {
        #expect(wrong(50, from: Self.network("192.0.2.1"), at: ann) == 10)
        clock.advance(milliseconds: 89_999)
        #expect(wrong(5, from: Self.network("192.0.2.1"), at: ann) == 0)
        clock.advance(milliseconds: 1)
        #expect(wrong(5, from: Self.network("192.0.2.1"), at: ann) == 1)
    }

    @Test("one network has sixty wrong ones for all accounts together; right ones are none of them")
    func byNetwork() throws {
        #expect(try emails(20).reduce(0) { $0 + wrong(5, from: Self.network("192.0.2.1"), at: $1) } == 60)
        #expect(right(200, from: Self.network("192.0.2.2"), at: ann) == 200)
        #expect(wrong(5, from: Self.network("192.0.2.2"), at: bob) == 5)
    }

    @Test("right passwords are looked at six hundred times an hour for one network, from whatever device")
    func hashes() throws {
        #expect(right(300, from: Self.network("192.0.2.1"), at: ann) == 300)
        #expect(right(400, from: Self.device("laptop", in: "192.0.2.1"), at: bob) == 300)
        #expect(right(1, from: Self.network("192.0.2.1"), at: bob) == 0)
        #expect(right(1, from: Self.network("192.0.2.2"), at: ann) == 1, "others notice nothing")
        clock.advance(milliseconds: 6_000)
        #expect(right(5, from: Self.network("192.0.2.1"), at: ann) == 1)
    }

    @Test("an office of five hundred that all come to work in the same hour is not held back, slips included")
    func office() throws {
        let passed = try emails(500).count { email in
            defer { clock.advance(milliseconds: 7_000) }
            let slips = email.text.contains("7@") ? 1 : 0
            return wrong(slips, from: Self.network("192.0.2.1"), at: email) == slips
                && right(1, from: Self.network("192.0.2.1"), at: email) == 1
        }
        #expect(passed == 500)
    }

    @Test("a device that logged in before has an allowance of its own, whatever others did from its network")
    func device() throws {
        #expect(wrong(50, from: Self.network("192.0.2.1"), at: ann) == 10)
        #expect(wrong(50, from: Self.device("laptop", in: "192.0.2.1"), at: ann) == 10)
        #expect(wrong(1, from: Self.device("phone", in: "192.0.2.1"), at: ann) == 1)
    }

    @Test("all devices of an account together have thirty wrong ones an hour; then they count as unknown")
    func devices() throws {
        let tries = (0..<10).map { wrong(10, from: Self.device("device \($0)", in: "192.0.2.1"), at: ann) }
        #expect(tries == [10, 10, 10, 10, 0, 0, 0, 0, 0, 0], "the last ten are the network's own")
        #expect(right(1, from: Self.device("laptop"), at: ann) == 1, "in another network they still get in")
        #expect(right(50, from: Self.device("laptop"), at: bob) == 50, "right ones are none of them")
    }

    @Test("what a known device gets wrong is charged to its network too")
    func devicesOfNetwork() throws {
        let emails = try emails(10)
        for email in emails.prefix(6) {
            #expect(wrong(10, from: Self.device("stolen", in: "192.0.2.1"), at: email) == 10)
        }
        #expect(wrong(1, from: Self.network("192.0.2.1"), at: ann) == 0)
        #expect(wrong(1, from: Self.device("laptop", in: "192.0.2.1"), at: ann) == 1, "a neighbour's device gets in")
    }

    @Test("an account tried from a thousand networks still lets its owner in, from a new one too")
    func noLockOut() throws {
        let tries = (0..<1_000).map { wrong(50, from: Self.network("198.51.\($0 / 256).\($0 % 256)"), at: ann) }
        #expect(tries.first == 10 && tries.last == 3, "under attack each source has less")
        #expect(wrong(1, from: Self.network("203.0.113.9"), at: ann) == 1)
        #expect(wrong(10, from: Self.device("laptop"), at: ann) == 10)
        #expect(wrong(10, from: Self.network("203.0.113.9"), at: bob) == 10, "others notice nothing")
    }

    @Test("a thousand at once are no more than a thousand one by one")
    func concurrent() async {
        let passed = await withTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<1_000 {
                tasks.addTask { [throttle, ann] in (try? throttle.begin(Self.network("192.0.2.1"), at: ann)) != nil }
            }
            return await tasks.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(passed == 10)
    }

    @Test("what was not looked at was no attempt")
    func forgiven() throws {
        for source in [Self.network("192.0.2.1"), Self.device("laptop")] {
            for _ in 0..<1_000 { throttle.forgive(try throttle.begin(source, at: ann), isRight: false) }
            #expect(wrong(50, from: source, at: ann) == 10)
        }
    }

    @Test("nor was it under attack, where an attempt costs more")
    func forgivenUnderAttack() throws {
        for number in 0..<20 { _ = wrong(10, from: Self.network("198.51.100.\(number)"), at: ann) }
        for _ in 0..<100 {
            throttle.forgive(try throttle.begin(Self.network("192.0.2.1"), at: ann), isRight: false)
        }
        #expect(wrong(50, from: Self.network("192.0.2.1"), at: ann) == 3)
    }
}
