internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// Requests to the server.
struct ServerLink: Sendable {
    /// An answer that came whole.
    struct Reply: Sendable {
        let status: Int
        let tag: String?
        let body: [UInt8]
    }

    let client: HTTPClient
    /// What paths are appended to.
    let address: String
    let timeout: Duration

    /// A client that follows no redirect, since that would take the API key along.
    ///
    /// It lasts as long as the process, as does `HTTPClient.shared`, which it is otherwise like.
    static let steadfast: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }()

    /// Sends a request; an answer to which a client has been redirected is not the server's.
    func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        let response = try await client.execute(request, deadline: .distantFuture)
        guard response.history.count < 2 else { throw FetchFailure.unreadable("an answer from elsewhere") }
        return response
    }

    /// Asks, and reads an answer of at most so many bytes; every status counts as an answer.
    func get(
        _ path: String, _ fields: [(String, String)] = [], mostBytes: Int, within limit: Duration? = nil
    ) async throws(FetchFailure) -> Reply {
        try await send(request(path, fields), mostBytes: mostBytes, within: limit ?? timeout)
    }

    /// Sends JSON and answers with the status; what comes with it is not read.
    func post(_ path: String, _ fields: [(String, String)], _ body: [UInt8]) async throws(FetchFailure) -> Int {
        var request = request(path, fields + [("Content-Type", "application/json")])
        request.method = .POST
        request.body = .bytes(body)
        return try await send(request, mostBytes: 65_536, within: timeout).status
    }

    /// A request that asks for the path.
    func request(_ path: String, _ fields: [(String, String)]) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address + path)
        request.headers.add(name: "User-Agent", value: "chat-tokens-verifier")
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        return request
    }

    private func send(
        _ request: HTTPClientRequest, mostBytes: Int, within limit: Duration
    ) async throws(FetchFailure) -> Reply {
        try await withTimeLimit(limit) {
            let response = try await execute(request)
            let body = try await response.body.collect(upTo: mostBytes)
            return Reply(
                status: Int(response.status.code), tag: response.headers.first(name: "ETag"),
                body: Array(body.readableBytesView))
        }
    }
}
