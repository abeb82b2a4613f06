internal import ArgumentParser
internal import Domain

/// The limits of a plan as flags.
struct PlanOptions: ParsableArguments {
    @Option(help: "What people call it, at most 255 characters.")
    var name: String?

    @Option(help: ArgumentHelp("Requests a second to POST /tokens.", valueName: "number"))
    var rate: Int?

    @Option(help: ArgumentHelp("Requests that may come at once.", valueName: "number"))
    var burst: Int?

    @Option(help: ArgumentHelp("Token pairs a calendar month (UTC).", valueName: "number"))
    var quota: Int64?

    @Option(
        help: ArgumentHelp(
            "The most that an API key may make, such as 5/20; none: no limit by key but its own.",
            valueName: "rate/burst"))
    var keyRate: KeyRateArgument?

    @Option(
        help: ArgumentHelp(
            "The most pairs a user may have, such as 10/15m; none: no limit but the tenant's.", valueName: "pairs/time")
    )
    var userRate: UserRateArgument?

    /// What the flags change.
    var change: PlanChange {
        var change = PlanChange()
        change.name = name
        change.rate = rate
        change.burst = burst
        change.quota = quota
        change.keyRate = keyRate?.change ?? .keep
        change.userRate = userRate?.change ?? .keep
        return change
    }
}
