internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// The first middleware of the main lane: names the request, turns failures into problem documents, counts answers.
struct MainLaneMiddleware: RouterMiddleware {
    let service: HotService

    @concurrent func handle(
        _ request: Request, context: MainContext,
        next: @concurrent (Request, MainContext) async throws -> Response
    ) async throws -> Response {
        let start = service.now()
        var context = context
        context.requestID = service.requestIDs.name(given: request.headers[values: .requestID].first)
        context.client = client(of: request, from: context.peer)
        var response: Response
        var code: Failure.Code?
        do {
            response = try await next(request, context)
        } catch {
            let failure = failure(of: error, request)
            code = failure.code
            response = Problem(failure: failure)
                .response(requestID: context.requestID, publicURL: service.directory.deployment.publicURL)
                .converted(isHead: request.method == .head)
        }
        response.headers[.requestID] = context.requestID
        // Answers of hot endpoints are counted where they are made.
        if !RouteTable.isHot(request) {
            let route = RouteTable.route(of: request)
            service.observer.observe(
                Answer(
                    route: route?.template ?? "unmatched", method: route?.method ?? "-", status: response.status.code,
                    lane: .main, nanoseconds: service.now() - start, code: code, requestID: context.requestID,
                    traceID: TraceParent.traceID(request.headers[.traceParent])))
        }
        return response
    }

    private func client(of request: Request, from peer: IPAddress?) -> IPAddress? {
        guard let peer, !service.proxies.isEmpty else { return peer }
        let list = request.headers[values: .forwardedFor].joined(separator: ",")
        return service.proxies.client(peer: peer, forwardedFor: list.utf8.span)
    }

    private func failure(of error: any Error, _ request: Request) -> Failure {
        switch error {
        case let failure as Failure: return failure
        case let error as HTTPError where error.status == .notFound: return RouteTable.failure(for: request)
        default:
            service.logger.error("unexpected error", metadata: ["cause": "\(error)"])
            return .internalError
        }
    }
}

extension HTTPField.Name {
    /// `X-Request-ID`.
    static let requestID = known("X-Request-ID")
    /// `X-Forwarded-For`.
    static let forwardedFor = known("X-Forwarded-For")
    /// `traceparent`.
    static let traceParent = known("traceparent")

    /// A field name that is written out in the source.
    static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("not a field name: \(text)") }
        return name
    }
}
