internal import Domain
internal import Foundation
internal import Tokens

/// What `chat-tokens init` found and made.
struct SetUp {
    private let settings: Settings
    private let madeDatabase: Bool
    private let madeMasterKey: Bool
    private let tenant: Tenant?
    private let issued: ManageKeys.Issued?

    /// How the program was called, so that what is printed can be pasted.
    private static var program: String { CommandLine.arguments.first ?? "chat-tokens" }
    private static let firstName = "demo"
    private static let firstKeyName = "Primary API key"

    /// Makes what is missing and touches nothing that is there.
    static func carryOut(_ settings: Settings, world: World) throws -> SetUp {
        let isNew = try isNew(settings.database, world)
        let madeKey = try makeMasterKey(settings, databaseIsNew: isNew, world: world)
        let installation = try Installation.open(settings, for: .setUp, world: world)
        let tenants = try installation.tenants.list()
        guard tenants.isEmpty else {
            // A first run that was cut off after the tenant is finished here.
            let first = tenants.count == 1 && tenants[0].id.text == firstName ? tenants[0] : nil
            let isKeyless = try first.map { try installation.keys.list(of: .tenant($0.id)).isEmpty } ?? false
            let issued = try isKeyless ? first.map { try makeKey(for: $0, in: installation) } : nil
            return SetUp(
                settings: settings, madeDatabase: isNew, madeMasterKey: madeKey, tenant: first ?? tenants.first,
                issued: issued)
        }
        guard let id = Tenant.ID(firstName) else { preconditionFailure("the first tenant's name is not one") }
        var change = TenantChange()
        change.name = "Demo"
        change.plan = .pro
        let tenant = try installation.tenants.create(id, settings: change, by: .commandLine)
        return SetUp(
            settings: settings, madeDatabase: isNew, madeMasterKey: madeKey, tenant: tenant,
            issued: try makeKey(for: tenant, in: installation))
    }

    private static func makeKey(for tenant: Tenant, in installation: Installation) throws -> ManageKeys.Issued {
        try installation.keys.create(for: .tenant(tenant.id), name: firstKeyName, by: .commandLine)
    }

    /// Whether no command has used the database before.
    private static func isNew(_ database: DatabaseLocation, _ world: World) throws(CommandFailure) -> Bool {
        if let path = database.path { return !FileManager.default.fileExists(atPath: path) }
        let storage = try database.open(for: .setUp, world: world)
        return try database.telling { () throws(StoreFailure) in
            let check = try storage.masterKeyCheck()
            let isEmpty = try storage.isEmpty()
            try storage.close()
            return check == nil && isEmpty
        }
    }

    /// A key is made only for a database that is not there yet: an existing one has its own.
    private static func makeMasterKey(
        _ settings: Settings, databaseIsNew: Bool, world: World
    ) throws(CommandFailure) -> Bool {
        guard case .file(let path) = settings.masterKey, !FileManager.default.fileExists(atPath: path), databaseIsNew
        else { return false }
        try Folders.make((path as NSString).deletingLastPathComponent)
        try MasterKeyFile.create(path, world: world)
        return true
    }

    private var masterKeyPath: String? {
        if case .file(let path) = settings.masterKey { path } else { nil }
    }

    private var curl: String? {
        issued.map { issued in
            """
            curl -sS \(settings.publicURL)/tokens \\
              -H 'X-API-Key: \(issued.text)' \\
              -H 'Content-Type: application/json' \\
              -d '{"userId":"user-123","name":"Alice Johnson","custom":{"department":"Engineering"}}'
            """
        }
    }

    var json: JSON {
        [
            "database": [
                "url": JSON(settings.database.url), "path": JSON(optional: settings.database.path),
                "created": JSON(madeDatabase),
            ],
            "masterKey": ["file": JSON(optional: masterKeyPath), "created": JSON(madeMasterKey)],
            "tenant": tenant.map { $0.json(publicURL: settings.publicURL) } ?? nil,
            "key": issued.map { $0.json(prefix: settings.keyPrefix) } ?? nil,
            "apiKey": JSON(optional: issued?.text), "curl": JSON(optional: curl),
        ]
    }

    var text: String {
        var sheet = Sheet()
        sheet.add("database", "\(settings.database.name) (\(madeDatabase ? "new" : "there already"))")
        let source = masterKeyPath.map { "\($0) (\(madeMasterKey ? "new, keep a copy elsewhere" : "there already"))" }
        sheet.add("master key", source ?? "from the settings")
        sheet.add("tenant", tenant.map { "\($0.id) (\($0.plan.id))" })
        sheet.add("API key", issued?.text)
        return sheet.text + "\n\n" + next
    }

    private var next: String {
        if let curl {
            return """
                The API key cannot be shown again. With the server running (\(Self.program) serve):

                \(curl)
                """
        }
        return """
            API keys cannot be shown again. To make another one:
              \(Self.program) key create --tenant \(tenant?.id.text ?? "<tenant>") --name "Another key"
            """
    }
}
