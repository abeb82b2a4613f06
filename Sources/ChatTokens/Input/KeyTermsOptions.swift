internal import ArgumentParser
internal import Domain

/// On what terms a new API key works.
struct KeyTermsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("When it stops working: seconds, or 12h, 90d.", valueName: "duration"))
    var expiresIn: Seconds?

    @Option(
        name: [.customLong("allow")],
        help: ArgumentHelp(
            "An address or network it may be used from, such as 198.51.100.0/24; may be repeated; default: any.",
            valueName: "network"))
    var allowed: [AddressRange] = []

    @Option(help: ArgumentHelp("A limit of its own, requests a second; with --burst.", valueName: "number"))
    var rate: Int?

    @Option(help: ArgumentHelp("Requests at once after a pause; with --rate.", valueName: "number"))
    var burst: Int?

    func validate() throws {
        guard (rate == nil) == (burst == nil) else { throw ValidationError("Say --rate and --burst, or neither.") }
        guard (rate ?? 1) >= 1, (burst ?? 1) >= 1 else { throw ValidationError("A rate and a burst are at least 1.") }
    }

    /// What was said.
    var terms: KeyTerms {
        var terms = KeyTerms(expiresIn: expiresIn?.count, allowedAddresses: allowed)
        if let rate, let burst { terms.rateLimit = RateLimit(rate: rate, burst: burst) }
        return terms
    }
}

/// What a command says of a new key's scopes.
struct ScopeOptions: ParsableArguments {
    @Option(
        name: [.customLong("scope"), .customLong("scopes")],
        help: ArgumentHelp("What it may do; may be repeated, or several with commas.", valueName: "scope"))
    var scopes: [String] = []

    func validate() throws {
        _ = try chosen()
    }

    /// The scopes; nil where nothing was said.
    func chosen() throws -> Scopes? {
        guard !scopes.isEmpty else { return nil }
        let names = scopes.flatMap { $0.split(whereSeparator: { $0 == "," || $0 == " " }) }
        guard let chosen = Scopes(names: names) else {
            let known = Scopes.named.map(\.name).joined(separator: ", ")
            throw ValidationError("A scope is one of \(known).")
        }
        return chosen
    }
}
