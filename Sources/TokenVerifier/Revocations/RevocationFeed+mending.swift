internal import Logging
internal import Tokens

/// Reading again what could not be checked, tenant by tenant.
extension RevocationFeed {
    /// A round, and how many tenants are read in it at a time.
    private static let round: Duration = .milliseconds(200), mostAtOnce = 16

    /// Ends the doubts about tenants as soon as that is possible.
    func mend() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.round)
            await withDiscardingTaskGroup { group in
                for (tenant, doubt) in doubts.due(atMost: Self.mostAtOnce) {
                    group.addTask { await self.mend(tenant, doubt) }
                }
            }
        }
    }

    private func mend(_ tenant: String, _ doubt: TenantDoubts.Doubt) async {
        // Without any key of the tenant there is nothing to be had, and nobody who could be let in.
        guard !doubt.isShared || keys.hasKeys(of: tenant) else { return doubts.postpone(tenant) }
        do throws(FetchFailure) {
            let place = try await reread(tenant, after: doubt.place)
            if !doubts.settle(tenant, doubt, through: place, now: clock.milliseconds()) { doubts.postpone(tenant) }
        } catch {
            doubts.postpone(tenant)
            if !Task.isCancelled {
                logger.warning(
                    "no revocations of a tenant, its tokens are refused",
                    metadata: ["tenant": "\(tenant)", "cause": "\(error)"])
            }
        }
    }

    /// Reads the tenant's part of the feed to its end; returns up to where its documents say that it was read.
    private func reread(_ tenant: String, after start: Int64) async throws(FetchFailure) -> Int64 {
        var place = start
        while true {
            let page = try await self.page(after: place, of: tenant, within: server.timeout)
            var last: Int64?
            for text in page.documents {
                guard let document = RevocationDocument(text), settings.tenant(of: document.issuer) == tenant,
                    try await takeIn(document, of: tenant, waiting: true)
                else { throw .unreadable("a document that cannot be checked") }
                last = document.sequence
            }
            guard let reached = last, reached > place || !page.isMore else {
                throw .unreadable("a page that leads nowhere")
            }
            guard page.isMore else { return reached }
            place = reached
        }
    }
}
