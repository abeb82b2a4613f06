internal import Domain
internal import NIOCore

/// Gathers the commands that come up in one turn of an event loop, so that they share a batch.
///
/// Handed on one by one, the first would start a transaction alone and the others would wait for its disk flush. The
/// loop looks at every connection that is ready before it runs what was scheduled, so gathering costs no waiting.
final class IssueOutbox {
    private let loop: any EventLoop
    private let replies: LoopReplies
    private var commands: [(command: IssueCommand, reply: IssueTokens.Reply)] = []

    init(loop: any EventLoop, replies: LoopReplies) {
        self.loop = loop
        self.replies = replies
    }

    /// Hands the command on at the end of this turn.
    func add(_ command: IssueCommand, issue: IssueTokens, reply: @escaping IssueTokens.Reply) {
        commands.append((command, reply))
        guard commands.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute { bound.value.send(by: issue) }
    }

    private func send(by issue: IssueTokens) {
        let gathered = commands
        commands.removeAll(keepingCapacity: true)
        issue.submit(gathered, replyOn: replies)
    }
}
