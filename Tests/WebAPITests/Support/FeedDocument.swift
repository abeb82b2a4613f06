import Domain
import Synchronization
import Testing
import Tokens

/// A document of the feed, unchecked.
struct FeedDocument: Sendable {
    let kid: String
    let sequence: Int64?
    /// Kind and subject of each entry.
    let entries: [String]

    init(_ text: String) throws {
        let parts = try text.split(separator: ".").prefix(2).map { part in
            let bytes = try #require(Base64URL.decode(String(part)))
            return try JSON.parse(bytes.span, maximumDepth: 9)
        }
        kid = try #require(parts[0]["kid"]?.string)
        sequence = parts[1]["sequence"]?.integer
        entries = parts[1]["entries"]?.array?.map { "\($0["kind"]?.string ?? "") \($0["subject"]?.string ?? "")" } ?? []
    }
}

extension Shop {
    /// The documents of a page of the feed.
    func documents(_ query: String, key: String? = nil) async throws -> [FeedDocument] {
        let answer = try await feed(query, key: key)
        #expect(answer.status == 200, "\(answer.code ?? "")")
        return try answer.json["documents"]?.array?.map { try FeedDocument($0.string ?? "") } ?? []
    }
}

extension Wire {
    /// Asks for the stream of revocations and notes when it is open, or failed to open.
    func openStream(
        _ key: String, _ headers: [(String, String)] = [], noting isOpen: Shared<Atomic<Bool>>
    ) throws {
        defer { isOpen.value.store(true, ordering: .relaxed) }
        try send(Ask("GET", "/revocations/stream", key: key, headers).bytes)
        _ = try text(until: ": chat-tokens\n\n")
    }
}
