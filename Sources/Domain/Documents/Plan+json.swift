package import Tokens

extension Plan {
    /// The plan as commands and the API show it.
    package var json: JSON {
        [
            "id": JSON(id.text), "name": JSON(name), "rate": JSON(Int64(rate)), "burst": JSON(Int64(burst)),
            "quota": JSON(quota), "keyRate": JSON(optional: keyRate), "userRate": JSON(optional: userRate),
            "createdAt": JSON(optional: createdAt),
        ]
    }
}

extension JSON {
    /// A limit of requests a second, or null.
    package init(optional limit: RateLimit?) {
        self = limit?.json ?? nil
    }

    /// A limit by user, or null.
    package init(optional rate: UserRate?) {
        self = rate.map { ["pairs": JSON(Int64($0.pairs)), "windowSeconds": JSON(Int64($0.window))] } ?? nil
    }
}
