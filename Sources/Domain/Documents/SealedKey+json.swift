package import Tokens

extension SealedKey {
    /// The key without its numbers, as commands and the API show it.
    package var json: JSON {
        [
            "kid": JSON(kid), "algorithm": JSON(algorithm.rawValue), "state": JSON(state.rawValue),
            "createdAt": JSON(createdAt.description), "changedAt": JSON(changedAt.description),
        ]
    }
}
