internal import AsyncHTTPClient
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import Tokens

/// Follows the feed of revocations: reads it whole, then as it comes, and whenever that ends, from there on.
final class RevocationFeed: Sendable {
    private struct State {
        /// Up to where the feed has been read.
        var place: Int64 = 0
        /// Milliseconds of the clock at which it was certain that nothing is missing; nil: never yet.
        var heardAt: Int64?
        /// What was acknowledged last, and when.
        var told: (place: Int64, at: Int64)?
    }

    let list = RevocationList()
    let doubts = TenantDoubts()
    private let feed: OfflineVerifier.Feed
    let keys: KeyCache
    let server: ServerLink
    let clock: VerifierClock
    let logger: Logger
    let settings: OfflineVerifier.Settings
    private let fields: [(String, String)]
    private let onlyTenant: String?
    private let state = Mutex(State())

    /// Longer silence than this ends a stream; the server says something every 15 s.
    private static let longestSilence: Duration = .seconds(45)
    /// Seconds between one attempt to connect and the next.
    private static let shortestPause = 0.2, longestPause = 10.0

    init(
        _ feed: OfflineVerifier.Feed, _ settings: OfflineVerifier.Settings, keys: KeyCache, server: ServerLink,
        clock: VerifierClock, logger: Logger
    ) {
        self.feed = feed
        self.keys = keys
        self.server = server
        self.clock = clock
        self.logger = logger
        self.settings = settings
        onlyTenant = settings.listed.count == 1 ? settings.listed[0] : nil
        fields = [("X-API-Key", feed.apiKey)] + (onlyTenant.map { [("X-Chat-Tenant", $0)] } ?? [])
    }

    /// Whether all is known that may be revoked of the tenant.
    func isFresh(for tenant: String) -> Bool { isFresh && !doubts.contains(tenant) }

    /// Whether it has been read to its end, and lately enough.
    var isFresh: Bool {
        let now = clock.milliseconds()
        return state.withLock { state in
            guard let heardAt = state.heardAt else { return false }
            return feed.silence.map { now - heardAt <= $0.milliseconds } ?? true
        }
    }

