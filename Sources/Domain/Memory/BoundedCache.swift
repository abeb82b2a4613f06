/// A dictionary that never holds more than its capacity and forgets what was not asked for lately.
///
/// Two generations of half the capacity each: a look-up moves an entry to the young one; when that is full the old
/// one is dropped whole. Every operation is constant-time, whatever an attacker asks for.
package struct BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let half: Int

    /// A cache for at most `capacity` entries, at least 2.
    package init(capacity: Int) {
        half = max(1, capacity / 2)
    }

    /// The entry, which counts as asked for.
    package mutating func value(_ key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        insert(value, for: key)
        return value
    }

    /// Adds or replaces an entry.
    package mutating func insert(_ value: Value, for key: Key) {
        if young.count >= half, young[key] == nil {
            old = young
            young = [:]
            young.reserveCapacity(half)
        }
        old.removeValue(forKey: key)
        young[key] = value
    }

    /// Forgets an entry.
    package mutating func remove(_ key: Key) {
        young.removeValue(forKey: key)
        old.removeValue(forKey: key)
    }

    /// Every value held now, in no order; takes time that grows with their number.
    package var values: [Value] { Array(young.values) + Array(old.values) }

    /// Entries held now, of both generations.
    package var count: Int { young.count + old.count }
}
