internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Tokens

/// `GET /revocations` and `GET /revocations/stream`.
struct RevocationFeedEndpoints: Sendable {
    let reader: FeedReader
    let feed: RevocationFeed

    /// Seconds after which a stream without news gets a comment, and after which a reader that takes nothing is cut.
    private static let heartbeat = 15.0, patience: Int64 = 10

    /// One of those who listen, until nothing refers to it.
    private final class Seat: Sendable {
        private let feed: RevocationFeed
        private let tenant: Tenant.ID?

        init(in feed: RevocationFeed, for tenant: Tenant.ID?) throws(Failure) {
            guard feed.enter(tenant) else { throw .notReady("too many verifiers listen already, or the server stops") }
            self.feed = feed
            self.tenant = tenant
        }

        deinit { feed.leave(tenant) }
    }

    /// `GET /revocations`: what is in force, or what came after a place, if need be after some waiting.
    func poll(_ call: ManagedCall) async throws -> HotResponse {
        let query = try call.query("after", "wait", "limit")
        let after = try query["after"].map { text throws(Failure) in try Self.place(text, "after") } ?? 0
        let wait = try query["wait"].map { text throws(Failure) in try Self.number(text, "wait", 0...60) } ?? 0
        let limit =
            try query["limit"].map { text throws(Failure) in
                try Self.number(text, "limit", 1...FeedReader.longestPage)
            } ?? FeedReader.longestPage
        let (tenant, loop) = (call.tenantIfAny, call.context.loop)
        var page = try await reader.page(after: after, for: tenant, limit: limit, on: loop)
        if page.documents.isEmpty, !page.isMore, wait > 0 {
            let seat = try Seat(in: feed, for: tenant)
            await feed.wait(after: page.through, for: tenant, seconds: Double(wait))
            page = try await reader.page(after: page.through, for: tenant, limit: limit, on: loop)
            withExtendedLifetime(seat) {}
        }
        if let tenant, page.documents.isEmpty {
            page.documents = [try await reader.assurance(through: page.through, for: tenant, on: loop)]
        }
        return Self.answer(page, isKept: wait == 0)
    }

    private static func answer(_ page: FeedPage, isKept: Bool) -> HotResponse {
        var response = HotResponse(status: 200)
        response.fields.append(text: "Content-Type: application/json\r\nVary: X-API-Key, X-Chat-Tenant\r\n")
        response.fields.append(string: "Cache-Control: \(isKept ? "public, max-age=1" : "no-store")\r\n")
        response.body.append(string: "{\"sequence\":\(page.through),\"more\":\(page.isMore),\"documents\":[")
        for (index, document) in page.documents.enumerated() {
            response.body.append(text: index == 0 ? "\"" : ",\"")
            response.body.append(contentsOf: document)
            response.body.append(text: "\"")
        }
        response.body.append(text: "]}")
        return response
    }

    /// `GET /revocations/stream`: server-sent events, from what is in force or from a place on.
    func stream(_ call: ManagedCall) async throws -> Response {
        let query = try call.query("after")
        let resumed = call.request.headers[.lastEventID]
        let start =
            try query["after"].map { text throws(Failure) in try Self.place(text, "after") }
            ?? resumed.map { text throws(Failure) in try Self.place(text, "Last-Event-ID") } ?? 0
        let seat = try Seat(in: feed, for: call.tenantIfAny)
        // Before the status, so that what goes wrong at once is told in words.
        let first = try await page(after: start, of: call)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no",
            ],
            body: ResponseBody { writer in
                var page = first
                var wroteAt = reader.service.now()
                // A comment at once: whoever connects sees that he is.
                try await write(": chat-tokens\n\n", to: &writer, call)
                while true {
                    if let text = text(of: page, afterSilenceOf: seconds(since: wroteAt)) {
                        try await write(text, to: &writer, call)
                        wroteAt = reader.service.now()
                    }
                    if feed.isFinished || Task.isCancelled { break }
                    // From what was written last: there may be news that are none for this reader.
                    let rest = Self.heartbeat - seconds(since: wroteAt)
                    if !page.isMore { await feed.wait(after: page.through, for: call.tenantIfAny, seconds: rest) }
                    guard await isStillGood(call) else { break }
                    page = try await self.page(after: page.through, of: call)
                }
                try await write("event: end\ndata: \n\n", to: &writer, call)
                try await writer.finish(nil)
                withExtendedLifetime(seat) {}
            })
    }

    /// Whether the API key still is one: nothing is told to who has none.
    private func isStillGood(_ call: ManagedCall) async -> Bool {
        (try? await reader.service.caller(call.request.headers[.apiKey], needs: [], in: call.context)) != nil
    }

    private func seconds(since moment: Int64) -> Double { Double(reader.service.now() - moment) / 1e9 }

    /// The events of a page; where it has none, a comment if it is time for one.
    private func text(of page: FeedPage, afterSilenceOf seconds: Double) -> String? {
        guard page.documents.isEmpty else { return Self.events(page) }
        // It says that everything was told, so it must have been.
        guard seconds >= Self.heartbeat, !page.isMore, !feed.isFinished else { return nil }
        return ": \(reader.world.now().seconds)\n\n"
    }

    private func page(after sequence: Int64, of call: ManagedCall) async throws(Failure) -> FeedPage {
        try await reader.page(
            after: sequence, for: call.tenantIfAny, limit: FeedReader.longestPage, on: call.context.loop)
    }

    /// Writes, and ends the connection of a reader that does not take it.
    @concurrent private func write(
        _ text: String, to writer: inout any ResponseBodyWriter, _ call: ManagedCall
    ) async throws {
        let channel = call.context.channel
        let guardian = call.context.loop.scheduleTask(in: .seconds(Self.patience)) { channel.close(promise: nil) }
        defer { guardian.cancel() }
        try await writer.write(ByteBuffer(string: text))
    }

    /// The events of a page; only the last carries the place, so that a page that arrives in part is sent again.
    private static func events(_ page: FeedPage) -> String {
        var text = ""
        for (index, document) in page.documents.enumerated() {
            text += "event: revocations\n"
            if index == page.documents.count - 1 { text += "id: \(page.through)\n" }
            text += "data: \(String(decoding: document, as: UTF8.self))\n\n"
        }
        return text
    }

    private static func place(_ text: String, _ name: String) throws(Failure) -> Int64 {
        guard let place = Int64(text), place >= 0 else {
            throw ManagedCall.unacceptable(name, "must be the sequence of an earlier answer")
        }
        return place
    }

    private static func number(_ text: String, _ name: String, _ range: ClosedRange<Int>) throws(Failure) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw ManagedCall.unacceptable(name, "must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension HTTPField.Name {
    fileprivate static let lastEventID = known("Last-Event-ID")
    /// Has nginx pass on what comes at once.
    fileprivate static let accelBuffering = known("X-Accel-Buffering")
}
