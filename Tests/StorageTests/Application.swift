import Domain
import Testing
import Tokens

/// A tenant with all that it takes to issue tokens to its users.
struct Application: Sendable {
    let tenant: Tenant
    let sealed: SealedKey
    private let state: TenantState

    init(_ id: String, quota: Int64? = nil) throws {
        let id = try #require(Tenant.ID(id))
        tenant = Tenant(
            id: id, name: "Tenant \(id)", plan: .enterprise, overrides: Tenant.Overrides(quota: quota),
            createdAt: .start)
        sealed = SealedKey.sample("\(id)-1", state: .active)
        let key = try SigningKey.generate(.hs256, randomBytes: World.system.randomBytes)
        let ring = try KeyRing([KeyRing.Entry(key, .active)])
        state = TenantState(
            tenant: tenant, ring: ring, limiter: RateLimiter(), deployment: Deployment(publicURL: "http://localhost"))
    }

    var id: Tenant.ID { tenant.id }

    /// This application in an empty database.
    static func stored(_ id: String, in store: Store, quota: Int64? = nil) throws -> Application {
        try stored(id, in: store.storage, quota: quota)
    }

    static func stored(_ id: String, in storage: some Storage, quota: Int64? = nil) throws -> Application {
        let application = try Application(id, quota: quota)
        try storage.create(application.tenant, signingKey: application.sealed)
        return application
    }

    func command(
        _ user: String, name: FieldChange<String> = .keep, image: FieldChange<String> = .keep,
        custom: FieldChange<String> = .keep, at moment: Timestamp = .start, channels: Int = 0,
        key: String = "abcdefghijkl", isQuotaShadowed: Bool = false
    ) throws -> IssueCommand {
        let bytes: FieldChange<[UInt8]> =
            switch custom {
            case .keep: .keep
            case .clear: .clear
            case .set(let text): .set(Array(text.utf8))
            }
        let draft = TokenDraft(
            state: state, signer: try #require(state.signer), deployment: Deployment(publicURL: "http://localhost"),
            apiKey: try #require(APIKey.ID(key)),
            grant: Grant.ID(birth: moment, random: 1, moreRandom: 2), issuedAt: moment,
            expiresAt: moment.adding(seconds: 60),
            channels: channels == 0 ? nil : [UInt8](repeating: UInt8(ascii: "["), count: channels))
        return IssueCommand(
            change: UserChange(id: try .of(user), name: name, image: image, custom: bytes), month: Month(of: moment),
            quota: tenant.quota, isQuotaShadowed: isQuotaShadowed, draft: draft)
    }

    /// A command that says all of its user: what is not given is not to be there.
    func whole(
        _ user: String, _ name: String, image: String? = nil, custom: String? = nil, at moment: Timestamp = .start,
        key: String = "abcdefghijkl", isQuotaShadowed: Bool = false
    ) throws -> IssueCommand {
        try command(
            user, name: .set(name), image: image.map { .set($0) } ?? .clear, custom: custom.map { .set($0) } ?? .clear,
            at: moment, key: key, isQuotaShadowed: isQuotaShadowed)
    }
}

extension User.ID {
    static func of(_ text: String) throws -> User.ID { try #require(User.ID(text)) }
}

extension User {
    /// The user byte for byte; `==` of strings would take canonically equivalent ones for equal.
    var bytes: [[UInt8]?] {
        [Array(id.text.utf8), name.map { Array($0.utf8) }, image.map { Array($0.utf8) }, custom]
    }

    static func of(
        _ id: String, name: String? = nil, image: String? = nil, custom: String? = nil
    ) throws -> User {
        User(id: try .of(id), name: name, image: image, custom: custom.map { Array($0.utf8) })
    }
}

extension IssueOutcome {
    var isIssued: Bool {
        if case .issued = self { true } else { false }
    }
}

extension SealedKey {
    static func sample(_ kid: String, state: KeyState, at moment: Timestamp = .start) -> SealedKey {
        SealedKey(
            kid: kid, algorithm: .es256, state: state, sealed: Array("sealed \(kid)".utf8), createdAt: moment,
            changedAt: moment)
    }
}

extension APIKey {
    static func sample(_ id: String, owner: Owner, at moment: Timestamp = .start) throws -> APIKey {
        APIKey(
            id: try #require(APIKey.ID(id)), owner: owner, name: "Key \(id)", scopes: [.issue, .verify],
            secretHash: SHA256.digest(Array(id.utf8).span), createdAt: moment)
    }
}

extension StoreFailure {
    var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
    var isConflict: Bool { if case .conflict = self { true } else { false } }
    var isMissing: Bool { if case .missing = self { true } else { false } }
    var isCorrupt: Bool { if case .corrupt = self { true } else { false } }

    var text: String {
        switch self {
        case .unavailable(let cause), .corrupt(let cause): cause
        case .conflict: "conflict"
        case .missing: "missing"
        }
    }
}

/// The failure that the body throws.
func failure(_ body: () throws(StoreFailure) -> some Any) -> StoreFailure? {
    do throws(StoreFailure) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
