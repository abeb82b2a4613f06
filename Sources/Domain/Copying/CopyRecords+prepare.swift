extension CopyRecords {
    /// Makes sure that nothing is overwritten that the source does not hold, then marks the target as unfinished.
    func prepare() throws(CopyFailure) {
        guard let check = try ask(.source, { end throws(StoreFailure) in try end.masterKeyCheck() }) else {
            throw .refused("The source has no record of its master key: no ChatTokens command has set it up.")
        }
        if try ask(.source, { end throws(StoreFailure) in try end.copyState() }) == .unfinished {
            throw .refused("The source is itself a copy that was broken off: finish that one first.")
        }
        if try !ask(.target, { end throws(StoreFailure) in try end.isEmpty() }) { try examineTarget(check) }
        try ask(.target) { end throws(StoreFailure) in
            try end.setCopyState(.unfinished)
            // Nothing is sealed under the target's own: it has no tenant yet, or this very value.
            try end.replaceMasterKeyCheck(by: check)
        }
    }

    /// A target with tenants must be an earlier copy of this source that nobody has served since.
    private func examineTarget(_ check: [UInt8]) throws(CopyFailure) {
        guard try ask(.target, { end throws(StoreFailure) in try end.copyState() }) != nil else {
            throw .refused(
                "The target holds tenants, and it is no copy that could be gone on with: a copy goes into an empty "
                    + "database, or into one that was copied to before and not served since.")
        }
        guard try ask(.target, { end throws(StoreFailure) in try end.masterKeyCheck() }) == check else {
            throw .refused(
                "The target is a copy of another deployment, or the master key of one of the two was rotated since: its "
                    + "master key check is not the source's.")
        }
        let here = try ask(.source) { end throws(StoreFailure) in try end.tenants() }
        let there = try ask(.target) { end throws(StoreFailure) in try end.tenants() }
        let strangers = Set(there.map(\.id)).subtracting(here.map(\.id)).map(\.text).sorted()
        guard strangers.isEmpty else {
            throw .refused(
                "The target holds tenants that the source does not know: \(strangers.prefix(10).joined(separator: ", "))"
            )
        }
    }
}
