internal import Domain
internal import NIOCore

/// The workspace of each event loop of a group.
struct Workspaces: Sendable {
    private let ofLoop: [ObjectIdentifier: NIOLoopBound<Workspace>]

    /// Makes a workspace on each loop of the group.
    init(on group: any EventLoopGroup, directory: Directory, world: World) async throws {
        var ofLoop: [ObjectIdentifier: NIOLoopBound<Workspace>] = [:]
        for loop in group.makeIterator() {
            ofLoop[ObjectIdentifier(loop)] = try await loop.submit {
                let workspace = Workspace(loop: loop, directory: directory, world: world)
                workspace.start()
                return NIOLoopBound(workspace, eventLoop: loop)
            }.get()
        }
        self.ofLoop = ofLoop
    }

    /// Ends what the workspaces do by themselves; called before the loops are shut down.
    func stop() async throws {
        for bound in ofLoop.values {
            try await bound.eventLoop.submit { bound.value.connections.stop() }.get()
        }
    }

    /// The workspace of the loop; call it on that loop.
    func workspace(of loop: any EventLoop) -> Workspace {
        guard let bound = ofLoop[ObjectIdentifier(loop)] else { preconditionFailure("a loop of another group") }
        return bound.value
    }
}
