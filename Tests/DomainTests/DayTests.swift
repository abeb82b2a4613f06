import Domain
import Testing

@Suite("Days are those of UTC")
struct DayTests {
    @Test("days of four centuries are read back from their numbers and their texts")
    func roundTrip() throws {
        var last = 0
        for days in stride(from: 0, to: 146_097, by: 13) {
            let day = Day(sinceEpoch: days)
            #expect(day.number > last && Day(number: day.number) == day && Day(day.description) == day)
            last = day.number
        }
        let day = try #require(Day("2026-11-21"))
        #expect(day.number == 20_261_121 && day.description == "2026-11-21")
        #expect(day.start.description == "2026-11-21T00:00:00Z")
        #expect(Day(of: day.start) == day)
        #expect(Day(of: Timestamp(milliseconds: day.start.milliseconds - 1)) == day.adding(days: -1))
        #expect(Day(of: Timestamp(milliseconds: -1)).sinceEpoch == -1)
    }

    @Test(
        "what is no day is none",
        arguments: ["2026-02-29", "2026-13-01", "2026-00-10", "2026-11-31", "26-11-21", "2026-1-1", "+026-11-21", ""])
    func none(text: String) {
        #expect(Day(text) == nil)
    }

    @Test("months before a day begin on their first")
    func months() throws {
        let day = try #require(Day("2026-11-21"))
        #expect(day.startOfMonth(before: 0).description == "2026-11-01")
        #expect(day.startOfMonth(before: 10).description == "2026-01-01")
        #expect(day.startOfMonth(before: 11).description == "2025-12-01")
        #expect(day.startOfMonth(before: 13).description == "2025-10-01")
    }
}
