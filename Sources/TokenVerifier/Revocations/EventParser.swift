/// Reads server-sent events (HTML Living Standard §9.2) as the bytes come.
struct EventParser {
    enum Event: Equatable {
        case comment(String)
        /// `id` is nil where the event has none of its own.
        case message(event: String, data: String, id: String?)
    }

    /// A longer event than this is refused.
    static let mostBytes = 33_554_432

    private var line: [UInt8] = []
    private var event = "", data = ""
    private var id: String?

    /// The events that these bytes complete, in their order; nil where one is too long.
    mutating func events(in bytes: some Sequence<UInt8>) -> [Event]? {
        var events: [Event] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if let event = take(String(decoding: line, as: UTF8.self)) { events.append(event) }
                line.removeAll(keepingCapacity: line.count < 65_536)
            } else if byte != UInt8(ascii: "\r") {
                guard line.count < Self.mostBytes else { return nil }
                line.append(byte)
            }
        }
        return events
    }

    /// Takes in a line; an empty one completes an event.
    private mutating func take(_ line: String) -> Event? {
        guard !line.isEmpty else {
            defer { (event, data, id) = ("", "", nil) }
            return event.isEmpty && data.isEmpty ? nil : .message(event: event, data: data, id: id)
        }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? String(parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1]) : ""
        switch parts[0] {
        case "": return .comment(value)
        case "event": event = value
        case "data": data = data.isEmpty ? value : data + "\n" + value
        case "id": id = value
        default: break
        }
        return nil
    }
}
