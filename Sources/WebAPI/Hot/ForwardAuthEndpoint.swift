internal import Domain
internal import Tokens

/// `GET /verify`, for proxies that ask before they let a request pass.
struct ForwardAuthEndpoint: Sendable {
    func step(_ request: HotRequest, in workspace: Workspace, service: HotService) -> HotStep {
        switch service.authenticate(request, needs: .verify) {
        case .load(let want): return .load(want)
        case .refused(.storageUnavailable): return .refuse(.storageUnavailable)
        case .refused(let failure): return .respond(misconfigured(failure, request, service))
        case .caller(let caller):
            guard let kind = Self.kind(in: request.query) else {
                let failure = Failure.invalidRequest(
                    "expect must be rest or ws.", [Failure.Field("expect", "must be rest or ws")])
                return .respond(misconfigured(failure, request, service))
            }
            guard let token = Self.token(in: request.headers) else {
                return .respond(refusal(.malformed, hasToken: false, request, service))
            }
            let text = token.text
            switch workspace.verify(text.utf8.span.extracting(token.start...), expect: kind, caller: caller) {
            case .load(let want): return .load(want)
            case .verdict(.invalid(let reason)): return .respond(refusal(reason, hasToken: true, request, service))
            case .verdict(.valid(let token)): return .respond(admission(token, in: workspace))
            }
        }
    }

    /// Proxies pass nothing but 2xx, 401 and 403 on to the client, so that a gateway's own mistakes are 403.
    private func misconfigured(_ failure: Failure, _ request: HotRequest, _ service: HotService) -> HotResponse {
        Problem(failure: failure, status: 403).response(
            requestID: request.id, publicURL: service.directory.deployment.publicURL)
    }

    private func refusal(
        _ reason: Verdict.Refusal, hasToken: Bool, _ request: HotRequest, _ service: HotService
    ) -> HotResponse {
        var response = HotResponse(status: 401)
        response.fields.append(text: "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n")
        response.fields.append(text: "WWW-Authenticate: Bearer realm=\"chat-tokens\"")
        // RFC 6750 §3.1: a request without any token gets no error code.
        if hasToken {
            response.fields.append(string: ", error=\"invalid_token\", error_description=\"\(reason.rawValue)\"")
        }
        response.fields.append(text: "\r\n")
        let detail = hasToken ? reason.detail : "The request carries no token."
        Problem.write(
            title: "Invalid token", status: 401, detail: detail, code: reason.rawValue, requestID: request.id,
            publicURL: service.directory.deployment.publicURL, to: &response.body)
        response.body.append(text: "}")
        return response
    }

    private func admission(_ token: VerifiedToken, in workspace: Workspace) -> HotResponse {
        var response = workspace.response(status: 204)
        response.fields.append(text: "Cache-Control: no-store\r\nX-Chat-Tenant: ")
        response.fields.append(string: token.tenant.text)
        response.fields.append(text: "\r\nX-Chat-User: ")
        PercentEncoding.append(token.user.text, to: &response.fields)
        response.fields.append(text: "\r\nX-Chat-Grant: ")
        token.grant.append(to: &response.fields)
        response.fields.append(text: "\r\n")
        return response
    }

    private static func kind(in query: Substring) -> TokenKind? {
        // What nearly every gateway sends, found without taking the query apart.
        if query == "expect=ws" { return .ws }
        return parameter("expect", in: query).flatMap(TokenKind.init(rawValue:))
    }

    /// The token from the first place that has one: a text, and where in it the token begins.
    private static func token(in headers: HotHeaders) -> (text: String, start: Int)? {
        if let given = headers.authorization, let start = given.credentials(of: "bearer") { return (given, start) }
        if let given = headers.chatToken, !given.isEmpty { return (given, 0) }
        guard let uri = headers.originalURI, let mark = uri.firstIndex(of: "?") else { return nil }
        let query = uri[uri.index(after: mark)...]
        return (parameter("token", in: query) ?? parameter("access_token", in: query)).map { ($0, 0) }
    }

    /// The first value of a query parameter, percent-decoded; nil where it is absent or empty.
    static func parameter(_ name: String, in query: Substring) -> String? {
        // By bytes: a string's characters are dear to find.
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<equals].elementsEqual(name.utf8) else {
                continue
            }
            let value = PercentEncoding.decode(Substring(pair[pair.index(after: equals)...]))
            return value.isEmpty ? nil : value
        }
        return nil
    }
}

/// Percent-encoding of RFC 3986 §2.1.
enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Appends the UTF-8 of the text, everything but unreserved characters encoded.
    static func append(_ text: String, to out: inout [UInt8]) {
        for byte in text.utf8 {
            if isUnreserved(byte) {
                out.append(byte)
            } else {
                out.append(UInt8(ascii: "%"))
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 0xF)])
            }
        }
    }

    /// The text with its escapes replaced; a malformed escape stays as it is.
    static func decode(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var decoded: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let escape = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), escape.utf8.count == 2, let value = UInt8(escape, radix: 16) {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
