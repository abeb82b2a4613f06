internal import Domain
internal import NIOCore

/// Gathers what comes up for `POST /tokens` in one turn of an event loop, so that it shares a batch.
///
/// Handed on one by one, the first would start a transaction alone and the others would wait for its disk flush. The
/// loop looks at every connection that is ready before it runs what was scheduled, so gathering costs no waiting.
final class IssueOutbox {
    private let commands: Turn<(command: IssueCommand, reply: IssueTokens.Reply)>
    private let spends: Turn<(item: Spending, reply: SharedLimitQueue.Reply)>

    init(loop: any EventLoop, replies: LoopReplies) {
        commands = Turn(loop: loop) { gathered, issue in issue.submit(gathered, replyOn: replies) }
        spends = Turn(loop: loop) { gathered, issue in issue.spend(gathered, replyOn: replies) }
    }

    /// Hands the command on at the end of this turn.
    func add(_ command: IssueCommand, issue: IssueTokens, reply: @escaping IssueTokens.Reply) {
        commands.add((command, reply), issue: issue)
    }

    /// Has a request of shared limits decided, asking at the end of this turn.
    func add(_ spending: Spending, issue: IssueTokens, reply: @escaping SharedLimitQueue.Reply) {
        spends.add((spending, reply), issue: issue)
    }
}

/// What was gathered in one turn of an event loop.
private final class Turn<Entry> {
    private let loop: any EventLoop
    private let send: ([Entry], IssueTokens) -> Void
    private var entries: [Entry] = []

    init(loop: any EventLoop, send: @escaping ([Entry], IssueTokens) -> Void) {
        self.loop = loop
        self.send = send
    }

    func add(_ entry: Entry, issue: IssueTokens) {
        entries.append(entry)
        guard entries.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute { bound.value.finish(issue) }
    }

    private func finish(_ issue: IssueTokens) {
        let gathered = entries
        entries.removeAll(keepingCapacity: true)
        send(gathered, issue)
    }
}
