/// Numbers that are integers, however they are written.
extension JSONText {
    /// The integer that a validated number is, to the last digit: 3600, but also 3600.0 and 36e2.
    ///
    /// - Parameters:
    ///   - bytes: The scanned bytes.
    ///   - number: The range of a number found in them.
    /// - Returns: Nil for a number that is no integer or that an `Int64` cannot hold.
    package static func integer(_ bytes: Span<UInt8>, _ number: Range<Int>) -> Int64? {
        let isNegative = bytes[number.lowerBound] == UInt8(ascii: "-")
        var value: Int64 = 0
        /// Zeros at the end of the digits, which `value` does not have yet, and digits behind the point.
        var zeros = 0, places = 0
        var isFraction = false
        var exponent = 0
        for index in number.dropFirst(isNegative ? 1 : 0) {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                exponent = self.exponent(bytes, index + 1..<number.upperBound)
                break
            } else {
                if isFraction { places += 1 }
                zeros += 1
                guard byte != UInt8(ascii: "0") else { continue }
                guard let shifted = shift(value, by: zeros) else { return nil }
                let (sum, isTooLarge) = shifted.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
                if isTooLarge { return nil }
                value = sum
                zeros = 0
            }
        }
        return shift(value, by: zeros - places + exponent).map { isNegative ? -$0 : $0 }
    }

    /// The number times ten to this power; nil where that is no integer or too large.
    ///
    /// The number is 0 or ends in another digit than 0.
    private static func shift(_ number: Int64, by power: Int) -> Int64? {
        guard number != 0, power != 0 else { return number }
        guard (0...18).contains(power) else { return nil }
        var shifted = number
        for _ in 0..<power {
            let (product, isTooLarge) = shifted.multipliedReportingOverflow(by: 10)
            if isTooLarge { return nil }
            shifted = product
        }
        return shifted
    }

    /// What stands behind the `e`, as far as it makes a difference.
    private static func exponent(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        var exponent = 0
        for index in range where bytes[index] != UInt8(ascii: "-") && bytes[index] != UInt8(ascii: "+") {
            exponent = min(exponent * 10 + Int(bytes[index] - UInt8(ascii: "0")), 1_000_000_000)
        }
        return isNegative ? -exponent : exponent
    }
}
