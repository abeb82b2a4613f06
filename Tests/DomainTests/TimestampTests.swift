import Domain
import Foundation
import Testing

@Suite("A timestamp is shown as RFC 3339 in UTC")
struct TimestampTests {
    @Test(
        "leap days, ends of years and days before 1970 come out right",
        arguments: [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (1_767_323_045, "2026-01-02T03:04:05Z"),
            (2_147_483_648, "2038-01-19T03:14:08Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-2_203_891_200, "1900-03-01T00:00:00Z"),
            (-2_203_891_201, "1900-02-28T23:59:59Z"),
            (-11_670_955_200, "1600-02-29T12:00:00Z"),
            (-62_135_596_800, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)])
    func vectors(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds).description == text)
    }

    @Test("any moment of the Gregorian calendar reads as Foundation writes it")
    func differential() {
        for _ in 0..<5_000 {
            let seconds = Int64.random(in: -12_212_553_600...64_060_588_800)
            let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
            #expect(Timestamp(seconds: seconds).description == expected)
        }
    }

    @Test(
        "milliseconds are cut, towards the past also before 1970",
        arguments: [(999, 0), (1_000, 1), (0, 0), (-1, -1), (-1_000, -1), (-1_001, -2)] as [(Int64, Int64)])
    func wholeSeconds(milliseconds: Int64, seconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).seconds == seconds)
    }

    @Test("a moment is earlier than every later one and keeps its milliseconds when seconds are added")
    func arithmetic() {
        let moment = Timestamp(milliseconds: 1_500)
        #expect(moment.adding(seconds: 2) == Timestamp(milliseconds: 3_500))
        #expect(moment.adding(seconds: -2) == Timestamp(milliseconds: -500))
        #expect(moment < moment.adding(seconds: 1) && !(moment < moment))
    }
}

@Suite("A quota counts by the calendar month in UTC")
struct MonthTests {
    @Test(
        "a month begins with its first second and ends with its last",
        arguments: [
            (1_767_225_599, 202_512, 1), (1_767_225_600, 202_601, 31 * 86_400), (1_709_251_199, 202_402, 1),
            (1_709_164_800, 202_402, 86_400), (4_107_542_399, 210_002, 1), (0, 197_001, 31 * 86_400),
            (-1, 196_912, 1), (-86_400 * 31, 196_912, 31 * 86_400),
        ] as [(Int64, Int, Int64)])
    func edges(seconds: Int64, number: Int, left: Int64) {
        let moment = Timestamp(seconds: seconds)
        #expect(Month(of: moment).number == number)
        #expect(Month.secondsLeft(at: moment) == left)
    }

    @Test("the seconds left lead to midnight of the first of the next month, whatever the moment")
    func secondsLeft() {
        for _ in 0..<2_000 {
            let moment = Timestamp(milliseconds: Int64.random(in: -2_000_000_000_000...8_000_000_000_000))
            let left = Month.secondsLeft(at: moment)
            let next = moment.adding(seconds: left)
            #expect((1...31 * 86_400).contains(left))
            #expect(next.description.hasSuffix("-01T00:00:00Z"))
            #expect(Month(of: next) != Month(of: moment))
            #expect(Month(of: next.adding(seconds: -1)) == Month(of: moment))
        }
    }
}
