internal import NIOCore

/// What an event loop can do while its requests wait for the database, done a few pieces a turn.
///
/// Signing a pair with ES256 takes longer than all else in its request. Left until the batch is stored, the loops and
/// the database wait for each other in turns: with 64 connections a sixth of both cores lay idle.
final class SpareTime {
    /// Pieces of one turn: answers and other requests that came meanwhile wait for no more.
    private static let most = 4

    private let loop: any EventLoop
    private var pieces = CircularBuffer<() -> Void>()

    init(loop: any EventLoop) {
        self.loop = loop
    }

    /// Does the piece after what was scheduled on the loop before it.
    func use(for piece: @escaping () -> Void) {
        pieces.append(piece)
        if pieces.count == 1 { schedule() }
    }

    private func schedule() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute { bound.value.work() }
    }

    private func work() {
        for _ in 0..<min(Self.most, pieces.count) {
            // Taken out only when done, so that whoever adds meanwhile does not schedule once more.
            pieces[pieces.startIndex]()
            pieces.removeFirst()
        }
        if !pieces.isEmpty { schedule() }
    }
}
