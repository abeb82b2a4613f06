/// Reads stored users for verifiers that ask for them.
package struct ReadUser: Sendable {
    private let storage: any Storage

    /// The use case over a database.
    package init(storage: any Storage) {
        self.storage = storage
    }

    /// The user as stored; nil where there is none.
    ///
    /// Blocks, so call it on a storage thread.
    package func callAsFunction(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> User? {
        try storage.user(tenant, id)
    }
}
