internal import Domain
internal import Tokens

/// `GET /t/{tenant}/.well-known/jwks.json`: bytes that were rendered when the key ring was made.
struct JWKSEndpoint: Sendable {
    let directory: Directory
    let world: World

    func step(_ request: HotRequest) -> HotStep {
        guard let id = HotRoute.tenant(inJWKSPath: request.path) else { return .refuse(.notFound) }
        switch directory.tenant(id) {
        case .unknown: return .load(.tenant(id))
        case .absent: return .refuse(.notFound)
        case .present(let state) where state.ringEnds.map({ $0 <= world.now() }) == true:
            directory.apply([Change(sequence: 0, subject: .tenant(id))])
            return .load(.tenant(id))
        case .present(let state): return .respond(response(state, ifNoneMatch: request.headers.ifNoneMatch))
        }
    }

    private func response(_ state: TenantState, ifNoneMatch: String?) -> HotResponse {
        let isUnchanged = ifNoneMatch.map { EntityTag.matches($0, state.jwksTag) } ?? false
        var response = HotResponse(status: isUnchanged ? 304 : 200)
        response.fields.append(text: "Cache-Control: public, max-age=300\r\nETag: ")
        response.fields.append(string: state.jwksTag)
        if isUnchanged {
            response.fields.append(text: "\r\n")
        } else {
            response.fields.append(text: "\r\nContent-Type: application/json\r\n")
            response.body = state.ring.jwks
        }
        return response
    }
}

/// Entity tags of RFC 9110 §8.8.3.
enum EntityTag {
    /// Whether an `If-None-Match` field names the tag, by the weak comparison that the field calls for.
    static func matches(_ field: String, _ tag: String) -> Bool {
        field.utf8.split(separator: UInt8(ascii: ",")).contains { candidate in
            let candidate = Substring(candidate.withoutFieldSpace)
            return candidate == "*" || candidate == tag || candidate == "W/" + tag
        }
    }
}
