package import Tokens

/// What the database keeps of API keys besides their life: on what terms they work, where else they come from, and
/// whether they were found in the open.
package protocol APIKeyStorage: Sendable {
    /// Replaces the name, the expiry, the addresses and the limit of the key, and nothing else; `missing` where there
    /// is no such key.
    ///
    /// Whoever writes terms has read them before: were the secret among them, a rotation that came in between would be
    /// undone.
    func setTerms(of key: APIKey, recording audit: AuditDraft) throws(StoreFailure)

    /// The key that was imported with this hash of its whole text.
    func importedKey(hash: Digest) throws(StoreFailure) -> APIKey.ID?
    /// What imported keys begin with; a text that begins otherwise is no imported key.
    func importedPrefixes() throws(StoreFailure) -> [String]

    /// Notes where a secret of the key was found, and whether the key is out of use for it, and nothing else; `missing`
    /// where there is no such key.
    ///
    /// - Parameters:
    ///   - leak: where, and since when it is quarantined.
    ///   - key: whose secret.
    ///   - endsGrace: whether the secret before the last rotation stops working now.
    ///   - audit: the entry of the audit log.
    /// - Throws: `missing` where there is no such key.
    func setLeak(_ leak: APIKey.Leak, of key: APIKey.ID, endingGrace endsGrace: Bool, recording audit: AuditDraft)
        throws(StoreFailure)
}
