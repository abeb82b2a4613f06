internal import Tokens

/// Makes and checks tokens for the operator at the console, by the same use cases as the server and without one.
package struct ConsoleTokens: Sendable {
    private let storage: any Storage
    private let directory: Directory
    private let world: World

    /// The use cases over a database and the names of its deployment.
    package init(storage: any Storage, vault: Vault, world: World, deployment: Deployment) {
        self.storage = storage
        self.world = world
        directory = Directory(storage: storage, vault: vault, world: world, deployment: deployment)
    }

    /// A pair of tokens and the user they are for, who is durable.
    package struct Pair: Sendable {
        /// The REST token and the WS token.
        package let token: String, wsToken: String
        /// The user as stored.
        package let user: User
        /// The grant.
        package let grant: Grant.ID
        /// When both expire.
        package let expiresAt: Timestamp
    }

    /// Issues a pair as `POST /tokens` would, quota included; the rate limit does not count here.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - tenant: whose user it is.
    ///   - apiKey: the key that the tokens name as their origin; nil: the tenant's oldest active one.
    /// - Returns: the pair.
    /// - Throws: `refused` where the server would refuse too, `missing` where tenant or key do not exist.
    package func mint(
        _ request: IssueRequest, for tenant: Tenant.ID, apiKey: APIKey.ID?
    ) throws(ManagementFailure) -> Pair {
        let state = try state(of: tenant)
        guard state.tenant.status == .active else { throw .refused("Tenant \(tenant) is suspended.") }
        let key = try origin(apiKey, of: tenant)
        var grants = Grant.Source(world: world)
        // Nobody waits here, so the batcher between the decision and the database is left out.
        let batcher = Batcher<IssueCommand, IssueOutcome>(label: "unused", world: world) { _ in [] }
        let command: IssueCommand
        do throws(Failure) {
            command = try IssueTokens(directory: directory, batcher: batcher)
                .command(for: request, apiKey: key, of: state, grant: grants.next(at: world.now()))
        } catch {
            throw Self.refusal(error)
        }
        let outcomes = try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            try storage.issue([command])
        }
        return try pair(of: command, outcome: outcomes.first)
    }

    /// Decides whether the token opens the door, for an operator who may ask about every tenant's.
    package func verify(_ token: String, expect kind: TokenKind) throws(ManagementFailure) -> Verdict {
        try ManagementFailure.telling(of: "user") { () throws(StoreFailure) in try directory.preload() }
        try loadRevocations()
        var verify = VerifyToken(directory: directory, world: world)
        let console = console
        while true {
            switch verify(Array(token.utf8).span, expect: kind, caller: console) {
            case .verdict(let verdict): return verdict
            case .load(let want): try load(want)
            }
        }
    }

    /// Tells why a token would fail, to an operator who may ask about every tenant's.
    package func explain(_ question: ExplainQuestion) throws(ManagementFailure) -> Explanation {
        try ManagementFailure.telling(of: "user") { () throws(StoreFailure) in try directory.preload() }
        try loadRevocations()
        let explain = ExplainToken(directory: directory, world: world)
        let console = console
        while true {
            switch explain(question, caller: console) {
            case .explanation(let explanation): return explanation
            case .load(let want): try load(want)
            }
        }
    }

    /// A key that is nobody's and is stored nowhere stands for the console.
    private var console: Caller {
        let secret = APIKey.Secret(prefix: "", world: world)
        let key = APIKey(
            id: secret.id, owner: .operator, name: "console", scopes: .verify, secretHash: secret.hash,
            createdAt: world.now())
        return Caller(HeldKey(key), tenant: nil)
    }

    private func state(of tenant: Tenant.ID) throws(ManagementFailure) -> TenantState {
        try load(.tenant(tenant))
        guard case .present(let state) = directory.tenant(tenant) else {
            throw .missing("There is no tenant \(tenant).")
        }
        return state
    }

    private func loadRevocations() throws(ManagementFailure) {
        let index = directory.revocations
        try ManagementFailure.telling(of: "revocation") { () throws(StoreFailure) in
            _ = try storage.forEachRevocation(aliveAt: world.now()) { tenant, subject, cutoff, expires in
                index.insert(subject, of: tenant, cutoff: cutoff, expires: expires)
            }
        }
    }

    private func load(_ want: Directory.Want) throws(ManagementFailure) {
        try ManagementFailure.telling(of: "tenant") { () throws(StoreFailure) in try directory.load(want) }
    }

    private func origin(_ chosen: APIKey.ID?, of tenant: Tenant.ID) throws(ManagementFailure) -> APIKey.ID {
        let now = world.now()
        let keys = try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            try storage.apiKeys(of: .tenant(tenant)).filter { $0.status(at: now) == .active }
        }
        guard let key = keys.first(where: { chosen == nil || $0.id == chosen }) else {
            throw .missing(
                "Tenant \(tenant) has no \(chosen.map { "active API key \($0)" } ?? "active API key") for tokens to name."
            )
        }
        return key.id
    }

    private func pair(of command: IssueCommand, outcome: IssueOutcome?) throws(ManagementFailure) -> Pair {
        switch outcome {
        case .issued(let user):
            return Pair(
                token: try sign(.rest, command.draft, user), wsToken: try sign(.ws, command.draft, user), user: user,
                grant: command.draft.grant, expiresAt: command.draft.expiresAt)
        case .quotaExceeded: throw .refused("The tenant's quota of \(command.quota) pairs this month is used up.")
        case .userDeactivated: throw .refused("The user is deactivated.")
        case .tokenTooLarge: throw .refused("A token would be longer than \(TokenDraft.longestToken) bytes.")
        case nil: throw .corrupt(cause: "the database gave no answer")
        }
    }

    private func sign(_ kind: TokenKind, _ draft: TokenDraft, _ user: User) throws(ManagementFailure) -> String {
        try ManagementFailure.sealing { () throws(TokenFailure) in
            var payload: [UInt8] = []
            var token: [UInt8] = []
            try draft.appendToken(kind, for: user, payload: &payload, to: &token)
            return String(decoding: token, as: UTF8.self)
        }
    }

    private static func refusal(_ failure: Failure) -> ManagementFailure {
        switch failure {
        case .invalidRequest(_, let fields): .invalid(fields)
        case .storageUnavailable: .refused("The tenant has no active signing key.")
        default: .refused("The server would answer \(failure.code.rawValue).")
        }
    }
}
