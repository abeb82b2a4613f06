internal import Domain
internal import HTTPTypes
internal import Hummingbird

/// A request to a managed route whose caller was found to be allowed.
///
/// Only ``AccessCheck`` makes one, so that no endpoint can be written that forgets to ask.
struct ManagedCall: Sendable {
    /// Who calls.
    enum Principal: Sendable {
        case key(APIKey)
        case session(Session.Holder)
        /// Nobody in particular, on routes that are open to everybody.
        case anyone
    }

    let request: Request
    let context: MainContext
    let principal: Principal
    /// The tenant acted for; nil on routes that are about no tenant.
    private let subject: Tenant.ID?

    fileprivate init(
        _ request: Request, _ context: MainContext, _ principal: Principal, for tenant: Tenant.ID? = nil
    ) {
        self.request = request
        self.context = context
        self.principal = principal
        subject = tenant
    }

    /// The tenant acted for; nil on routes that are about no tenant, and for who may act for all and named none.
    var tenantIfAny: Tenant.ID? { subject }

    /// The tenant acted for, on routes that the table admits for a tenant.
    var tenant: Tenant.ID {
        get throws(Failure) {
            guard let subject else { throw .internalError }
            return subject
        }
    }
}

/// Checks callers against the table of ``ManagedRoute``.
struct AccessCheck: Sendable {
    let service: HotService
    let sessions: SessionCheck

    /// The call, if its caller may make it.
    func callAsFunction(
        _ route: ManagedRoute, _ request: Request, _ context: MainContext
    ) async throws(Failure) -> ManagedCall {
        switch route.admission {
        case .anyone:
            try sessions.checkOrigin(of: request)
            return ManagedCall(request, context, .anyone)
        case .guest:
            let holder = try await sessions.guest(request, context)
            return ManagedCall(request, context, holder.map { .session($0) } ?? .anyone)
        case .session:
            return ManagedCall(request, context, .session(try await sessions.holder(request, context)))
        case .tenant(_, let role) where sessions.isMeant(by: request):
            let holder = try await sessions.holder(request, context)
            let tenant = try tenant(of: holder, named: request.headers[.chatTenant], needs: role)
            return ManagedCall(request, context, .session(holder), for: tenant)
        case .anyKey:
            return ManagedCall(request, context, .key(try await key(request, context)))
        case .operator:
            if sessions.isMeant(by: request) {
                _ = try await sessions.holder(request, context)
                throw .accessDenied("Only an operator key may do this.")
            }
            let key = try await key(request, context)
            guard case .operator = key.owner else { throw .scopeMissing("operator") }
            try require(.operator, of: key)
            return ManagedCall(request, context, .key(key))
        case .tenant(let scope, _):
            let key = try await key(request, context)
            let tenant = try tenant(of: key, named: named(by: request, context, key), needs: scope)
            try await checkPresence(of: tenant, for: key, request, context)
            return ManagedCall(request, context, .key(key), for: tenant)
        case .verifier:
            let key = try await key(request, context)
            let tenant = try verifiedTenant(of: key, named: named(by: request, context, key))
            if let tenant { try await checkPresence(of: tenant, for: key, request, context) }
            return ManagedCall(request, context, .key(key), for: tenant)
        }
    }

    private func key(_ request: Request, _ context: MainContext) async throws(Failure) -> APIKey {
        try await service.caller(request.headers[.apiKey], needs: [], in: context).key
    }

    /// The tenant that the request names, noted where it is not the key's own.
    private func named(by request: Request, _ context: MainContext, _ key: APIKey) -> String? {
        let named = request.headers[.chatTenant]
        if case .tenant(let own) = key.owner, let named, named != own.text { note(key, naming: named, context) }
        return named
    }

    /// What belongs to no tenant can name one that never was, or one that was deleted: nothing changes there.
    ///
    /// Who reads is told by what he reads; the past of a deleted tenant is the operator's to look at.
    private func checkPresence(
        of tenant: Tenant.ID, for key: APIKey, _ request: Request, _ context: MainContext
    ) async throws(Failure) {
        guard key.owner.tenant == nil, request.method != .get else { return }
        guard try await service.tenant(tenant, on: context.loop) != nil else { throw .notFound }
    }

    private func verifiedTenant(of key: APIKey, named name: String?) throws(Failure) -> Tenant.ID? {
        switch key.owner {
        case .tenant: return try tenant(of: key, named: name, needs: .verify)
        case .node: try require(.verify, of: key)
        case .operator: try require(.operator, of: key)
        }
        guard let name else { return nil }
        guard let id = Tenant.ID(name) else { throw .notFound }
        return id
    }

    private func tenant(of key: APIKey, named name: String?, needs scope: Scopes?) throws(Failure) -> Tenant.ID {
        switch key.owner {
        case .operator:
            try require(.operator, of: key)
            guard let name else { throw .tenantRequired }
            guard let id = Tenant.ID(name) else { throw .notFound }
            return id
        case .node: throw .scopeMissing("admin")
        case .tenant(let own):
            guard let scope else { throw .accessDenied("An API key of the tenant may not do this.") }
            try require(scope, of: key)
            guard name == nil || name == own.text else {
                throw .accessDenied("The API key belongs to another tenant than X-Chat-Tenant names.")
            }
            return own
        }
    }

    /// Notes that a tenant's key was used to reach another tenant, for the audit log.
    private func note(_ key: APIKey, naming name: String, _ context: MainContext) {
        service.directory.events.note(
            SecurityEvent(.callerRefused, .otherTenant, key.id, of: key.owner), at: service.wallClock(),
            address: context.client,
            target: Tenant.ID(name).map { "tenant \($0)" })
    }

    /// An account of one tenant need not name it.
    private func tenant(
        of holder: Session.Holder, named name: String?, needs role: Role
    ) throws(Failure) -> Tenant.ID {
        let found: Membership?
        switch (name, holder.memberships.count) {
        case (_, 0): throw .accessDenied("The account is a member of no tenant.")
        case (let name?, _): found = holder.memberships.first { $0.tenant.text == name }
        case (nil, 1): found = holder.memberships.first
        case (nil, _): throw .tenantRequired
        }
        guard let membership = found else {
            throw .accessDenied("The account is no member of the tenant that X-Chat-Tenant names.")
        }
        guard membership.status == .active else { throw .tenantSuspended }
        guard membership.role >= role else {
            throw .accessDenied("This takes the role \(role.rawValue) in the tenant, or a higher one.")
        }
        return membership.tenant
    }

    private func require(_ scope: Scopes, of key: APIKey) throws(Failure) {
        guard key.scopes.suffice(for: scope) else { throw .scopeMissing(scope.names.joined(separator: " ")) }
    }
}

extension HTTPField.Name {
    /// `X-API-Key`.
    static let apiKey = known("X-API-Key")
    /// `X-Chat-Tenant`: for whom somebody acts who may act for several.
    static let chatTenant = known("X-Chat-Tenant")
}
