internal import Domain
internal import Tokens

/// The fields of draft-ietf-httpapi-ratelimit-headers (September 2025).
enum RateLimitFields {
    /// Appends both fields with every policy that was asked, the widest first.
    ///
    /// Of a refused request they have the one that refused it. Limits that only report are not told.
    static func append(_ spending: Spending, _ verdict: LimitVerdict, to out: inout [UInt8]) {
        appendField("RateLimit-Policy: ", spending, verdict, to: &out) { limit, _, out in
            out.append(text: ";q=")
            JSONText.appendInteger(Int64(limit.burst), to: &out)
            out.append(text: ";w=")
            JSONText.appendInteger(limit.window, to: &out)
        }
        appendField("RateLimit: ", spending, verdict, to: &out) { _, decision, out in
            out.append(text: ";r=")
            JSONText.appendInteger(Int64(decision.remaining), to: &out)
            out.append(text: ";t=")
            JSONText.appendInteger(decision.resetSeconds, to: &out)
        }
    }

    private static func appendField(
        _ name: String, _ spending: Spending, _ verdict: LimitVerdict, to out: inout [UInt8],
        _ append: (RateLimit, RateLimit.Decision, inout [UInt8]) -> Void
    ) {
        var isFirst = true
        for policy in LimitPolicy.widestFirst {
            guard let decision = verdict[policy], let limit = spending.limit(policy) else { continue }
            out.append(text: isFirst ? name : ", ")
            out.append(text: "\"")
            out.append(text: policy.rawValue)
            out.append(text: "\"")
            append(limit, decision, &out)
            isFirst = false
        }
        if !isFirst { out.append(text: "\r\n") }
    }
}
