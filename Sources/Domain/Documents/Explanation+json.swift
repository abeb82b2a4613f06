package import Tokens

extension Explanation {
    /// The explanation as commands and the API show it; without `valid`, so that nobody takes it for a verdict.
    package var json: JSON {
        [
            "code": JSON(optional: code?.text), "verifier": JSON(verifier.rawValue), "at": JSON(at.description),
            "skewSeconds": skew.map { JSON($0) } ?? nil, "token": facts?.json ?? nil,
            "checks": JSON(checks.map(\.json)),
        ]
    }
}

extension Explanation.Facts {
    fileprivate var json: JSON {
        [
            "kind": JSON(kind.rawValue), "tenant": JSON(tenant.text), "userId": JSON(user),
            "grantId": JSON(grant.description), "kid": JSON(kid), "algorithm": JSON(algorithm.rawValue),
            "keyState": JSON(optional: keyState?.rawValue), "issuedAt": JSON(issuedAt.description),
            "expiresAt": JSON(expiresAt.description),
        ]
    }
}

extension Explanation.Check {
    fileprivate var json: JSON {
        [
            "check": JSON(subject.rawValue), "result": JSON(result.rawValue), "code": JSON(optional: code?.text),
            "detail": JSON(detail),
        ]
    }
}
