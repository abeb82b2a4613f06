internal import Domain
internal import Tokens

/// A verdict as RFC 7662 §2.2 has it told.
enum IntrospectionJSON {
    /// Appends the object; of a token that is not valid nothing is told, not even why (RFC 7662 §4).
    static func append(_ verdict: Verdict, _ deployment: Deployment, to out: inout [UInt8]) {
        guard case .valid(let token) = verdict else { return out.append(text: "{\"active\":false}") }
        let tenant = token.tenant.text
        out.append(text: "{\"active\":true,\"scope\":\"")
        out.append(string: token.kind.scope)
        out.append(text: "\",\"client_id\":\"")
        out.append(string: tenant)
        out.append(text: "\",\"username\":")
        out.append(json: token.user.text)
        out.append(text: ",\"token_type\":\"Bearer\",\"exp\":")
        JSONText.appendInteger(token.expiresAt.seconds, to: &out)
        out.append(text: ",\"iat\":")
        JSONText.appendInteger(token.issuedAt.seconds, to: &out)
        out.append(text: ",\"sub\":")
        out.append(json: token.user.text)
        out.append(text: ",\"aud\":")
        out.append(json: deployment.audience(of: token.kind))
        out.append(text: ",\"iss\":\"")
        out.append(string: deployment.publicURL)
        out.append(text: "/t/")
        out.append(string: tenant)
        out.append(text: "\",\"jti\":\"")
        token.grant.append(to: &out)
        out.append(string: token.kind.suffix)
        out.append(text: "\",\"tenant\":\"")
        out.append(string: tenant)
        out.append(text: "\",\"grantId\":\"")
        token.grant.append(to: &out)
        out.append(text: "\",\"kind\":\"")
        out.append(string: token.kind.rawValue)
        out.append(text: "\"}")
    }
}
