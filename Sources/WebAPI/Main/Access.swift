package import Domain

/// Every managed route, and who may call it: the one table of authorization.
///
/// A route that is not here cannot be registered, and a case without a rule does not compile; an endpoint gets its
/// caller from ``ManagedCall``, which only the check of this table can make.
package enum ManagedRoute: String, Sendable, CaseIterable {
    case ownKey = "GET /admin/keys/self"
    case listKeys = "GET /admin/keys"
    case createKey = "POST /admin/keys"
    case importKey = "POST /admin/keys/import"
    case readKey = "GET /admin/keys/{key}"
    case changeKey = "PATCH /admin/keys/{key}"
    case rotateKey = "POST /admin/keys/{key}/rotate"
    case releaseKey = "POST /admin/keys/{key}/release"
    case revokeKey = "POST /admin/keys/{key}/revoke"

    case listSigningKeys = "GET /admin/signing-keys"
    case createSigningKey = "POST /admin/signing-keys"
    case activateSigningKey = "POST /admin/signing-keys/{kid}/activate"
    case retireSigningKey = "POST /admin/signing-keys/{kid}/retire"
    case revokeSigningKey = "POST /admin/signing-keys/{kid}/revoke"
    case exportSigningKey = "POST /admin/signing-keys/{kid}/export"

    case readTenant = "GET /admin/tenant"
    case changeTenant = "PATCH /admin/tenant"

    case readAudit = "GET /admin/audit"
    case exportAudit = "GET /admin/audit/export"
    case readOperatorAudit = "GET /operator/audit"
    case exportOperatorAudit = "GET /operator/audit/export"

    case listUsers = "GET /users"
    case upsertUsers = "POST /users/batch"
    case readUser = "GET /users/{userId}"
    case putUser = "PUT /users/{userId}"
    case changeUser = "PATCH /users/{userId}"
    case removeUser = "DELETE /users/{userId}"
    case reactivateUser = "POST /users/{userId}/reactivate"
    case listUsersAsAdmin = "GET /admin/users"
    case readUserAsAdmin = "GET /admin/users/{userId}"
    case removeUserAsAdmin = "DELETE /admin/users/{userId}"
    case reactivateUserAsAdmin = "POST /admin/users/{userId}/reactivate"

    case readConfiguration = "GET /config"

    case readQuota = "GET /usage"
    case readUsage = "GET /admin/usage"
    case readShadow = "GET /admin/limits/shadow"

    case listPlans = "GET /operator/plans"
    case createPlan = "POST /operator/plans"
    case readPlan = "GET /operator/plans/{plan}"
    case changePlan = "PATCH /operator/plans/{plan}"
    case deletePlan = "DELETE /operator/plans/{plan}"

    case revokeTokens = "POST /tokens/revoke"
    case readRevocation = "GET /revocations/{revocation}"
    case listRevocations = "GET /revocations"
    case streamRevocations = "GET /revocations/stream"
    case acknowledgeRevocations = "POST /revocations/ack"

    case listTenants = "GET /operator/tenants"
    case createTenant = "POST /operator/tenants"
    case readAnyTenant = "GET /operator/tenants/{tenant}"
    case changeAnyTenant = "PATCH /operator/tenants/{tenant}"
    case suspendTenant = "POST /operator/tenants/{tenant}/suspend"
    case resumeTenant = "POST /operator/tenants/{tenant}/resume"
    case deleteTenant = "DELETE /operator/tenants/{tenant}"

    case register = "POST /auth/register"
    case login = "POST /auth/login"
    case logout = "POST /auth/logout"
    case changePassword = "POST /auth/password"
    case readOwnAccount = "GET /auth/me"
    case listSessions = "GET /auth/sessions"
    case endSession = "DELETE /auth/sessions/{session}"
    case acceptInvitation = "POST /auth/invitations/accept"
    case leaveTenant = "DELETE /auth/memberships/{tenant}"

    case listMembers = "GET /admin/members"
    case changeMember = "PATCH /admin/members/{account}"
    case removeMember = "DELETE /admin/members/{account}"
    case listInvitations = "GET /admin/invitations"
    case createInvitation = "POST /admin/invitations"
    case withdrawInvitation = "DELETE /admin/invitations/{invitation}"

    /// Who may call it.
    package var admission: Admission {
        switch self {
        case .ownKey: .anyKey

        case .listKeys, .readKey: .tenant(key: .admin, session: .viewer)
        case .createKey, .importKey, .changeKey, .rotateKey, .revokeKey: .tenant(key: .admin, session: .admin)

        case .releaseKey: .tenant(key: nil, session: .owner)

        case .listSigningKeys: .tenant(key: .admin, session: .viewer)
        case .createSigningKey, .activateSigningKey, .retireSigningKey, .revokeSigningKey:
            .tenant(key: .admin, session: .admin)
        case .exportSigningKey: .tenant(key: nil, session: .owner)

        case .readTenant: .tenant(key: .admin, session: .viewer)
        case .changeTenant: .tenant(key: .admin, session: .admin)

        case .readAudit, .exportAudit: .tenant(key: .admin, session: .admin)
        case .readOperatorAudit, .exportOperatorAudit: .operator

        case .listUsers, .readUser, .listUsersAsAdmin, .readUserAsAdmin:
            .tenant(key: .readUsers, session: .viewer)
        case .upsertUsers, .putUser, .changeUser, .removeUser, .reactivateUser, .removeUserAsAdmin,
            .reactivateUserAsAdmin:
            .tenant(key: .writeUsers, session: .admin)

        case .readConfiguration: .tenant(key: [], session: .viewer)

        case .readQuota: .tenant(key: [], session: .viewer)
        case .readUsage, .readShadow: .tenant(key: .admin, session: .viewer)

        case .listPlans, .createPlan, .readPlan, .changePlan, .deletePlan: .operator

        case .revokeTokens: .tenant(key: .revoke, session: .admin)
        case .readRevocation: .tenant(key: .revoke, session: .viewer)
        case .listRevocations, .streamRevocations, .acknowledgeRevocations: .verifier

        case .listTenants, .createTenant, .readAnyTenant, .changeAnyTenant, .suspendTenant, .resumeTenant,
            .deleteTenant:
            .operator

        case .register, .login: .anyone
        case .acceptInvitation: .guest
        case .logout, .changePassword, .readOwnAccount, .listSessions, .endSession, .leaveTenant: .session

        case .listMembers: .tenant(key: .admin, session: .viewer)
        // A key that could invite would make of itself an owner, who may more than it.
        case .changeMember, .removeMember, .listInvitations, .createInvitation, .withdrawInvitation:
            .tenant(key: nil, session: .owner)
        }
    }

    /// The HTTP method in upper case.
    package var method: String { String(rawValue.prefix { $0 != " " }) }
    /// The path with parameters in braces.
    package var template: String { String(rawValue.drop { $0 != " " }.dropFirst()) }
}

/// Who may call a route.
package enum Admission: Sendable, Equatable {
    /// Everybody, and nobody in particular: a session that comes along does not count.
    case anyone
    /// Whoever is logged in, or nobody in particular.
    case guest
    /// Whoever is logged in, whatever the tenants of the account.
    case session
    /// Whoever holds an API key of any kind, to ask about that key.
    case anyKey
    /// Whoever may act for one tenant: its API key with this scope (nil: no key is enough, none: any key is), a session
    /// with at least this role in it, or an operator key, which names the tenant in `X-Chat-Tenant`.
    case tenant(key: Scopes?, session: Role)
    /// Whoever verifies tokens: a tenant's API key with `tokens:verify` for its tenant, or a node or operator key for
    /// every tenant or the one it names in `X-Chat-Tenant`.
    case verifier
    /// An operator key alone.
    case `operator`
}

extension ManagedRoute {
    /// Also the path of the user who is called `batch`.
    static let userBatch = "/users/batch"

    /// Paths written out that the router would prefer to this route's, although they are within it.
    var shadowed: [String] { template == "/users/{userId}" ? [Self.userBatch] : [] }
}
