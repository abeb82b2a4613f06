internal import Hummingbird
internal import Logging
internal import NIOCore

/// What the main lane knows of a request besides the request.
struct MainContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The loop of the connection, where the hot endpoints run.
    let loop: any EventLoop
    /// What answers and logs call this request; set by the first middleware.
    var requestID = ""

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        loop = source.channel.eventLoop
    }
}
