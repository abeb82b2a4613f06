internal import Synchronization

/// A part of the revocations in memory: an open-addressing table of 16 bytes an entry.
///
/// A look-up holds the lock for a few nanoseconds; the parts are so many that hardly two meet.
final class RevocationShard: Sendable {
    private let table = Mutex(Table())

    /// The entry with this tag; nil where there is none.
    func entry(_ tag: UInt64) -> RevocationEntry? {
        table.withLock { $0.entry(tag) }
    }

    /// Adds an entry, or has the one with this tag reach as far; true where it was added.
    func insert(_ entry: RevocationEntry, tag: UInt64) -> Bool {
        table.withLock { $0.insert(entry, tag: tag) }
    }

    /// Forgets what expired before the minute; returns how many entries went.
    func sweep(before minute: UInt64) -> Int {
        table.withLock { $0.sweep(before: minute) }
    }

    /// Linear probing over pairs of words: the tag, which is never 0, and the entry.
    private struct Table {
        private var words: [UInt64] = []
        private var count = 0

        private var capacity: Int { words.count / 2 }

        func entry(_ tag: UInt64) -> RevocationEntry? {
            guard count > 0 else { return nil }
            let place = place(of: tag)
            return words[place] == 0 ? nil : RevocationEntry(word: words[place + 1])
        }

        mutating func insert(_ entry: RevocationEntry, tag: UInt64) -> Bool {
            if (count + 1) * 4 > capacity * 3 { rebuild(capacity: max(16, capacity * 2)) { _ in true } }
            let place = place(of: tag)
            let isNew = words[place] == 0
            words[place] = tag
            words[place + 1] = isNew ? entry.word : RevocationEntry(word: words[place + 1]).merged(with: entry).word
            if isNew { count += 1 }
            return isNew
        }

        mutating func sweep(before minute: UInt64) -> Int {
            var live = 0
            for place in stride(from: 0, to: words.count, by: 2)
            where words[place] != 0 && RevocationEntry(word: words[place + 1]).lastMinute >= minute { live += 1 }
            let dead = count - live
            guard dead > 0 else { return 0 }
            var capacity = 16
            while live * 4 > capacity * 3 { capacity *= 2 }
            rebuild(capacity: live == 0 ? 0 : capacity) { $0.lastMinute >= minute }
            return dead
        }

        /// Where the tag is, or would go, as the index of its word.
        private func place(of tag: UInt64) -> Int {
            let mask = capacity - 1
            var slot = Int(truncatingIfNeeded: tag) & mask
            while words[2 * slot] != 0, words[2 * slot] != tag { slot = (slot + 1) & mask }
            return 2 * slot
        }

        private mutating func rebuild(capacity: Int, keeping isKept: (RevocationEntry) -> Bool) {
            let old = words
            words = [UInt64](repeating: 0, count: 2 * capacity)
            count = 0
            for place in stride(from: 0, to: old.count, by: 2) where old[place] != 0 {
                guard isKept(RevocationEntry(word: old[place + 1])) else { continue }
                let target = self.place(of: old[place])
                words[target] = old[place]
                words[target + 1] = old[place + 1]
                count += 1
            }
        }
    }
}

/// A cut-off in milliseconds (40 bits) and the minute in which it expires (24 bits), both counted from 2020.
struct RevocationEntry {
    let word: UInt64

    private static let epoch: Int64 = 1_577_836_800_000

    init(word: UInt64) {
        self.word = word
    }

    init(cutoff: Timestamp, expires: Timestamp) {
        let milliseconds = UInt64(min(max(0, cutoff.milliseconds - Self.epoch), 1 << 40 - 1))
        word = milliseconds << 24 | Self.minute(of: expires)
    }

    /// The minute in which a moment lies.
    static func minute(of moment: Timestamp) -> UInt64 {
        UInt64(min(max(0, (moment.milliseconds - epoch) / 60_000), 1 << 24 - 1))
    }

    /// Grants born before this many milliseconds since 1970 are void.
    var cutoff: Int64 { Int64(word >> 24) + Self.epoch }
    /// The last minute in which it may match a token that is alive.
    var lastMinute: UInt64 { word & 0xFF_FFFF }

    /// The one that reaches as far as both.
    func merged(with other: RevocationEntry) -> RevocationEntry {
        RevocationEntry(word: max(word >> 24, other.word >> 24) << 24 | max(lastMinute, other.lastMinute))
    }
}
