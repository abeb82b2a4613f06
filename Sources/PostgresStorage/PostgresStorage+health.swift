package import Domain

extension PostgresStorage {
    /// Reads the schema's history and commits one small row, each time it is asked.
    package func health() -> StorageHealth {
        do throws(StoreFailure) {
            let migrations = try pool.use { connection throws(StoreFailure) in
                try schema.complaint(&connection, isRunning: true)
            }
            return StorageHealth(database: nil, migrations: migrations, disk: diskComplaint())
        } catch .corrupt(let cause) {
            return StorageHealth(database: nil, migrations: cause, disk: "unknown")
        } catch {
            let cause = error.cause ?? "it does not answer"
            return StorageHealth(database: cause, migrations: "unknown", disk: "unknown")
        }
    }

    private func diskComplaint() -> String? {
        let now = (0..<8).map { UInt8(truncatingIfNeeded: world.now().milliseconds >> (56 - 8 * Int64($0))) }
        do throws(StoreFailure) {
            try write { connection throws(StoreFailure) in
                try connection.changeOne(
                    Statement(
                        """
                        INSERT INTO deployment (name, value) VALUES ('heartbeat', $1)
                        ON CONFLICT (name) DO UPDATE SET value = excluded.value
                        """, .bytes(now)))
            }
            return nil
        } catch {
            return error.cause ?? "a row could not be written"
        }
    }
}
