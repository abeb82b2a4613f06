internal import Logging

/// Fetches key sets for as long as it runs: those asked for, and those whose time has come.
struct KeyFetching: Sendable {
    let cache: KeyCache
    let server: ServerLink
    let logger: Logger

    /// How often it is looked what is due.
    private static let pace: Duration = .seconds(1)

    /// Serves the requests until the task is cancelled.
    func run(_ requests: AsyncStream<String>) async {
        await withDiscardingTaskGroup { group in
            group.addTask { [cache] in
                while !Task.isCancelled {
                    cache.requestDue()
                    try? await Task.sleep(for: Self.pace)
                }
            }
            // At most as many at a time as the cache lets wait.
            for await tenant in requests {
                group.addTask { await fetch(tenant) }
            }
        }
    }

    private func fetch(_ tenant: String) async {
        do throws(FetchFailure) {
            cache.finish(tenant, .success(try await keySet(of: tenant)))
        } catch {
            cache.finish(tenant, .failure(error))
            if !Task.isCancelled {
                logger.warning("no key set", metadata: ["tenant": "\(tenant)", "cause": "\(error)"])
            }
        }
    }

    /// The tenant's set as it is now, or nil where it is the one that is there.
    private func keySet(of tenant: String) async throws(FetchFailure) -> (set: KeySet, tag: String?)? {
        let tag = cache.tag(of: tenant)
        let reply = try await server.get(
            "/t/\(tenant)/.well-known/jwks.json", tag.map { [("If-None-Match", $0)] } ?? [],
            mostBytes: KeySet.mostBytes)
        switch reply.status {
        case 200:
            guard let set = KeySet(reply.body.span) else { throw .unreadable("not a JWK set") }
            return (set, reply.tag)
        case 304 where tag != nil: return nil
        // There is no such tenant, or no longer: nothing that it signed counts.
        case 404: return (.empty, nil)
        default: throw .status(reply.status)
        }
    }
}
