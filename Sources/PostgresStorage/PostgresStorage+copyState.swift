package import Domain

extension PostgresStorage {
    package func copyState() throws(StoreFailure) -> CopyState? {
        try read(Statement("SELECT value FROM deployment WHERE name = 'copy'")) { row throws(StoreFailure) in
            guard let state = CopyState(rawValue: String(decoding: try row.bytes(0), as: UTF8.self)) else {
                throw .corrupt(cause: "what is noted of a copy breaks its rules")
            }
            return state
        }.first
    }

    package func setCopyState(_ state: CopyState?) throws(StoreFailure) {
        if let state { return try put("copy", Array(state.rawValue.utf8)) }
        try write { connection throws(StoreFailure) in
            try connection.exchange([Statement("DELETE FROM deployment WHERE name = 'copy'")])
        }
    }

    package func replaceMasterKeyCheck(by value: [UInt8]) throws(StoreFailure) {
        try put("master_key_check", value)
    }

    private func put(_ name: String, _ value: [UInt8]) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    """
                    INSERT INTO deployment (name, value) VALUES ($1, $2)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """, .text(name), .bytes(value)))
        }
    }
}
