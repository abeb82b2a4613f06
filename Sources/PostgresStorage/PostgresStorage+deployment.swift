package import Domain

extension PostgresStorage {
    package func isEmpty() throws(StoreFailure) -> Bool {
        try read(Statement("SELECT NOT EXISTS (SELECT FROM tenant)")) {
            row throws(StoreFailure) in try row.flag(0)
        }.first ?? true
    }
}
