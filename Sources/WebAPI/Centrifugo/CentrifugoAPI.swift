internal import Domain
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Tokens

/// Centrifugo's server HTTP API, as far as it ends connections.
struct CentrifugoAPI: Sendable {
    /// Why a call did not do what it should.
    enum Trouble: Error {
        /// No answer: no connection, no word within the time, or none that is HTTP.
        case unreachable(String)
        /// An HTTP status other than 200; 401 says that the key is wrong.
        case status(Int)
        /// The error of an answer's body.
        case refused(code: Int64, message: String)
    }

    let address: CentrifugoAddress
    let key: String
    /// For the whole call, once there is a connection.
    let patienceMilliseconds: Int64

    /// Milliseconds for a connection; bytes of an answer.
    private static let connectLimit: Int64 = 2_000
    private static let mostBytes = 64 * 1_024

    /// Ends every connection of a user; that there is none is no trouble.
    func disconnect(_ user: User.ID, of tenant: Tenant.ID, code: Int64, reason: String) async throws(Trouble) {
        guard let target = address.target(of: tenant) else { throw .unreachable("no address") }
        let body: JSON = ["user": JSON(user.text), "disconnect": ["code": JSON(code), "reason": JSON(reason)]]
        let answer: NIOHTTPClientResponseFull
        do {
            answer = try await post(body.compactBytes(), to: target)
        } catch {
            throw .unreachable("\(error)")
        }
        guard answer.head.status == .ok else { throw .status(Int(answer.head.status.code)) }
        guard let bytes = answer.body, let json = try? JSON.parse(bytes.readableBytesUInt8Span, maximumDepth: 8) else {
            throw .unreachable("the answer is no JSON")
        }
        if let error = json["error"], error.kind == .object {
            throw .refused(code: error["code"]?.integer ?? 0, message: error["message"]?.string ?? "")
        }
    }

    private func post(_ body: [UInt8], to target: CentrifugoAddress.Target) async throws -> NIOHTTPClientResponseFull {
        let connection = try await connect(to: target)
        let channel = connection.channel
        // Closes the connection under a call that takes too long.
        let deadline = channel.eventLoop.scheduleTask(in: .milliseconds(patienceMilliseconds)) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        return try await connection.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target.path + "/disconnect")
            let host = target.host.contains(":") ? "[\(target.host)]" : target.host
            head.headers.add(name: "Host", value: "\(host):\(target.port)")
            head.headers.add(name: "Content-Type", value: "application/json")
            head.headers.add(name: "Content-Length", value: String(body.count))
            head.headers.add(name: "X-API-Key", value: key)
            head.headers.add(name: "Connection", value: "close")
            try await outbound.write(.head(head))
            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
            try await outbound.write(.end(nil))
            for try await answer in inbound { return answer }
            throw ChannelError.eof
        }
    }

    private typealias Connection = NIOAsyncChannel<NIOHTTPClientResponseFull, HTTPClientRequestPart>

    private func connect(to target: CentrifugoAddress.Target) async throws -> Connection {
        let tls = target.isSecure ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
        return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.milliseconds(Self.connectLimit))
            .connect(host: target.host, port: target.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        // An address is no server name (RFC 6066 §3); it is compared with the certificate all the same.
                        let name = IPAddress(target.host) == nil ? target.host : nil
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(NIOHTTPClientResponseAggregator(maxContentLength: Self.mostBytes))
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }
}
