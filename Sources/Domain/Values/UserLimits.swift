/// How much may be stored about a user; the same for every way by which it comes.
package enum UserLimits {
    /// The longest name and the longest image address in characters.
    package static let nameCharacters = 255, imageCharacters = 2_048
    /// The most bytes of custom metadata as compact JSON.
    package static let customBytes = 5_120
    /// The deepest nesting of custom metadata, itself the first level.
    package static let customDepth = 16
    /// What is said of custom metadata that is too large.
    package static let customSizeRule = "must have at most \(customBytes) bytes as compact JSON"
}
