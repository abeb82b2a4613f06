internal import Domain

extension Plan {
    /// The plan for people.
    var sheet: Sheet {
        var sheet = Sheet()
        sheet.add("plan", id.text)
        sheet.add("name", name)
        sheet.add("rate", "\(rate) a second, at most \(burst) at once")
        sheet.add("quota", "\(quota) token pairs a month")
        sheet.add("an API key", keyRate.map { "\($0.rate) a second, at most \($0.burst) at once" })
        sheet.add("a user", userRate.map { "\($0.pairs) token pairs in \($0.window) s" })
        sheet.add("created", createdAt?.description ?? "with the program")
        return sheet
    }
}
