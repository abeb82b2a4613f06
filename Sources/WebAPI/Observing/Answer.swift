internal import Domain

/// One answer as metrics and logs see it.
struct Answer {
    /// The route template of openapi.yaml, never the path: paths name tenants.
    let route: String
    let method: String
    let status: Int
    let lane: Lane
    /// From the request's head to the answer.
    let nanoseconds: Int64
    /// The `code` of a problem document.
    let code: Failure.Code?
    let requestID: String
    /// The caller's trace, if it sent one.
    let traceID: Substring?
}

/// Which way an answer took.
enum Lane: String, Sendable, CaseIterable {
    case fast, main
}

/// Hands every answer to the metrics and to the log.
struct RequestObservers: Sendable {
    let metrics: ServerMetrics
    let log: RequestLog

    func observe(_ answer: Answer) {
        observe(answer, in: metrics.series(of: answer))
    }

    /// The same for who has looked up the series before.
    func observe(_ answer: Answer, in series: ServerMetrics.Series) {
        metrics.observe(answer, in: series)
        log.note(answer)
    }
}

/// The `traceparent` header of W3C Trace Context, level 1.
enum TraceParent {
    /// The trace identifier, 32 hexadecimal digits; nil where the header is none of version 00.
    static func traceID(_ header: String?) -> Substring? {
        guard let header, header.utf8.count == 55, header.hasPrefix("00-") else { return nil }
        let parts = header.split(separator: "-")
        guard parts.map(\.utf8.count) == [2, 32, 16, 2], parts.allSatisfy({ $0.utf8.allSatisfy(isHexDigit) }) else {
            return nil
        }
        return parts[1]
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
