internal import Domain
internal import Tokens

/// One question to a verifier: a token, the door, and whether the stored user is wanted.
struct VerifyQuestion: Sendable {
    var token: [UInt8]
    var kind: TokenKind
    var includesUser: Bool
}

/// Reads the body of `POST /verify`.
enum VerifyBody {
    /// The question in a body, or every reason why there is none.
    static func read(_ body: Span<UInt8>, scanner: inout JSONScanner) throws(Failure) -> VerifyQuestion {
        try scanner.scanBody(body)
        var token: [UInt8]?
        var kind: TokenKind?
        var includesUser = false
        var errors: [Failure.Field] = []
        for member in scanner.members {
            switch JSONText.string(unescaping: body, member.name) {
            case "token":
                token = bytes(member.value, body)
                if token == nil { errors.append(Failure.Field("token", "must be a string")) }
            case "expect":
                kind = bytes(member.value, body).flatMap { TokenKind(rawValue: String(decoding: $0, as: UTF8.self)) }
                if kind == nil { errors.append(Failure.Field("expect", "must be rest or ws")) }
            case "include":
                includesUser = true
                if !isUserList(member.value, body, &includesUser) {
                    errors.append(Failure.Field("include", "must be an array of \"user\""))
                }
            case let name: errors.append(Failure.Field(name, "is not a member of this request"))
            }
        }
        if !errors.contains(where: { $0.field == "token" }), token == nil {
            errors.append(Failure.Field("token", "is required"))
        }
        if !errors.contains(where: { $0.field == "expect" }), kind == nil {
            errors.append(Failure.Field("expect", "is required"))
        }
        guard errors.isEmpty, let token, let kind else { throw .invalidRequest(Failure.unacceptable, errors) }
        return VerifyQuestion(token: token, kind: kind, includesUser: includesUser)
    }

    private static func bytes(_ value: JSONScanner.Value, _ body: Span<UInt8>) -> [UInt8]? {
        guard value.kind == .string else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(value.content.count)
        if value.hasEscapes {
            JSONText.unescape(body, value.content, into: &bytes)
        } else {
            JSONText.append(body, value.content, to: &bytes)
        }
        return bytes
    }

    private static func isUserList(
        _ value: JSONScanner.Value, _ body: Span<UInt8>, _ includesUser: inout Bool
    ) -> Bool {
        guard value.kind == .array else { return false }
        var elements = JSONElements(of: value)
        var count = 0
        while let element = elements.next(body) {
            guard element.kind == .string, JSONText.string(unescaping: body, element.content) == "user" else {
                return false
            }
            count += 1
        }
        includesUser = count > 0
        return true
    }
}
