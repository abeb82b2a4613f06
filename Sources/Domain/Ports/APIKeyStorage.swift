package import Tokens

/// What the database keeps of API keys.
package protocol APIKeyStorage: Sendable {
    /// The API key as stored.
    func apiKey(_ id: APIKey.ID) throws(StoreFailure) -> APIKey?
    /// The keys of an owner, oldest first.
    func apiKeys(of owner: APIKey.Owner) throws(StoreFailure) -> [APIKey]
    /// Stores a new API key; `missing` where its tenant does not exist.
    func create(_ key: APIKey, recording audit: AuditDraft) throws(StoreFailure)
    /// Replaces all of the key but its revocation; `missing` where there is no such key, or where it is no longer the
    /// `former` one: who rotated it, changed its terms or put it out of use meanwhile is not undone.
    func update(_ key: APIKey, after former: APIKey, recording audit: AuditDraft) throws(StoreFailure)
    /// Takes the key back for good, with the secret before the last rotation, whatever else was changed of it
    /// meanwhile; `missing` where there is no such key, or where it is revoked already.
    func revoke(_ key: APIKey, with revocation: APIKey.Revocation, recording audit: AuditDraft) throws(StoreFailure)

    /// The key that was imported with this hash of its whole text.
    func importedKey(hash: Digest) throws(StoreFailure) -> APIKey.ID?
    /// What imported keys begin with; a text that begins otherwise is no imported key.
    func importedPrefixes() throws(StoreFailure) -> [String]

    /// How the keys of an owner have been used; a key without an entry never was.
    func usage(of owner: APIKey.Owner) throws(StoreFailure) -> [APIKey.ID: APIKey.Usage]
    /// Adds uses to those of the keys, the later last use stays; keys that do not exist are left out.
    ///
    /// It changes nothing servers keep in memory, and so appends nothing to the change log.
    func count(_ uses: [APIKey.ID: APIKey.Usage]) throws(StoreFailure)
}
