internal import Domain
internal import NIOCore
internal import Tokens

/// What one event loop keeps for itself, so that requests on it share buffers and never wait for another loop.
final class Workspace {
    let loop: any EventLoop
    let replies: LoopReplies
    let unsent = UnsentAnswers()
    let outbox: IssueOutbox
    let spareTime: SpareTime
    let connections: Connections
    var grants: Grant.Source
    var scanner = JSONScanner()
    var verify: VerifyToken
    /// Whether pairs are signed while the database works: not after one that was refused then, as for want of quota,
    /// since costly signatures for nothing would be a gift to whoever sends such requests.
    var signsAhead = true
    /// A buffer to assemble claims in; its content means nothing between two uses.
    var payload: [UInt8] = []
    /// The same for the head of an answer.
    var head: [UInt8] = []

    /// An answer that was sent, whose buffers the next one takes over.
    private var spare = HotResponse(status: 200)
    /// The metrics of the fast lane by route and status: looked up once, since the look-up hashes four labels.
    private var series: [Int: ServerMetrics.Series] = [:]

    init(loop: any EventLoop, directory: Directory, world: World) {
        self.loop = loop
        replies = LoopReplies(loop: loop, unsent: NIOLoopBound(unsent, eventLoop: loop))
        outbox = IssueOutbox(loop: loop, replies: replies)
        spareTime = SpareTime(loop: loop)
        connections = Connections(world: world)
        grants = Grant.Source(world: world)
        verify = VerifyToken(directory: directory, world: world)
    }

    /// An empty answer in the buffers of one that was sent.
    func response(status: Int) -> HotResponse {
        var response = HotResponse(status: status)
        swap(&response, &spare)
        response.status = status
        response.code = nil
        response.fields.removeAll(keepingCapacity: true)
        response.body.removeAll(keepingCapacity: true)
        return response
    }

    /// Takes back the buffers of an answer that was sent, unless they have grown beyond what is worth keeping.
    func recycle(_ response: consuming HotResponse) {
        if response.body.capacity <= 64 * 1_024 { spare = response }
    }

    /// Counts and logs an answer of the fast lane.
    func observe(_ answer: Answer, of route: HotRoute, by observers: RequestObservers) {
        let key = route.rawValue << 16 | answer.status
        if let known = series[key] { return observers.observe(answer, in: known) }
        let found = observers.metrics.series(of: answer)
        series[key] = found
        observers.observe(answer, in: found)
    }

    /// Starts what runs once a second; called once, on the loop.
    func start() {
        connections.start(on: loop)
    }
}

/// Brings answers of batches back to an event loop.
final class LoopReplies: ReplyQueue {
    private let loop: any EventLoop
    private let unsent: NIOLoopBound<UnsentAnswers>?

    /// A way to the loop; with `unsent`, what the answers write to connections is gathered there.
    init(loop: any EventLoop, unsent: NIOLoopBound<UnsentAnswers>? = nil) {
        self.loop = loop
        self.unsent = unsent
    }

    func enqueue(_ work: @escaping @Sendable () -> Void) {
        guard let unsent else { return loop.execute(work) }
        loop.execute { unsent.value.gather(during: work) }
    }
}

/// Answers to a batch that are written to their connections and not sent yet.
///
/// Sent each by itself, with the next one to be signed in between, nearly every one wakes its client's process anew.
/// Several in a row cost a tenth less, here and there.
final class UnsentAnswers {
    /// Few enough that the first does not wait long for the signatures of the last, some 5 ms with RS256.
    private static let most = 16

    private var edges: [ConnectionEdge] = []
    private var isGathering = false

    /// Runs what answers a batch, and sends all that it writes.
    func gather(during work: () -> Void) {
        isGathering = true
        work()
        isGathering = false
        send()
    }

    /// Takes on to send what was written to the connection; false where no batch is being answered.
    func take(_ edge: ConnectionEdge) -> Bool {
        guard isGathering else { return false }
        edges.append(edge)
        if edges.count == Self.most { send() }
        return true
    }

    private func send() {
        var index = 0
        // By place, since what a flush sets off may write more.
        while index < edges.count {
            edges[index].flush()
            index += 1
        }
        edges.removeAll(keepingCapacity: true)
    }
}
