/// Numbers (RFC 8259 §6): `-`, an integer without leading zeros, a fraction, an exponent.
extension JSONScanner {
    mutating func number(_ bytes: Span<UInt8>, _ start: Int) throws(JSONFailure) -> Int {
        var index = start
        if bytes[index] == UInt8(ascii: "-") { index &+= 1 }
        if Self.byte(bytes, index) == UInt8(ascii: "0") {
            index &+= 1
        } else {
            index = try digits(bytes, index)
        }
        if Self.byte(bytes, index) == UInt8(ascii: ".") { index = try digits(bytes, index &+ 1) }
        if Self.byte(bytes, index) | 0x20 == UInt8(ascii: "e") {
            let sign = Self.byte(bytes, index &+ 1)
            let isSigned = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
            index = try digits(bytes, index &+ (isSigned ? 2 : 1))
        }
        // `01` and `1.2.3` would otherwise be told as an unexpected character after a number.
        switch Self.byte(bytes, index) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): throw JSONFailure(.invalidNumber, at: index)
        default: return index
        }
    }

    /// One digit or more.
    @inline(__always)
    private func digits(_ bytes: Span<UInt8>, _ start: Int) throws(JSONFailure) -> Int {
        var index = start
        while Self.byte(bytes, index) &- UInt8(ascii: "0") < 10 { index &+= 1 }
        guard index > start else { throw Self.unexpected(bytes, index, .invalidNumber) }
        return index
    }
}
