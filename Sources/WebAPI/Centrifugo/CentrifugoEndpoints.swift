internal import Domain
internal import Hummingbird
internal import NIOCore
internal import Tokens

/// `POST /centrifugo/connect` and `POST /centrifugo/refresh`: what Centrifugo asks about a connection that brought its
/// wsToken as data and not as a connection token.
///
/// With `?recheck=<seconds>` a connection is asked about again that often: the token travels in the connection's
/// `meta`, which Centrifugo shows to no client, so that a refresh is the same verification once more.
struct CentrifugoEndpoints: Sendable {
    let service: HotService
    let world: World

    /// What Centrifugo passes on of a client is not more than its own limit of 64 KiB.
    static let bodyLimit = 128 * 1_024
    private static let recheck = 10...86_400

    func connect(_ request: Request, _ context: MainContext) async throws -> Response {
        let call = try await call(request, context)
        guard let token = call.body["data"]?["token"]?.string ?? call.bearer else {
            return Self.answer(CentrifugoAnswer.disconnect(.noToken))
        }
        switch try await verdict(on: token, call, loop: context.loop) {
        case .invalid(let refusal): return Self.answer(CentrifugoAnswer.disconnect(.refused(refusal)))
        case .valid(let found):
            return Self.answer(
                CentrifugoAnswer.accept(
                    found, until: end(of: found, call), keeping: call.recheck == nil ? nil : token))
        }
    }

    func refresh(_ request: Request, _ context: MainContext) async throws -> Response {
        let call = try await call(request, context)
        guard let token = call.body["meta"]?["token"]?.string,
            case .valid(let found) = try await verdict(on: token, call, loop: context.loop),
            found.user.text.utf8.elementsEqual((call.body["user"]?.string ?? "").utf8)
        else { return Self.answer(CentrifugoAnswer.expired) }
        return Self.answer(CentrifugoAnswer.prolong(found, until: end(of: found, call)))
    }

    /// A question that may be answered.
    private struct Call {
        let caller: Caller
        let body: JSON
        let bearer: String?
        let recheck: Int64?
    }

    private func call(_ request: Request, _ context: MainContext) async throws -> Call {
        let headers = HotHeaders(request)
        let caller = try await service.caller(headers.apiKey, needs: .verify, in: context)
        guard headers.isJSON else { throw Failure.unsupportedMediaType }
        let recheck = try Self.recheck(in: request)
        let body = try JSON.read(try await request.wholeBody(limit: Self.bodyLimit))
        guard body.kind == .object else { throw Failure.invalidRequest("The body must be a JSON object.", []) }
        return Call(caller: caller, body: body, bearer: headers.bearer, recheck: recheck)
    }

    private static func recheck(in request: Request) throws(Failure) -> Int64? {
        guard let value = request.uri.queryParameters["recheck"] else { return nil }
        guard let seconds = Int64(value), recheck.contains(Int(clamping: seconds)) else {
            throw .invalidRequest(
                Failure.unacceptable,
                [Failure.Field("recheck", "must be \(recheck.lowerBound) to \(recheck.upperBound)")])
        }
        return seconds
    }

    private func verdict(
        on token: String, _ call: Call, loop: any EventLoop
    ) async throws(Failure) -> Verdict {
        var verify = VerifyToken(directory: service.directory, world: world)
        return try await service.verdict(
            on: Array(token.utf8), expect: .ws, for: call.caller, by: &verify, loop: loop)
    }

    private func end(of token: VerifiedToken, _ call: Call) -> Timestamp {
        guard let recheck = call.recheck else { return token.expiresAt }
        return min(token.expiresAt, world.now().adding(seconds: recheck))
    }

    private static func answer(_ json: JSON) -> Response { HotResponse(json).converted() }
}

extension HotHeaders {
    /// The credentials of an `Authorization: Bearer` field (RFC 6750 §2.1).
    var bearer: String? {
        guard let given = authorization, let start = given.credentials(of: "bearer") else { return nil }
        return String(given.utf8.dropFirst(start))
    }
}
