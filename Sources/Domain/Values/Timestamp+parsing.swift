extension Timestamp {
    /// The moment that an RFC 3339 text in UTC names, such as `2026-01-02T03:04:05Z`, or the first moment of a day such
    /// as `2026-01-02`; nil for any other text.
    ///
    /// A second may have up to nine digits, of which those behind the milliseconds do not count.
    package init?(rfc3339 text: String) {
        let utf8 = Array(text.utf8)
        guard utf8.count >= 10, utf8[4] == UInt8(ascii: "-"), utf8[7] == UInt8(ascii: "-"),
            let year = Self.number(utf8[0..<4]), let month = Self.number(utf8[5..<7]),
            let day = Self.number(utf8[8..<10]),
            let midnight = CivilDate.secondsSinceEpoch(year: year, month: month, day: day)
        else { return nil }
        if utf8.count == 10 {
            self.init(seconds: midnight)
            return
        }
        guard utf8.count >= 20, utf8[10] | 0x20 == UInt8(ascii: "t"), utf8[13] == UInt8(ascii: ":"),
            utf8[16] == UInt8(ascii: ":"), let end = Self.endOfTime(utf8), let hour = Self.number(utf8[11..<13]),
            hour < 24, let minute = Self.number(utf8[14..<16]), minute < 60,
            let second = Self.number(utf8[17..<19]), second < 60,
            let fraction = Self.fraction(utf8[19..<end])
        else { return nil }
        self.init(milliseconds: (midnight + hour * 3_600 + minute * 60 + second) * 1_000 + fraction)
    }

    /// Where the time of day ends and its zone begins; nil for another zone than UTC.
    private static func endOfTime(_ text: [UInt8]) -> Int? {
        if text[text.count - 1] | 0x20 == UInt8(ascii: "z") { return text.count - 1 }
        let zone = text.count - 6
        return zone >= 19 && text[zone...].elementsEqual("+00:00".utf8) ? zone : nil
    }

    /// Milliseconds of nothing, or of a point and one to nine digits.
    private static func fraction(_ text: ArraySlice<UInt8>) -> Int64? {
        guard let point = text.first else { return 0 }
        let digits = text.dropFirst()
        guard point == UInt8(ascii: "."), (1...9).contains(digits.count), number(digits) != nil,
            let milliseconds = number(digits.prefix(3))
        else { return nil }
        return milliseconds * [100, 10, 1][min(digits.count, 3) - 1]
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int64? {
        var number: Int64 = 0
        for digit in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return number
    }
}

extension CivilDate {
    /// The first second of a day since 1970; nil for a day that no calendar has.
    fileprivate static func secondsSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64? {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let seconds = (era * 146_097 + dayOfEra - 719_468) * 86_400
        // The 31st of a short month is another day when read back.
        let date = CivilDate(secondsSinceEpoch: seconds)
        return Int64(date.month) == month && Int64(date.day) == day ? seconds : nil
    }
}
