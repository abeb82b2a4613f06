internal import Domain
internal import Tokens

/// The fields of draft-ietf-httpapi-ratelimit-headers (September 2025).
enum RateLimitFields {
    /// Appends both fields with every policy that was asked, the widest first.
    ///
    /// Of a refused request they have the one that refused it. Limits that only report are not told.
    static func append(_ spending: Spending, _ verdict: LimitVerdict, to out: inout [UInt8]) {
        let start = out.count
        for policy in LimitPolicy.widestFirst {
            guard verdict[policy] != nil, let limit = spending.limit(policy) else { continue }
            out.append(text: out.count == start ? "RateLimit-Policy: \"" : ", \"")
            out.append(string: policy.rawValue)
            out.append(text: "\";q=")
            JSONText.appendInteger(Int64(limit.burst), to: &out)
            out.append(text: ";w=")
            JSONText.appendInteger(limit.window, to: &out)
        }
        let end = out.count
        guard end > start else { return }
        for policy in LimitPolicy.widestFirst {
            guard let decision = verdict[policy], spending.limit(policy) != nil else { continue }
            out.append(text: out.count == end ? "\r\nRateLimit: \"" : ", \"")
            out.append(string: policy.rawValue)
            out.append(text: "\";r=")
            JSONText.appendInteger(Int64(decision.remaining), to: &out)
            out.append(text: ";t=")
            JSONText.appendInteger(decision.resetSeconds, to: &out)
        }
        out.append(text: "\r\n")
    }
}
