import Domain
import Testing

@Suite("A bounded cache never grows past its capacity and keeps what is asked for")
struct BoundedCacheTests {
    @Test("whatever is inserted, asked for and removed, the capacity holds", arguments: [2, 3, 8, 9, 100])
    func capacity(capacity: Int) {
        var cache = BoundedCache<Int, Int>(capacity: capacity)
        for _ in 0..<20_000 {
            let key = Int.random(in: 0..<capacity * 3)
            switch Int.random(in: 0..<4) {
            case 0: cache.remove(key)
            case 1: _ = cache.value(key)
            default: cache.insert(key, for: key)
            }
            #expect(cache.count <= capacity)
        }
    }

    @Test("an entry asked for between all others outlives them")
    func favourite() {
        var cache = BoundedCache<Int, String>(capacity: 10)
        cache.insert("kept", for: -1)
        for key in 0..<1_000 {
            cache.insert("other", for: key)
            #expect(cache.value(-1) == "kept")
        }
    }

    @Test("an entry that nobody asks for goes when as many others came as the cache holds")
    func forgotten() {
        var cache = BoundedCache<Int, Int>(capacity: 10)
        cache.insert(0, for: -1)
        for key in 0..<10 { cache.insert(key, for: key) }
        #expect(cache.value(-1) == nil)
    }

    @Test("half of the capacity is always held, the latest first")
    func latest() {
        var cache = BoundedCache<Int, Int>(capacity: 10)
        for key in 0..<1_000 {
            cache.insert(key, for: key)
            for recent in max(0, key - 4)...key { #expect(cache.count > 0 && peek(cache, recent) == recent) }
        }
    }

    private func peek(_ cache: BoundedCache<Int, Int>, _ key: Int) -> Int? {
        var copy = cache
        return copy.value(key)
    }

    @Test("an entry replaced has the new value, also where the old one was about to go")
    func replacement() {
        var cache = BoundedCache<Int, Int>(capacity: 4)
        cache.insert(1, for: 0)
        cache.insert(1, for: 1)
        cache.insert(1, for: 2)
        cache.insert(2, for: 0)
        #expect(cache.value(0) == 2)
        for key in 10..<12 { cache.insert(0, for: key) }
        #expect(cache.value(0) != 1)
    }

    @Test("an entry removed is gone from both generations")
    func removal() {
        var cache = BoundedCache<Int, Int>(capacity: 4)
        for key in 0..<3 { cache.insert(key, for: key) }
        for key in 0..<3 {
            cache.remove(key)
            #expect(cache.value(key) == nil)
        }
        #expect(cache.count == 0)
    }
}
