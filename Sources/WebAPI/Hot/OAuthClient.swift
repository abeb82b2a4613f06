internal import Domain
internal import Tokens

/// How a caller of the OAuth 2.0 endpoints proves who it is: `X-API-Key` as everywhere, or HTTP Basic (RFC 7617), which
/// is what resource servers and gateways know (`client_secret_basic` of RFC 6749 §2.3.1).
enum OAuthClient {
    /// The API key of a request, whole; nil where there is none.
    ///
    /// With Basic the user is the key's id, with or without the prefix, and the password is the whole key, or what of
    /// it follows the id. Whatever does not fit together yields a text that is no key.
    static func apiKey(in headers: HotHeaders, prefix: String) -> String? {
        if let key = headers.apiKey { return key }
        guard let given = headers.authorization, let credentials = given.credentials(of: "basic") else { return nil }
        guard let pair = decode(given.utf8.dropFirst(credentials)), let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { return noKey }
        let (user, password) = (Array(pair[..<colon]), Array(pair[(colon + 1)...]))
        let start = Array("\(prefix)_".utf8)
        let preview = user.starts(with: start) ? user : start + user
        guard password.starts(with: start) else { return String(decoding: preview + password, as: UTF8.self) }
        guard let key = APIKey.Text(password.span, prefix: Array(prefix.utf8)), preview == start + key.id.text.utf8
        else { return noKey }
        return String(decoding: password, as: UTF8.self)
    }

    /// The answer to a caller that made a mistake: the problem document with the `error` of RFC 6749 §5.2 added, which
    /// is what OAuth 2.0 clients look for.
    static func refusal(_ failure: Failure, of request: HotRequest, _ service: HotService) -> HotResponse {
        marked(service.problem(failure, for: request))
    }

    /// The same of a problem document.
    static func marked(_ problem: HotResponse) -> HotResponse {
        var response = problem
        let error: StaticString
        switch response.status {
        case 400, 415: error = "invalid_request"
        case 401:
            error = "invalid_client"
            response.add("WWW-Authenticate", "Basic realm=\"chat-tokens\", charset=\"UTF-8\"")
        case 403: error = "unauthorized_client"
        default: return response
        }
        response.body.removeLast()
        response.body.append(string: ",\"error\":\"\(error)\"}")
        return response
    }

    /// Not empty, so that it is told from no key at all.
    private static let noKey = "-"

    /// The bytes of a base64 text (RFC 4648 §4), padded or not.
    private static func decode(_ text: Substring.UTF8View) -> [UInt8]? {
        var urlText: [UInt8] = []
        for byte in text {
            switch byte {
            case UInt8(ascii: "+"): urlText.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): urlText.append(UInt8(ascii: "_"))
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
            default: urlText.append(byte)
            }
        }
        if urlText.count % 4 == 0 {
            for _ in 0..<2 where urlText.last == UInt8(ascii: "=") { urlText.removeLast() }
        }
        var bytes: [UInt8] = []
        return Base64URL.decode(urlText.span, into: &bytes) ? bytes : nil
    }
}
