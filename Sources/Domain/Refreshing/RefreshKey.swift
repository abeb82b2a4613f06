internal import Tokens

/// The secret by which this deployment knows its refresh tokens: an HMAC key, the same on every node.
///
/// It is made with the first server that starts and kept sealed in the database, so that forged and mistyped tokens
/// are told from real ones without a look-up.
package struct RefreshKey: Sendable {
    private let key: SigningKey

    /// The deployment's key, made if there is none yet; blocks.
    ///
    /// - Throws: `corrupt` where the stored key does not open under the master key.
    package init(_ storage: any Storage, vault: Vault, world: World) throws(StoreFailure) {
        var sealed = try storage.refreshKey()
        if sealed == nil { sealed = try storage.setRefreshKey(try Self.make(vault, world), at: world.now()) }
        do throws(TokenFailure) {
            key = try vault.open(SealedSecret(.refreshKey, sealed: sealed ?? []))
        } catch {
            throw .corrupt(cause: "the key of refresh tokens does not open: \(error)")
        }
    }

    private static func make(_ vault: Vault, _ world: World) throws(StoreFailure) -> [UInt8] {
        do throws(TokenFailure) {
            let key = try SigningKey.generate(.hs256, randomBytes: world.randomBytes)
            return try vault.seal(key, for: .refreshKey)
        } catch {
            throw .corrupt(cause: "no key for refresh tokens can be made: \(error)")
        }
    }

    /// The authentication code of a token's content: 32 bytes.
    func code(of content: [UInt8]) throws(TokenFailure) -> [UInt8] {
        var code: [UInt8] = []
        try key.sign(content.span, appendingTo: &code)
        return code
    }

    /// Whether this is the code of the content; takes the same time whatever is wrong.
    func verify(_ code: [UInt8], of content: [UInt8]) -> Bool {
        key.verify(code.span, of: content.span)
    }
}
