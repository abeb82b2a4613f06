internal import Domain

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension IssueCommand {
    /// Whether this comes before the other by tenant, user and month, by bytes: the order in which everything is
    /// locked.
    func precedes(_ other: IssueCommand) -> Bool {
        let tenants = tenant.text.compared(to: other.tenant.text)
        guard tenants == 0 else { return tenants < 0 }
        let users = change.id.text.compared(to: other.change.id.text)
        return users == 0 ? month.number < other.month.number : users < 0
    }
}

extension String {
    /// Below, at or above zero as this text's bytes come before, equal or follow the other's.
    ///
    /// `<` of strings compares what they look like, which neither the database nor an identifier does.
    fileprivate func compared(to other: String) -> Int {
        let order = unsafe utf8.withContiguousStorageIfAvailable { mine in
            unsafe other.utf8.withContiguousStorageIfAvailable { theirs in
                guard let start = mine.baseAddress, let other = theirs.baseAddress else {
                    return mine.count - theirs.count
                }
                let order = unsafe memcmp(start, other, min(mine.count, theirs.count))
                return order == 0 ? mine.count - theirs.count : Int(order)
            }
        }
        if case .some(.some(let order)) = order { return order }
        if utf8.elementsEqual(other.utf8) { return 0 }
        return utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
    }
}
