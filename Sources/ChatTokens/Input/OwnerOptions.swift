internal import ArgumentParser
internal import Domain

/// Whose API keys a command is about.
struct OwnerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A tenant's keys.", valueName: "id"))
    var tenant: Tenant.ID?

    @Flag(help: "Keys of chat nodes and gateways, which verify every tenant's tokens.")
    var node = false

    @Flag(help: "Keys of the operator.")
    var `operator` = false

    /// The owner; `validate` made sure that there is exactly one.
    var owner: APIKey.Owner {
        if let tenant { return .tenant(tenant) }
        return node ? .node : .operator
    }

    func validate() throws {
        guard [tenant != nil, node, `operator`].filter({ $0 }).count == 1 else {
            throw ValidationError("Say exactly one of --tenant <id>, --node and --operator.")
        }
    }
}
