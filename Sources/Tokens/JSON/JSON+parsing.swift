import CJansson

extension JSON {
    /// Parses a text that may be any JSON value.
    ///
    /// Accepts what `JSONScanner` accepts, except a number outside Int64 or Double (`numberOutOfRange`) and U+0000 in
    /// a member name (`nullCharacterInName`), which jansson cannot hold.
    ///
    /// - Parameters:
    ///   - bytes: The whole text.
    ///   - maximumDepth: Levels of nesting allowed; 0 allows scalars only, more than `JSONScanner.depthCeiling` means
    ///     that.
    /// - Returns: The value.
    /// - Throws: What is wrong and where.
    package static func parse(_ bytes: Span<UInt8>, maximumDepth: Int) throws(JSONFailure) -> JSON {
        var scanner = JSONScanner()
        _ = try scanner.scanValue(bytes, maximumDepth: maximumDepth)
        return try parseUnscanned(bytes)
    }

    /// Parses a text on jansson's own verdict, without the scanner's.
    ///
    /// For the tests and fuzz targets that hold the two verdicts equal; everything else calls `parse`.
    package static func parseUnscanned(_ bytes: Span<UInt8>) throws(JSONFailure) -> JSON {
        var error = json_error_t()
        let flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL
        let parsed = unsafe bytes.withUnsafeBytes { buffer in
            let text = unsafe buffer.assumingMemoryBound(to: CChar.self)
            return unsafe json_loadb(text.baseAddress, text.count, Int(flags), &error)
        }
        if let parsed = unsafe parsed { return unsafe JSON(owning: parsed) }
        throw failure(error)
    }

    /// Parses a text that may be any JSON value.
    package static func parse(_ text: String, maximumDepth: Int) throws(JSONFailure) -> JSON {
        try parse(text.utf8.span, maximumDepth: maximumDepth)
    }

    private static func failure(_ error: json_error_t) -> JSONFailure {
        var error = error
        let offset = Int(error.position)
        switch unsafe json_error_code(&error) {
        case json_error_numeric_overflow: return JSONFailure(.numberOutOfRange, at: offset)
        case json_error_null_byte_in_key: return JSONFailure(.nullCharacterInName, at: offset)
        default: return JSONFailure(.unexpectedByte, at: offset)
        }
    }
}
