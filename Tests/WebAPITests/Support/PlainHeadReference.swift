import NIOCore
import NIOEmbedded
import NIOHTTP1
import WebAPI

/// Holds the reader of plain heads equal to the HTTP decoder that would get the bytes otherwise.
///
/// The connection is kept from one request to the next: what the decoder would leave unread of one it would read as
/// the beginning of the next. One object belongs to one thread.
final class PlainHeadReference {
    /// The two readers differ.
    struct Disagreement: Error, CustomStringConvertible {
        let problem: String
        let bytes: [UInt8]

        var description: String { "\(problem): \(String(decoding: bytes.prefix(400), as: UTF8.self).debugDescription)" }
    }

    /// How the bytes of a request reach the decoder.
    enum Delivery: CaseIterable {
        case butForTheLastByte, byteByByte, withAnother
    }

    /// What both readers say of a request.
    private struct Reading: Equatable {
        var method = "", uri = "", fields: [String] = [], body: [UInt8] = []
    }

    private static let another = Array("GET /another HTTP/1.1\r\nHost: b\r\n\r\n".utf8)
    private static let anotherReading = Reading(method: "GET", uri: "/another", fields: ["Host: b"])

    /// A connection like the server's, on which all requests so far were read alike.
    private var connection: EmbeddedChannel?

    deinit { end() }

    /// Whether the reader takes the request at the beginning of the bytes; throws where the decoder reads another.
    ///
    /// Missing bytes of the body are made up, those behind the request are ignored.
    func accepts(_ bytes: [UInt8], delivery: Delivery) throws(Disagreement) -> Bool {
        var plain = Reading()
        let head = PlainHead.read(bytes.span) { name, value in
            plain.fields.append(Self.text(bytes[name]) + ": " + Self.text(bytes[value]))
        }
        guard let head else { return false }
        plain.method = head.method == .post ? "POST" : "GET"
        plain.uri = Self.text(bytes[head.target])
        let count = head.byteCount + head.contentLength
        let whole = Array(bytes.prefix(count)) + [UInt8](repeating: 0x0D, count: max(0, count - bytes.count))
        plain.body = Array(whole[head.byteCount...])
        do {
            try require(Self.head(of: whole.prefix(head.byteCount)) == head, "what follows changes the head")
            try require(Self.head(of: whole.prefix(head.byteCount - 1)) == nil, "taken before it is complete")
            try compare(plain, with: whole, delivery: delivery)
        } catch {
            end()
            throw Disagreement(problem: "\(delivery): \(error)", bytes: whole)
        }
        return true
    }

    private func compare(_ plain: Reading, with whole: [UInt8], delivery: Delivery) throws {
        let channel = try connection ?? begin()
        var parts: [HTTPServerRequestPart] = []
        switch delivery {
        case .butForTheLastByte:
            parts = try feed(whole.dropLast(), to: channel)
            try require(!parts.contains(.end(nil)), "complete too early")
            parts += try feed(whole.suffix(1), to: channel)
        case .byteByByte:
            // Of a long body that was made up, the first bytes will do.
            let (singles, rest) = (whole.prefix(1_024), whole.dropFirst(1_024))
            for index in singles.indices { parts += try feed(whole[index...index], to: channel) }
            if !rest.isEmpty { parts += try feed(rest, to: channel) }
        case .withAnother:
            parts = try feed(whole[...] + Self.another, to: channel)
            let next = try Self.takeReading(from: &parts, keepingRest: true)
            try require(next == plain, "read as \(next)")
            try require(
                try Self.takeReading(from: &parts) == Self.anotherReading, "the next is not read from its start")
            return
        }
        let decoded = try Self.takeReading(from: &parts)
        try require(decoded == plain, "read as \(decoded)")
    }

    private func begin() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 * 1_024
        limits.maxHeaderListSize = 32 * 1_024
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
        connection = channel
        return channel
    }

    /// A channel and its pipeline hold each other until it is closed.
    private func end() {
        _ = try? connection?.finish(acceptAlreadyClosed: true)
        connection = nil
    }

    private func feed(_ bytes: ArraySlice<UInt8>, to channel: EmbeddedChannel) throws -> [HTTPServerRequestPart] {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        var parts: [HTTPServerRequestPart] = []
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) { parts.append(part) }
        return parts
    }

    /// Takes the first request off the parts; throws if it is not whole or leaves parts that nobody asked for.
    private static func takeReading(
        from parts: inout [HTTPServerRequestPart], keepingRest: Bool = false
    ) throws -> Reading {
        guard case .head(let head)? = parts.first, let end = parts.firstIndex(of: .end(nil)) else {
            throw Difference(text: "not complete: \(parts)")
        }
        guard head.version == .http1_1, head.isKeepAlive else { throw Difference(text: "not kept alive: \(head)") }
        var reading = Reading(method: head.method.rawValue, uri: head.uri)
        reading.fields = head.headers.map { "\($0.name): \($0.value)" }
        for part in parts[1..<end] {
            guard case .body(let bytes) = part else { throw Difference(text: "two heads") }
            reading.body += Array(bytes.readableBytesView)
        }
        parts.removeFirst(end + 1)
        guard keepingRest || parts.isEmpty else { throw Difference(text: "more than one request: \(parts)") }
        return reading
    }

    private struct Difference: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    private func require(_ condition: Bool, _ text: @autoclosure () -> String) throws {
        guard condition else { throw Difference(text: text()) }
    }

    private static func head(of bytes: ArraySlice<UInt8>) -> PlainHead? {
        PlainHead.read(Array(bytes).span) { _, _ in }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
