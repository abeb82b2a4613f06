import Domain
import Testing

@Suite("Clients come back before their tokens expire, and not all at once")
struct RefreshAfterTests {
    private func refreshAfter(life: Int64, random: UInt64) -> Int64 {
        let grant = Grant.ID(birth: Timestamp(seconds: 0), random: 0, moreRandom: random)
        return IssueTokens.refreshAfter(life: life, grant: grant)
    }

    @Test("for 24 hours it is 20 hours less at most a tenth, both ends included")
    func day() {
        var seen: Set<Int64> = []
        for random in UInt64(0)..<30_000 { seen.insert(refreshAfter(life: 86_400, random: random)) }
        #expect(seen.min() == 64_800 && seen.max() == 72_000)
        #expect(seen.count == 7_201)
    }

    @Test("a crowd is spread evenly")
    func spread() {
        var source = Grant.Source(world: .system)
        let times = (0..<20_000).map { _ in
            IssueTokens.refreshAfter(life: 86_400, grant: source.next(at: Timestamp(seconds: 0)))
        }
        for tenth in 0..<10 {
            let range = 64_800 + Int64(tenth) * 720..<64_800 + Int64(tenth + 1) * 720
            let count = times.count { range.contains($0) }
            #expect((1_700...2_300).contains(count), "\(range): \(count)")
        }
    }

    @Test("one grant always gets the same answer")
    func stable() {
        #expect(refreshAfter(life: 86_400, random: 77) == refreshAfter(life: 86_400, random: 77))
    }

    @Test("for every life it lies between three and five sixths of it", arguments: [60, 61, 100, 3_600, 86_399])
    func everyLife(life: Int64) {
        for random in UInt64(0)..<500 {
            let seconds = refreshAfter(life: life, random: random)
            #expect(seconds <= life * 5 / 6 && seconds >= life * 3 / 4 - 1 && seconds < life)
        }
    }
}
