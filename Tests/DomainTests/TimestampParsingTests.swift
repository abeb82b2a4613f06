import Domain
import Testing

@Suite("Times as people give them")
struct TimestampParsingTests {
    @Test(
        "a time in UTC, or a day",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-02T03:04:05Z", 1_767_323_045_000),
            ("2026-01-02t03:04:05z", 1_767_323_045_000),
            ("2026-01-02T03:04:05+00:00", 1_767_323_045_000), ("2026-01-02T03:04:05.678912Z", 1_767_323_045_678),
            ("2026-01-02T03:04:05.678999999+00:00", 1_767_323_045_678), ("2026-01-02T03:04:05.6Z", 1_767_323_045_600),
            ("2026-01-02T03:04:05.678Z", 1_767_323_045_678),
            ("2026-01-02", 1_767_312_000_000), ("2024-02-29", 1_709_164_800_000), ("1969-12-31", -86_400_000),
            ("0000-03-01", -62_162_035_200_000),
        ])
    func read(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(
        "nothing else",
        arguments: [
            "", "2026", "2026-1-2", "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-02T03:04:05",
            "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z", "2026-01-02T03:04:60Z", "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05.0123456789Z", "2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05+00:0",
            "2026-01-02T03:04:05+01:00", "2026-01-02 03:04:05Z", "２026-01-02",
            "-026-01-02", "2026-01-02Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("what is written precisely is read back")
    func roundTrip() {
        for milliseconds in [0, 1, 999, 1_767_323_045_678, -1, -1_000_001] as [Int64] {
            let moment = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(rfc3339: moment.precise) == moment, "\(moment.precise)")
        }
    }
}
