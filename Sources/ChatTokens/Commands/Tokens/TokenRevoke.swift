internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens token revoke`.
struct TokenRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Makes tokens void, on every node and with verifiers that read the feed.",
        discussion: """
            Examples:
              chat-tokens token revoke --tenant acme --user mallory --reason banned
              chat-tokens token revoke --tenant acme --key Zk3vQ9wLm2Xa --issued-before 2026-01-02T03:04:05Z

            Tokens that are issued afterwards are good. Running servers learn of it within milliseconds (PostgreSQL) \
            or a fifth of a second (SQLite).
            """)

    @Option(help: ArgumentHelp("Whose tokens.", valueName: "id"))
    var tenant: Tenant.ID

    @Option(help: "Both tokens of the grant of this one; - reads it from standard input.")
    var token: String?

    @Option(help: ArgumentHelp("Both tokens of this grant.", valueName: "id"))
    var grant: String?

    @Option(help: ArgumentHelp("All tokens of a user.", valueName: "id"))
    var user: String?

    @Option(help: ArgumentHelp("All that was issued with an API key.", valueName: "id"))
    var key: APIKey.ID?

    @Option(help: ArgumentHelp("All that a signing key signed.", valueName: "kid"))
    var kid: String?

    @Option(help: ArgumentHelp("All that was issued with this label.", valueName: "text"))
    var label: String?

    @Flag(help: "All tokens of the tenant.")
    var all = false

    @Option(help: ArgumentHelp("Only those issued before; default: now.", valueName: "time"))
    var issuedBefore: String?

    @Option(help: "Why, for the record; at most 255 characters.")
    var reason = ""

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func validate() throws {
        let given = [token, grant, user, key?.text, kid, label].filter { $0 != nil }.count + (all ? 1 : 0)
        guard given == 1 else {
            throw ValidationError("Say exactly one of --token, --grant, --user, --key, --kid, --label and --all.")
        }
        if let issuedBefore, Timestamp(rfc3339: issuedBefore) == nil {
            throw ValidationError("--issued-before must be a time in UTC such as 2026-01-02T03:04:05Z.")
        }
        if issuedBefore != nil, token != nil || grant != nil {
            throw ValidationError("--issued-before cannot be given for one grant.")
        }
    }

    func run() throws {
        let installation = try deployment.open()
        let subject = try subject(publicURL: installation.settings.publicURL)
        let revocation = try installation.revocations.revoke(
            subject, of: tenant, issuedBefore: issuedBefore.flatMap(Timestamp.init(rfc3339:)), reason: reason,
            by: .commandLine)
        Output.show(
            asJSON: output.json, revocation.receipt,
            text: "Revoked as \(revocation.id): grants born before \(revocation.cutoff.exact) are void.")
    }

    private func subject(publicURL: String) throws(CommandFailure) -> Revocation.Subject {
        if let token {
            let text = token == "-" ? readLine(strippingNewline: true) ?? "" : token
            guard let revoked = RevokedToken(text, publicURL: publicURL), revoked.issuer == "\(publicURL)/t/\(tenant)"
            else {
                throw CommandFailure("That is no token of tenant \(tenant).")
            }
            return .grant(revoked.grant)
        }
        let choices: [(Revocation.Kind, String?)] = [
            (.grant, grant), (.user, user), (.apiKey, key?.text), (.signingKey, kid), (.label, label),
            (.tenant, all ? "" : nil),
        ]
        guard let (kind, text) = choices.first(where: { $0.1 != nil }),
            let subject = Revocation.Subject(kind, text ?? "")
        else { throw CommandFailure("That is no identifier of this kind.") }
        return subject
    }
}
