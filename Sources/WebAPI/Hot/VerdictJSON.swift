internal import Domain
internal import Tokens

/// A verdict as the verification endpoints show it.
enum VerdictJSON {
    /// Appends the object; `user` is nil unless it was asked for, and then says what is stored.
    static func append(_ verdict: Verdict, at now: Timestamp, user: User??, to out: inout [UInt8]) {
        switch verdict {
        case .invalid(let refusal):
            out.append(text: "{\"valid\":false,\"code\":\"")
            out.append(string: refusal.rawValue)
            out.append(text: "\",\"detail\":")
            out.append(json: refusal.detail)
        case .valid(let token):
            append(token, at: now, to: &out)
            if let user {
                out.append(text: ",\"user\":")
                if let user { UserJSON.append(user, to: &out) } else { out.append(text: "null") }
            }
        }
        out.append(text: "}")
    }

    private static func append(_ token: VerifiedToken, at now: Timestamp, to out: inout [UInt8]) {
        out.append(text: "{\"valid\":true,\"kind\":\"")
        out.append(string: token.kind.rawValue)
        out.append(text: "\",\"tenant\":\"")
        out.append(string: token.tenant.text)
        out.append(text: "\",\"userId\":")
        out.append(json: token.user.text)
        out.append(text: ",\"grantId\":\"")
        token.grant.append(to: &out)
        out.append(text: "\",\"issuedAt\":\"")
        token.issuedAt.appendRFC3339(to: &out)
        out.append(text: "\",\"expiresAt\":\"")
        token.expiresAt.appendRFC3339(to: &out)
        out.append(text: "\",\"expiresIn\":")
        JSONText.appendInteger(max(0, token.expiresAt.seconds - now.seconds), to: &out)
        out.append(text: ",\"claims\":")
        out.append(contentsOf: token.claims)
    }
}