    /// Follows the feed until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow() }
            group.addTask { await self.tend() }
            group.addTask { await self.mend() }
        }
    }

    private func follow() async {
        var pause = Self.shortestPause
        while !Task.isCancelled {
            let begin = clock.milliseconds()
            do throws(FetchFailure) {
                try await catchUp()
                try await stream()
            } catch {
                if !Task.isCancelled { logger.warning("no revocations", metadata: ["cause": "\(error)"]) }
            }
            // What lasted was no failure, but the end of a connection.
            if clock.milliseconds() - begin > 10_000 { pause = Self.shortestPause }
            // Not all gateways at the same moment, after the server was away.
            try? await Task.sleep(for: .seconds(pause * .random(in: 0.5...1)))
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// A part of the feed.
    struct Page {
        var documents: [String]
        /// Where the next begins, as far as one may believe what is not signed.
        var sequence: Int64
        var isMore: Bool
    }

    /// Reads a page of all that is followed, or of one tenant.
    func page(
        after place: Int64, of tenant: String? = nil, within limit: Duration
    ) async throws(FetchFailure) -> Page {
        let reply = try await server.get(
            "/revocations?after=\(place)", fields + (tenant.map { [("X-Chat-Tenant", $0)] } ?? []),
            mostBytes: EventParser.mostBytes, within: limit)
        guard reply.status == 200 else { throw .status(reply.status) }
        guard let page = try? JSON.parse(reply.body.span, maximumDepth: 4),
            let documents = page["documents"]?.array, let sequence = page["sequence"]?.integer,
            let more = page["more"]?.bool
        else { throw .unreadable("not a page of revocations") }
        return Page(documents: documents.map { $0.string ?? "" }, sequence: sequence, isMore: more)
    }

    /// Reads pages until there are no more: from then on nothing is missing but what is in doubt.
    private func catchUp() async throws(FetchFailure) {
        var isMore = true
        while isMore {
            let after = state.withLock { $0.place }
            let page = try await self.page(after: after, within: server.timeout * 6)
            // What is signed counts, not what stands beside it: caches on the way need not be trusted.
            var place = onlyTenant == nil ? page.sequence : after
            for document in page.documents {
                if let signed = try await apply(document, after: after), onlyTenant != nil { place = signed }
            }
            guard !page.isMore || place > after else { throw .unreadable("a page that leads nowhere") }
            isMore = page.isMore
            state.withLock { $0.place = place }
        }
        noteHeard()
    }

    private func noteHeard() {
        let now = clock.milliseconds()
        state.withLock { $0.heardAt = now }
    }

    /// Reads events until the stream ends, or is silent for too long.
    private func stream() async throws(FetchFailure) {
        let place = state.withLock { $0.place }
        let request = server.request("/revocations/stream", fields + [("Last-Event-ID", "\(place)")])
        let response = try await withTimeLimit(server.timeout) { [server] in try await server.execute(request) }
        guard response.status == .ok else { throw .status(Int(response.status.code)) }
        let spoke = Mutex(clock.milliseconds())
        try await withFirst {
            var parser = EventParser()
            for try await chunk in response.body {
                spoke.withLock { $0 = self.clock.milliseconds() }
                guard let events = parser.events(in: chunk.readableBytesView) else {
                    throw FetchFailure.unreadable("an event too long")
                }
                for event in events where try await self.take(event) { return }
            }
        } or: {
            while self.clock.milliseconds() - spoke.withLock({ $0 }) < Self.longestSilence.milliseconds {
                try await Task.sleep(for: .seconds(1))
            }
            throw FetchFailure.timedOut
        }
    }

    /// Takes in an event; true where it is the last.
    private func take(_ event: EventParser.Event) async throws(FetchFailure) -> Bool {
        switch event {
        // The server's time, which it says when there is nothing else to say.
        case .comment(let text):
            if Int64(text) != nil { noteHeard() }
            return false
        case .message("revocations", let data, let id):
            let before = state.withLock { $0.place }
            let signed = try await apply(data, after: before)
            if let place = id.flatMap({ Int64($0) }) {
                state.withLock { $0.place = onlyTenant == nil ? place : signed ?? before }
                noteHeard()
            }
            return false
        case .message(let name, _, _): return name == "end"
        }
    }

    /// Takes a document in that was found after a place; returns its own, where its signature is good.
    ///
    /// One that cannot be checked puts its tenant in doubt and holds up no other. Where there is no other it is an
    /// error: then the feed is read again from the same place.
    private func apply(_ text: String, after place: Int64) async throws(FetchFailure) -> Int64? {
        guard let document = RevocationDocument(text) else { throw .unreadable("not a document of revocations") }
        guard let tenant = settings.tenant(of: document.issuer) else { return nil }
        // Nobody waits twice for the keys of the same tenant: mending does.
        if try await takeIn(document, of: tenant, waiting: !doubts.contains(tenant)) { return document.sequence }
        let isNoted =
            onlyTenant == nil
            && doubts.add(
                tenant, after: place, claimed: document.sequence,
                isShared: document.token.algorithm == .hs256 && !keys.hasKeys(of: tenant), now: clock.milliseconds())
        guard isNoted else { throw .unreadable("a document that cannot be checked") }
        logger.warning("a document that cannot be checked", metadata: ["tenant": "\(tenant)"])
        return nil
    }

    /// Takes the entries of a document in; false where it cannot be checked.
    func takeIn(
        _ document: RevocationDocument, of tenant: String, waiting: Bool
    ) async throws(FetchFailure) -> Bool {
        let kid = document.token.kid
        var answer = keys.key(kid, of: tenant)
        if waiting, case .fetchable = answer {
            await keys.fetched(tenant)
            answer = keys.key(kid, of: tenant)
        }
        guard case .key(let key) = answer, document.isSigned(by: key) else { return false }
        guard list.add(document.entries, of: tenant) else { throw .unreadable("more revocations than can be held") }
        return true
    }

    /// Says what was applied, and forgets what is over.
    private func tend() async {
        var sweptAt = clock.milliseconds()
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            if clock.milliseconds() - sweptAt >= 60_000 {
                list.forget(before: clock.now())
                sweptAt = clock.milliseconds()
            }
            guard let name = feed.verifier, isFresh else { continue }
            let now = clock.milliseconds()
            let missing = doubts.place ?? .max
            let (place, isDue) = state.withLock { state -> (Int64, Bool) in
                let place = min(state.place, missing)
                return (place, state.told.map { $0.place != place || now - $0.at >= 60_000 } ?? true)
            }
            guard isDue else { continue }
            do throws(FetchFailure) {
                try await acknowledge(place, as: name)
                state.withLock { $0.told = (place, now) }
            } catch {
                logger.warning("what was applied could not be told", metadata: ["cause": "\(error)"])
            }
        }
    }

    private func acknowledge(_ place: Int64, as name: String) async throws(FetchFailure) {
        let body: JSON = ["verifier": JSON(name), "sequence": JSON(place)]
        let status = try await server.post("/revocations/ack", fields, body.compactBytes())
        guard status == 204 else { throw .status(status) }
    }
}
