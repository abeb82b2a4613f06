internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1

/// Takes requests to hot endpoints that reach the main lane, which is those over HTTP/2, to the one place where these
/// endpoints are written.
struct HotBridge: Sendable {
    let workspaces: Workspaces
    let service: HotService

    func answer(_ request: Request, _ context: MainContext) async throws -> Response {
        let target = HotTarget(request.uri.string)
        let method = HTTPMethod(rawValue: request.method.rawValue)
        guard let route = HotRoute(method: method, path: target.path) else { throw Failure.notFound }
        let headers = HotHeaders(request)
        // Hummingbird drops what is not read of a stream.
        let body = route.readsBody ? try await request.wholeBody(limit: HotRoute.bodyLimit) : ByteBuffer()
        let start = service.now()
        let isHead = request.method == .head
        return await withCheckedContinuation { continuation in
            context.loop.execute {
                let call = HotRequest(
                    route: route, target: target, headers: headers, peer: context.peer, id: context.requestID,
                    start: start, body: body)
                let sink = BridgeSink(continuation, service: service, isHead: isHead)
                service.answer(call, in: workspaces.workspace(of: context.loop), sink: sink)
            }
        }
    }
}

/// Hands the answer of a hot endpoint back to Hummingbird.
private final class BridgeSink: HotSink {
    private let continuation: CheckedContinuation<Response, Never>
    private let service: HotService
    private let isHead: Bool

    init(_ continuation: CheckedContinuation<Response, Never>, service: HotService, isHead: Bool) {
        self.continuation = continuation
        self.service = service
        self.isHead = isHead
    }

    func respond(_ response: HotResponse, to request: HotRequest) {
        service.record(response, to: request, lane: .main, in: nil)
        continuation.resume(returning: response.converted(isHead: isHead))
    }
}

extension HotResponse {
    /// The same answer for Hummingbird.
    func converted(isHead: Bool = false) -> Response {
        var headers = HTTPFields()
        for line in String(decoding: fields, as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
                preconditionFailure("a header line of our own making is malformed")
            }
            headers.append(
                HTTPField(name: name, value: line[line.index(after: colon)...].drop { $0 == " " }.description))
        }
        headers[.contentLength] = String(body.count)
        var response = Response(
            status: .init(code: status), headers: headers,
            body: isHead || body.isEmpty ? .init() : .init(byteBuffer: ByteBuffer(bytes: body)))
        // Hummingbird adds it by itself; a 304 would tell of an empty document (RFC 9110 §8.6).
        if status == 204 || status == 304 { response.headers[.contentLength] = nil }
        return response
    }
}

extension HotHeaders {
    /// The fields of a request as Hummingbird has them.
    init(_ request: Request) {
        for field in request.headers { take(field.name.canonicalName, field.value) }
    }
}

extension Request {
    /// The body, if it has at most so many bytes.
    func wholeBody(limit: Int) async throws -> ByteBuffer {
        if let declared = headers[.contentLength].flatMap({ Int($0) }), declared > limit {
            throw Failure.bodyTooLarge(limit: limit)
        }
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Failure.bodyTooLarge(limit: limit)
        }
    }
}
