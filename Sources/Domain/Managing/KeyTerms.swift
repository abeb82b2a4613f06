/// On what terms a key works, as whoever creates one says.
package struct KeyTerms: Sendable, Equatable {
    /// Seconds until it stops working by itself, 1 to ``ManageKeys/longestLife``; nil: never.
    package var expiresIn: Int?
    /// Where it may be used from, at most ``APIKey/mostAddresses``; empty: from everywhere.
    package var allowedAddresses: [AddressRange]
    /// A limit of its own, each number up to ``TenantChange/largestRate``; nil: its tenant's alone.
    package var rateLimit: RateLimit?

    /// Terms; without any, a key works for ever, from everywhere, and as fast as its tenant may.
    package init(expiresIn: Int? = nil, allowedAddresses: [AddressRange] = [], rateLimit: RateLimit? = nil) {
        self.expiresIn = expiresIn
        self.allowedAddresses = allowedAddresses
        self.rateLimit = rateLimit
    }

    var complaints: [Failure.Field] {
        var complaints: [Failure.Field] = []
        if let expiresIn, !(1...ManageKeys.longestLife).contains(expiresIn) {
            complaints.append(Failure.Field("expiresIn", "must be from 1 to \(ManageKeys.longestLife) seconds"))
        }
        if allowedAddresses.count > APIKey.mostAddresses {
            complaints.append(Failure.Field("allowedAddresses", "must be at most \(APIKey.mostAddresses)"))
        }
        let largest = TenantChange.largestRate
        if let rateLimit, rateLimit.rate > largest || rateLimit.burst > largest {
            complaints.append(Failure.Field("rateLimit", "must have a rate and a burst from 1 to \(largest)"))
        }
        return complaints
    }
}

/// What is changed of a key; a member that is nil or `keep` stays as it is.
package struct KeyChange: Sendable, Equatable {
    /// What people call it, 1 to 255 characters.
    package var name: String?
    /// Seconds from now until it stops working, 1 to ``ManageKeys/longestLife``; cleared: never.
    package var expiresIn: FieldChange<Int> = .keep
    /// Where it may be used from; cleared: from everywhere.
    package var allowedAddresses: FieldChange<[AddressRange]> = .keep
    /// A limit of its own; cleared: its tenant's alone.
    package var rateLimit: FieldChange<RateLimit> = .keep

    /// A change of nothing.
    package init() {}

    /// The key after the change; throws `invalid` with a complaint for every field that breaks its rule.
    func applied(to key: APIKey, at now: Timestamp) throws(ManagementFailure) -> APIKey {
        var terms = KeyTerms(
            allowedAddresses: allowedAddresses.applied(to: key.allowedAddresses) ?? [],
            rateLimit: rateLimit.applied(to: key.rateLimit))
        if case .set(let seconds) = expiresIn { terms.expiresIn = seconds }
        var complaints = terms.complaints
        if let name, !DisplayName.isFit(name) { complaints.append(Failure.Field("name", DisplayName.rule)) }
        guard complaints.isEmpty else { throw .invalid(complaints) }
        var changed = key
        changed.name = name ?? key.name
        changed.allowedAddresses = terms.allowedAddresses
        changed.rateLimit = terms.rateLimit
        switch expiresIn {
        case .keep: break
        case .clear: changed.expiresAt = nil
        case .set(let seconds): changed.expiresAt = now.adding(seconds: Int64(seconds))
        }
        return changed
    }
}
