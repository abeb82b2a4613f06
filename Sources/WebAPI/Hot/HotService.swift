internal import Domain
internal import Logging
internal import NIOCore
internal import Tokens

/// The hot endpoints behind one door: each is written once and answers on both lanes.
final class HotService: Sendable {
    let directory: Directory
    let logger: Logger
    let observer: RequestObservers
    let authenticate: Authenticate
    let requestIDs: RequestIDs
    let proxies: TrustedProxies
    private let loader: Loader
    private let world: World
    private let issue: IssueEndpoint
    private let verify: VerifyEndpoint
    private let forwardAuth: ForwardAuthEndpoint
    private let jwks: JWKSEndpoint
    private let introspect: IntrospectEndpoint
    /// How often a request may miss the directory before it is turned away: key, tenant, the token's tenant, and one
    /// more for each that changed meanwhile.
    static let mostLoads = 8

    init(
        directory: Directory, issue: IssueTokens, once: IssueOnce, refreshKey: RefreshKey, readUser: ReadUser,
        world: World, logger: Logger, observer: RequestObservers, proxies: TrustedProxies
    ) {
        self.directory = directory
        self.world = world
        self.logger = logger
        self.observer = observer
        self.proxies = proxies
        authenticate = Authenticate(directory: directory, world: world)
        requestIDs = RequestIDs(world: world)
        loader = Loader(logger: logger)
        self.issue = IssueEndpoint(issue: issue, once: once, refreshKey: refreshKey, world: world)
        verify = VerifyEndpoint(readUser: readUser, world: world)
        forwardAuth = ForwardAuthEndpoint()
        jwks = JWKSEndpoint(directory: directory, world: world)
        introspect = IntrospectEndpoint(world: world)
    }

    /// The monotonic clock in nanoseconds.
    func now() -> Int64 { world.monotonicNanoseconds() }

    /// Checks the request's API key and one scope.
    func authenticate(_ request: HotRequest, needs scope: Scopes) -> Authenticate.Outcome {
        authenticate(request.headers.apiKey, of: request, needs: scope)
    }

    /// Checks a key that came with the request, wherever in it, and one scope.
    func authenticate(_ key: String?, of request: HotRequest, needs scope: Scopes) -> Authenticate.Outcome {
        authenticate(key, needs: scope, from: request.client(behind: proxies))
    }

    /// The wall clock.
    func wallClock() -> Timestamp { world.now() }

    /// Answers the request, now or later, on the loop of the workspace.
    func answer(_ request: HotRequest, in workspace: Workspace, sink: any HotSink) {
        attempt(request, in: workspace, sink: sink, loads: 0)
    }

    private func attempt(_ request: HotRequest, in workspace: Workspace, sink: any HotSink, loads: Int) {
        let step =
            switch request.route {
            case .issue: issue.step(request, in: workspace, service: self, sink: sink)
            case .verify: verify.step(request, in: workspace, service: self, sink: sink)
            case .forwardAuth: forwardAuth.step(request, in: workspace, service: self)
            case .jwks: jwks.step(request)
            case .introspect: introspect.step(request, in: workspace, service: self)
            case nil: HotStep.refuse(.notFound)
            }
        switch step {
        case .respond(let response):
            sink.respond(response, to: request)
            workspace.recycle(response)
        case .refuse(let failure): refuse(request, with: failure, sink: sink)
        case .waiting: break
        case .load(let want):
            guard loads < Self.mostLoads else { return refuse(request, with: .storageUnavailable, sink: sink) }
            let waiting = NIOLoopBound((request, workspace, sink), eventLoop: workspace.loop)
            loader.perform(for: workspace.loop) { [directory] () throws(StoreFailure) in
                try directory.load(want)
            } then: { [self] result in
                let (request, workspace, sink) = waiting.value
                if case .failure(let failure) = result { return refuse(request, with: failure, sink: sink) }
                attempt(request, in: workspace, sink: sink, loads: loads + 1)
            }
        }
    }

    /// Does blocking work on a storage thread and hands its result back on the loop.
    func onStorageThread<Value: Sendable>(
        for loop: any EventLoop, _ work: @escaping @Sendable () throws(StoreFailure) -> Value,
        then: @escaping @Sendable (Result<Value, Failure>) -> Void
    ) {
        loader.perform(for: loop, work, then: then)
    }

    /// Answers with a problem document.
    func refuse(_ request: HotRequest, with failure: Failure, sink: any HotSink) {
        sink.respond(problem(failure, for: request), to: request)
    }

    /// The problem document of a failure.
    func problem(_ failure: Failure, for request: HotRequest) -> HotResponse {
        Problem(failure: failure).response(requestID: request.id, publicURL: directory.deployment.publicURL)
    }

    /// Stands in for a request whose head could not be read.
    func unreadableRequest(id: String) -> HotRequest {
        HotRequest(route: nil, target: HotTarget(""), headers: HotHeaders(), peer: nil, id: id, start: now())
    }

    /// Counts an answer and, where it is worth it, logs it.
    func record(_ response: HotResponse, to request: HotRequest, lane: Lane, in workspace: Workspace?) {
        let answer = Answer(
            route: request.route?.template ?? "unreadable", method: request.route?.method ?? "-",
            status: response.status, lane: lane, nanoseconds: now() - request.start, code: response.code,
            requestID: request.id, traceID: TraceParent.traceID(request.headers.traceParent))
        if let workspace, let route = request.route {
            workspace.observe(answer, of: route, by: observer)
        } else {
            observer.observe(answer)
        }
    }
}

/// What a hot endpoint makes of a request before it waits for anything.
enum HotStep {
    case respond(HotResponse)
    case refuse(Failure)
    /// Something has to be loaded first; then the endpoint is asked again.
    case load(Directory.Want)
    /// The endpoint has taken the sink and will answer later, on the same loop.
    case waiting
}
