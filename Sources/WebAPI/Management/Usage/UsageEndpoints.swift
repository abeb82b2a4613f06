internal import Domain
internal import Tokens

/// `/usage`, `/admin/usage` and `/admin/limits/shadow`.
struct UsageEndpoints: Sendable {
    let service: HotService
    let usage: ReadUsage

    func register(on routes: ManagedRoutes) {
        routes.on(.readQuota, use: quota)
        routes.on(.readUsage, use: report)
        routes.on(.readShadow, use: shadow)
    }

    /// `GET /usage`: what is left of the month, and the limits that the caller meets.
    private func quota(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        _ = try call.query()
        let month = try await call.manage(service) { [usage] () throws(ManagementFailure) in
            try usage.month(of: tenant)
        }
        let limits = month.limits(keyRate: call.ownKeyRate)
        return HotResponse(JSON(object: month.members + [("limits", limits)]))
    }

    /// `GET /admin/usage`: what was used, day by day or key by key.
    private func report(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        let query = try call.query("from", "to", "by")
        let days = try days(in: query)
        let by = query["by"] ?? "day"
        guard let grouping = UsageGrouping(names: by) else {
            throw ManagedCall.unacceptable("by", "must be day, key or day,key")
        }
        let (span, counts) = try await call.manage(service) { [usage] () throws(ManagementFailure) in
            let span = try usage.span(from: days.first, to: days.last)
            return (span, try usage.counts(of: tenant, in: span, by: grouping))
        }
        return HotResponse(
            JSON(
                object: span.members + [
                    ("by", JSON(by)), ("usage", grouping.list(counts)),
                    ("total", JSON(object: UsageSum(counts).members)),
                ]))
    }

    /// `GET /admin/limits/shadow`: what limits that only report would have refused.
    private func shadow(_ call: ManagedCall) async throws -> HotResponse {
        let tenant = try call.tenant
        let days = try days(in: try call.query("from", "to"))
        let (span, found) = try await call.manage(service) { [usage] () throws(ManagementFailure) in
            let span = try usage.span(from: days.first, to: days.last)
            return (span, try usage.shadow(of: tenant, in: span))
        }
        let refusals = found.counts.map { count in
            JSON(object: [
                ("day", JSON(optional: count.day?.description)), ("policy", JSON(count.code)),
                ("count", JSON(count.count)),
            ])
        }
        return HotResponse(
            JSON(
                object: span.members + [
                    ("shadow", JSON(found.policies.names.map { JSON($0) })), ("refusals", JSON(refusals)),
                ]))
    }

    private func days(in query: [String: String]) throws(Failure) -> (first: Day?, last: Day?) {
        func day(_ name: String) throws(Failure) -> Day? {
            guard let text = query[name] else { return nil }
            guard let day = Day(text) else {
                throw ManagedCall.unacceptable(name, "must be a day such as 2026-11-21")
            }
            return day
        }
        return (try day("from"), try day("to"))
    }
}

extension ManagedCall {
    /// The limit of the API key that calls; nil where it has none of its own.
    fileprivate var ownKeyRate: RateLimit? {
        guard case .key(let key) = principal, key.owner.tenant != nil else { return nil }
        return key.rateLimit
    }
}
