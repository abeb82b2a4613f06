internal import Domain
internal import Hummingbird
internal import Logging
internal import NIOCore

/// What the main lane knows of a request besides the request.
struct MainContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The loop of the connection, where the hot endpoints run.
    let loop: any EventLoop
    /// The connection, or its stream; for ending one that makes no progress.
    let channel: any Channel
    /// What answers and logs call this request; set by the first middleware.
    var requestID = ""
    /// The other end of the connection; nil where it has no IP address.
    let peer: IPAddress?
    /// Where the request comes from, as far as trusted proxies say; set by the first middleware, nil as ``peer``.
    var client: IPAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        loop = source.channel.eventLoop
        channel = source.channel
        peer = source.channel.remoteAddress.flatMap(IPAddress.init)
    }

    /// The address the request comes from, as text; `unknown` where there is none.
    var clientAddress: String { client?.description ?? "unknown" }
}
