/// A moment of the wall clock, in milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Milliseconds since the Unix epoch; negative before it.
    package let milliseconds: Int64

    /// The moment so many milliseconds after the Unix epoch.
    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The moment so many seconds after the Unix epoch.
    package init(seconds: Int64) {
        self.milliseconds = seconds * 1_000
    }

    /// Whole seconds since the Unix epoch, rounded down: the NumericDate of RFC 7519 §2.
    package var seconds: Int64 {
        (milliseconds - (milliseconds % 1_000 + 1_000) % 1_000) / 1_000
    }

    /// The moment `seconds` later.
    package func adding(seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds + seconds * 1_000)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with whole seconds, such as `2026-01-02T03:04:05Z`.
    package var description: String {
        var text: [UInt8] = []
        appendRFC3339(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the 20 bytes of ``description`` without an allocation of its own.
    package func appendRFC3339(to out: inout [UInt8]) {
        let time = seconds
        let date = CivilDate(secondsSinceEpoch: time)
        let ofDay = Int((time % 86_400 + 86_400) % 86_400)
        out.append(addingCapacity: 20) { text in
            Self.append(date.year / 100, to: &text)
            Self.append(date.year % 100, then: "-", to: &text)
            Self.append(date.month, then: "-", to: &text)
            Self.append(date.day, then: "T", to: &text)
            Self.append(ofDay / 3_600, then: ":", to: &text)
            Self.append(ofDay / 60 % 60, then: ":", to: &text)
            Self.append(ofDay % 60, then: "Z", to: &text)
        }
    }

    /// Appends two digits and a sign.
    private static func append(_ number: Int, then sign: Unicode.Scalar? = nil, to out: inout OutputSpan<UInt8>) {
        out.append(UInt8(ascii: "0") + UInt8(number / 10 % 10))
        out.append(UInt8(ascii: "0") + UInt8(number % 10))
        if let sign { out.append(UInt8(ascii: sign)) }
    }
}

/// A day of the proleptic Gregorian calendar in UTC.
package struct CivilDate: Sendable, Equatable {
    /// The year, the month (1 to 12) and the day of the month (1 to 31).
    package let year: Int, month: Int, day: Int

    /// The UTC day in which the given second lies.
    package init(secondsSinceEpoch seconds: Int64) {
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

/// A calendar day in UTC.
package struct Day: Sendable, Hashable, Comparable {
    /// Days since 1970-01-01.
    package let sinceEpoch: Int

    /// The day in which the moment lies.
    package init(of moment: Timestamp) {
        let seconds = moment.seconds
        sinceEpoch = Int((seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400)
    }

    /// The day so many days after 1970-01-01.
    package init(sinceEpoch: Int) {
        self.sinceEpoch = sinceEpoch
    }

    /// The day of a number such as 20261121; nil where there is no such day of the years 1970 to 9999.
    package init?(number: Int) {
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
        guard (1_970...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        sinceEpoch = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        guard self.number == number else { return nil }
    }

    /// The day of a text such as `2026-11-21`.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }),
            let number = Int(parts.joined())
        else { return nil }
        self.init(number: number)
    }

    /// Year, month and day as one number, such as 20261121.
    package var number: Int {
        let date = CivilDate(secondsSinceEpoch: Int64(sinceEpoch) * 86_400)
        return date.year * 10_000 + date.month * 100 + date.day
    }

    /// The first moment of the day.
    package var start: Timestamp { Timestamp(seconds: Int64(sinceEpoch) * 86_400) }

    /// The day so many days later.
    package func adding(days: Int) -> Day { Day(sinceEpoch: sinceEpoch + days) }

    /// The first day of the month so many months before this day's.
    package func startOfMonth(before months: Int) -> Day {
        let month = number / 10_000 * 12 + number / 100 % 100 - 1 - months
        return Day(number: month / 12 * 10_000 + (month % 12 + 1) * 100 + 1) ?? Day(sinceEpoch: 0)
    }

    package static func < (left: Day, right: Day) -> Bool { left.sinceEpoch < right.sinceEpoch }
}

extension Day: CustomStringConvertible {
    /// ISO 8601, such as `2026-11-21`.
    package var description: String { String(start.description.prefix(10)) }
}

/// A calendar month in UTC, the period over which a quota counts.
package struct Month: Sendable, Hashable {
    /// Year and month as one number, such as 202611.
    package let number: Int

    /// The month in which the moment lies.
    package init(of moment: Timestamp) {
        let date = CivilDate(secondsSinceEpoch: moment.seconds)
        number = date.year * 100 + date.month
    }

    /// Seconds from `moment` until the first second of the next month, at least 1.
    package static func secondsLeft(at moment: Timestamp) -> Int64 {
        let now = moment.seconds
        let today = CivilDate(secondsSinceEpoch: now)
        var midnight = now - (now % 86_400 + 86_400) % 86_400 + 86_400
        while CivilDate(secondsSinceEpoch: midnight).month == today.month { midnight += 86_400 }
        return midnight - now
    }
}
