/// How many token pairs one user may have within a time.
package struct UserRate: Sendable, Equatable {
    /// Pairs that may come at once after a pause, and are to be had again evenly over the window.
    package let pairs: Int
    /// Seconds.
    package let window: Int

    /// The most pairs, and the longest window in seconds (a day).
    package static let mostPairs = 1_000_000, longestWindow = 86_400

    /// A rate; nil where it has not 1 to ``mostPairs`` pairs and 1 to ``longestWindow`` seconds.
    package init?(pairs: Int, window: Int) {
        guard (1...Self.mostPairs).contains(pairs), (1...Self.longestWindow).contains(window) else { return nil }
        self.pairs = pairs
        self.window = window
    }

    /// The limit that each user is held to.
    package var limit: RateLimit { RateLimit(rate: pairs, period: window, burst: pairs) }
}
