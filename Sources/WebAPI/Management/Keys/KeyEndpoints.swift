internal import Domain
internal import Tokens

/// `/admin/keys` and below.
struct KeyEndpoints: Sendable {
    let service: HotService
    let keys: ManageKeys
    let desk: LeakDesk
    let world: World

    func register(on routes: ManagedRoutes) {
        routes.on(.ownKey, use: readOwn)
        routes.on(.listKeys, use: list)
        routes.on(.createKey, use: create)
        routes.on(.importKey, use: `import`)
        routes.on(.readKey, use: read)
        routes.on(.changeKey, use: change)
        routes.on(.rotateKey, use: rotate)
        routes.on(.releaseKey, use: release)
        routes.on(.revokeKey, use: revoke)
    }

    func document(_ record: ManageKeys.Record) -> JSON {
        record.key.json(prefix: prefix, now: world.now(), usage: record.usage)
    }

    func document(_ issued: ManageKeys.Issued) -> JSON { issued.json(prefix: prefix) }

    private var prefix: String { service.directory.deployment.keyPrefix }
}

extension ManagedCall {
    /// The API key that the path names.
    var apiKey: APIKey.ID {
        get throws(Failure) { try parameter("key", APIKey.ID.init) }
    }
}
