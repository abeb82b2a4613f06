/// White space in header fields: OWS of RFC 9110 §5.6.3.
extension UInt8 {
    /// Whether this is a space or a tab.
    var isFieldSpace: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}

extension Span<UInt8> {
    /// How many bytes there are before the spaces and tabs at the end.
    var countWithoutTrailingSpace: Int {
        var end = count
        while end > 0, self[end - 1].isFieldSpace { end -= 1 }
        return end
    }
}

extension Substring.UTF8View {
    /// The same without the spaces and tabs around it.
    var withoutFieldSpace: Substring.UTF8View {
        var rest = drop(while: \.isFieldSpace)
        while rest.last?.isFieldSpace == true { rest.removeLast() }
        return rest
    }
}

extension String {
    /// Where, in bytes, the credentials of an `Authorization` field begin: behind the scheme and one space or more
    /// (RFC 9110 §11.4).
    ///
    /// Nil for another scheme than this, which is written in lower case, and where nothing follows it.
    func credentials(of scheme: StaticString) -> Int? {
        let bytes = utf8.span
        var start = scheme.utf8CodeUnitCount
        guard bytes.count > start, bytes[start] == UInt8(ascii: " "), bytes.extracting(..<start).isSame(as: scheme)
        else { return nil }
        while start < bytes.count, bytes[start] == UInt8(ascii: " ") { start += 1 }
        return start < bytes.count ? start : nil
    }
}
