internal import Domain
internal import Tokens

extension SealedKey {
    /// The key for people.
    var sheet: Sheet {
        var sheet = Sheet()
        sheet.add("signing key", kid)
        sheet.add("algorithm", algorithm.rawValue)
        sheet.add("state", state.rawValue)
        sheet.add("created", createdAt.description)
        return sheet
    }

    /// Keys as a table.
    static func table(_ keys: [SealedKey]) -> String {
        var table = Table(["KID", "ALGORITHM", "STATE", "CREATED", "CHANGED"])
        for key in keys {
            table.add([
                key.kid, key.algorithm.rawValue, key.state.rawValue, key.createdAt.description,
                key.changedAt.description,
            ])
        }
        return table.text(ifEmpty: "No signing keys.")
    }
}
