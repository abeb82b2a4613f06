internal import Domain

extension Tenant {
    /// The tenant for people.
    func sheet(publicURL: String) -> Sheet {
        var sheet = Sheet()
        sheet.add("tenant", id.text)
        sheet.add("name", name)
        sheet.add("status", status.rawValue)
        sheet.add("plan", plan.id.text)
        sheet.add("rate", "\(rateLimit.rate) a second, at most \(rateLimit.burst) at once")
        sheet.add("quota", "\(quota) token pairs a month")
        sheet.add("a user", userLimit.map { "\($0.burst) token pairs in \($0.window) s" })
        sheet.add("only reporting", shadow.isEmpty ? nil : shadow.names.joined(separator: ", "))
        sheet.add("token life", "\(tokenLife) s")
        sheet.add("token claims", tokenClaims.isEmpty ? nil : tokenClaims.joined(separator: ", "))
        sheet.add("xmpp host", xmppHost)
        sheet.add("issuer", "\(publicURL)/t/\(id)")
        sheet.add("created", createdAt.description)
        return sheet
    }
}
