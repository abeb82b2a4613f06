internal import ArgumentParser
internal import Domain

/// The settings of a tenant as flags.
struct TenantOptions: ParsableArguments {
    @Option(help: "What people call it, at most 255 characters.")
    var name: String?

    @Option(help: "free, pro, enterprise or another of `plan list`: the limits that apply unless set below.")
    var plan: Plan.ID?

    @Option(help: ArgumentHelp("Requests a second to POST /tokens, or plan.", valueName: "number|plan"))
    var rate: Limit<Int>?

    @Option(help: ArgumentHelp("Requests that may come at once, or plan.", valueName: "number|plan"))
    var burst: Limit<Int>?

    @Option(help: ArgumentHelp("Token pairs a calendar month (UTC), or plan.", valueName: "number|plan"))
    var quota: Limit<Int64>?

    @Option(help: ArgumentHelp("How long tokens live at most and by default: 60s to 24h.", valueName: "duration"))
    var tokenLife: Seconds?

    @Option(
        help: ArgumentHelp(
            "Members of a user's custom metadata that go into tokens, with commas; \"\" for none.", valueName: "names"))
    var tokenClaims: String?

    @Option(help: ArgumentHelp("The XMPP domain for the jid claim of WS tokens; \"\" for none.", valueName: "domain"))
    var xmppHost: String?

    @Option(
        help: ArgumentHelp(
            "Pairs a user may have, such as 10/15m, within the plan's; none: what the plan says.",
            valueName: "pairs/time"))
    var userRate: UserRateArgument?

    @Option(
        help: ArgumentHelp(
            "Limits that refuse nothing and only count, of tenant, key, user and quota, with commas; \"\" for none.",
            valueName: "limits"))
    var shadow: String?

    /// What the flags change.
    var change: TenantChange {
        var change = TenantChange()
        change.name = name
        change.plan = plan
        change.rate = rate?.change ?? .keep
        change.burst = burst?.change ?? .keep
        change.quota = quota?.change ?? .keep
        change.tokenLife = tokenLife?.count
        change.tokenClaims = tokenClaims.map { $0.split(separator: ",").map(String.init) }
        change.xmppHost = xmppHost.map { $0.isEmpty ? .clear : .set($0) } ?? .keep
        change.userRate = userRate?.change ?? .keep
        change.shadow = shadow.flatMap { LimitPolicies(names: $0.split(separator: ",")) }
        return change
    }

    func validate() throws {
        if let shadow, LimitPolicies(names: shadow.split(separator: ",")) == nil {
            throw ValidationError("--shadow takes tenant, key, user and quota, with commas.")
        }
    }
}
