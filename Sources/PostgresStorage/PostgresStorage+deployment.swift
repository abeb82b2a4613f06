package import Domain

extension PostgresStorage {
    package func masterKeyCheck() throws(StoreFailure) -> [UInt8]? {
        try read(.masterKeyCheck) { row throws(StoreFailure) in try row.bytes(0) }.first
    }

    @discardableResult
    package func setMasterKeyCheck(_ value: [UInt8]) throws(StoreFailure) -> [UInt8] {
        try write { connection throws(StoreFailure) in
            var stored: [UInt8]?
            try connection.exchange([
                Statement(
                    "INSERT INTO deployment (name, value) VALUES ('master_key_check', $1) ON CONFLICT DO NOTHING",
                    .bytes(value)),
                .masterKeyCheck,
            ]) { place, answer throws(StoreFailure) in
                if place == 1 { stored = try answer.row { row throws(StoreFailure) in try row.bytes(0) } }
            }
            guard let stored else { throw .corrupt(cause: "the master key check cannot be read back") }
            return stored
        }
    }

    package func isEmpty() throws(StoreFailure) -> Bool {
        try read(Statement("SELECT NOT EXISTS (SELECT FROM tenant)")) {
            row throws(StoreFailure) in try row.flag(0)
        }.first ?? true
    }
}

extension Statement {
    fileprivate static let masterKeyCheck = Statement("SELECT value FROM deployment WHERE name = 'master_key_check'")
}
