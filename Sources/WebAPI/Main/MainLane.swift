internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Tokens

/// Everything that is not hot, and the hot endpoints over HTTP/2, on Hummingbird's router.
struct MainLane {
    let parts: ServerParts
    let service: HotService
    let workspaces: Workspaces
    let passwords: PasswordThreads

    /// Throws where libcrypto does.
    func responder() throws(TokenFailure) -> some HTTPResponder<MainContext> {
        let router = Router(context: MainContext.self, options: .autoGenerateHeadEndpoints)
        router.addMiddleware { MainLaneMiddleware(service: service) }
        addHotRoutes(to: router)
        addOwnRoutes(to: router)
        try addManagedRoutes(to: router)
        return router.buildResponder()
    }

    private var auditLog: ReadAuditLog {
        ReadAuditLog(storage: parts.storage, vault: parts.vault, world: parts.world)
    }

    private var revocationDesk: RevocationDesk {
        RevocationDesk(revocations: parts.revocations, world: parts.world, disconnections: parts.disconnections)
    }

    private func addHotRoutes(to router: Router<MainContext>) {
        let bridge = HotBridge(workspaces: workspaces, service: service)
        router.post("/tokens", use: bridge.answer)
        router.post("/verify", use: bridge.answer)
        router.get("/verify", use: bridge.answer)
        router.get("/t/{tenant}/.well-known/jwks.json", use: bridge.answer)
        router.post("/oauth2/introspect", use: bridge.answer)
    }

    private func addOwnRoutes(to router: Router<MainContext>) {
        let batch = VerifyBatchEndpoint(
            service: service, readUser: ReadUser(storage: parts.storage), world: parts.world)
        let operation = OperationEndpoints(
            service: service,
            readiness: Readiness(storage: parts.storage, directory: parts.directory, world: parts.world))
        router.post("/verify/batch", use: batch.answer)
        let centrifugo = CentrifugoEndpoints(service: service, world: parts.world)
        router.post("/centrifugo/connect", use: centrifugo.connect)
        router.post("/centrifugo/refresh", use: centrifugo.refresh)
        let refresh = RefreshEndpoint(
            service: service, issue: parts.issue, key: parts.refreshKey,
            refresh: RefreshTokens(
                directory: parts.directory, revocations: parts.revocations, storage: parts.storage, world: parts.world
            ) { [disconnections = parts.disconnections] tenant, user in
                disconnections?.end(user, of: tenant, .grant)
            },
            world: parts.world)
        router.post("/tokens/refresh", use: refresh.answer)
        router.post("/tokens/explain", use: ExplainEndpoint(service: service, world: parts.world).answer)
        router.post(
            "/oauth2/revoke",
            use: OAuthRevokeEndpoint(service: service, desk: revocationDesk, world: parts.world).answer)
        router.get(
            "/.well-known/oauth-authorization-server/t/{tenant}", use: DiscoveryEndpoint(service: service).answer)
        router.get(
            "/.well-known/audit-keys.json",
            use: AuditEndpoints(service: service, log: auditLog).keys)
        let leaks = LeaksEndpoint(service: service, desk: parts.leakDesk, reporters: parts.leakReporters)
        router.post("/leaks", use: leaks.answer)
        router.get("/healthz", use: operation.healthz)
        router.get("/readyz", use: operation.readyz)
        router.get("/openapi.yaml", use: operation.openapi)
        router.get("/docs", use: operation.docs)
    }

    private func addManagedRoutes(to router: Router<MainContext>) throws(TokenFailure) {
        let (storage, vault, world) = (parts.storage, parts.vault, parts.world)
        let prefix = parts.directory.deployment.keyPrefix
        let tenants = ManageTenants(storage: storage, vault: vault, world: world)
        let publicURL = parts.directory.deployment.publicURL
        let accounts = ManageAccounts(
            storage: storage, vault: vault, tokens: try SessionTokens(vault: vault, publicURL: publicURL),
            keyPrefix: prefix, world: world)
        let sessions = SessionCheck(
            service: service, accounts: accounts, cookies: SessionCookies(publicURL: publicURL))
        let routes = ManagedRoutes(on: router, check: AccessCheck(service: service, sessions: sessions))
        addAccountRoutes(to: routes, accounts: accounts, cookies: sessions.cookies)
        KeyEndpoints(
            service: service, keys: ManageKeys(storage: storage, keyPrefix: prefix, world: world),
            desk: parts.leakDesk, world: world
        ).register(on: routes)
        SigningKeyEndpoints(
            service: service, signingKeys: ManageSigningKeys(storage: storage, vault: vault, world: world)
        ).register(on: routes)
        TenantEndpoints(service: service, tenants: tenants).register(on: routes)
        PlanEndpoints(service: service, plans: ManagePlans(storage: storage, world: world)).register(on: routes)
        UsageEndpoints(service: service, usage: ReadUsage(storage: storage, world: world)).register(on: routes)
        OperatorTenantEndpoints(service: service, tenants: tenants).register(on: routes)
        AuditEndpoints(service: service, log: auditLog).register(on: routes)
        UserEndpoints(
            service: service, users: ManageUsers(storage: storage, world: world), disconnections: parts.disconnections
        ).register(on: routes)
        ConfigurationEndpoint(service: service, tenants: tenants, world: world).register(on: routes)
        RevocationEndpoints(service: service, desk: revocationDesk, storage: storage, world: world)
            .register(on: routes)
        routes.finish()
    }

    private func addAccountRoutes(to routes: ManagedRoutes, accounts: ManageAccounts, cookies: SessionCookies) {
        let members = ManageMembers(accounts: accounts, publicURL: parts.directory.deployment.publicURL)
        let desk = LoginDesk(
            service: service, accounts: accounts, cookies: cookies, passwords: passwords, world: parts.world)
        AccountEndpoints(service: service, accounts: accounts, members: members, desk: desk).register(on: routes)
        MemberEndpoints(service: service, members: members).register(on: routes)
    }
}
