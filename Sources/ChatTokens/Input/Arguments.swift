internal import ArgumentParser
internal import Domain
internal import Tokens

extension Tenant.ID: ExpressibleByArgument {
    /// A tenant's identifier as typed.
    init?(argument: String) { self.init(argument) }
}

extension APIKey.ID: ExpressibleByArgument {
    /// A key's identifier as typed, alone or as a preview (`chatsdk_…`).
    init?(argument: String) {
        self.init(argument.split(separator: "_").last.map(String.init) ?? "")
    }
}

extension AddressRange: ExpressibleByArgument {
    /// An address or a network as typed.
    init?(argument: String) { self.init(argument) }
}

extension Digest: ExpressibleByArgument {
    /// A SHA-256 as typed: 64 hexadecimal digits.
    init?(argument: String) { self.init(hex: argument) }
}

extension Plan.ID: ExpressibleByArgument {
    /// A plan's identifier as typed.
    init?(argument: String) { self.init(argument) }
}

extension TokenKind: ExpressibleByArgument {}
extension Verifier: ExpressibleByArgument {}

extension Timestamp: ExpressibleByArgument {
    /// A moment of RFC 3339 in UTC.
    init?(argument: String) { self.init(rfc3339: argument) }
}

extension SignatureAlgorithm: ExpressibleByArgument {
    /// A JOSE name in any case.
    init?(argument: String) {
        let match = SignatureAlgorithm.allCases.first { $0.rawValue.lowercased() == argument.lowercased() }
        guard let match else { return nil }
        self = match
    }
}

/// A span of time as typed: seconds, or a number with `s`, `m`, `h` or `d`.
struct Seconds: ExpressibleByArgument {
    let count: Int

    init?(argument: String) {
        let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let factor = argument.last.flatMap { factors[$0] }
        guard let number = Int(factor == nil ? argument : String(argument.dropLast())), number >= 0 else { return nil }
        let (count, overflow) = number.multipliedReportingOverflow(by: factor ?? 1)
        guard !overflow else { return nil }
        self.count = count
    }
}

/// A limit as typed: a number, or `plan` for that of the tenant's plan.
struct Limit<Number: FixedWidthInteger & Sendable & LosslessStringConvertible>: ExpressibleByArgument {
    let change: FieldChange<Number>

    init?(argument: String) {
        if argument == "plan" {
            change = .clear
        } else if let number = Number(argument) {
            change = .set(number)
        } else {
            return nil
        }
    }
}

/// A limit by key as typed: `rate/burst` in requests a second and at once, or `none`.
struct KeyRateArgument: ExpressibleByArgument {
    let change: FieldChange<RateLimit>

    init?(argument: String) {
        if argument == "none" {
            change = .clear
            return
        }
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let rate = parts[0], let burst = parts[1], rate >= 1, burst >= 1 else { return nil }
        change = .set(RateLimit(rate: rate, burst: burst))
    }
}

/// A limit by user as typed: `pairs/window`, such as `10/15m`, or `none`.
struct UserRateArgument: ExpressibleByArgument {
    let change: FieldChange<UserRate>

    init?(argument: String) {
        if argument == "none" {
            change = .clear
            return
        }
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let pairs = Int(parts[0]), let window = Seconds(argument: parts[1])?.count,
            let rate = UserRate(pairs: pairs, window: window)
        else { return nil }
        change = .set(rate)
    }
}
