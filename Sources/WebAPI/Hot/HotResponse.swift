internal import Domain
internal import Tokens

/// An answer of a hot endpoint; both lanes turn it into bytes in their own way.
struct HotResponse {
    /// The HTTP status.
    var status: Int
    /// Complete header lines, each with its CRLF, besides those that every answer has.
    var fields: [UInt8] = []
    /// The content; empty for 204 and 304.
    var body: [UInt8] = []
    /// The `code` of a problem document, for the log.
    var code: Failure.Code?

    /// Adds a header line; the value is text of our own making, or was checked to have no control characters.
    mutating func add(_ name: StaticString, _ value: String) {
        add(name) { $0.append(string: value) }
    }

    /// Adds a header line whose value `write` appends.
    mutating func add(_ name: StaticString, write: (inout [UInt8]) -> Void) {
        name.withUTF8Buffer { unsafe fields.append(contentsOf: $0) }
        fields.append(text: ": ")
        write(&fields)
        fields.append(text: "\r\n")
    }
}

/// Whoever waits for the answer to a hot request: a connection's fast lane, or the bridge from the main lane.
protocol HotSink: AnyObject {
    /// Takes the answer; called once, on the event loop of the request.
    func respond(_ response: HotResponse, to request: HotRequest)
}
