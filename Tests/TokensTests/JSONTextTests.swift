import Testing
import Tokens

/// Compacting, decoding and writing pieces of JSON text.
@Suite struct JSONTextTests {
    private func compact(_ text: String) throws -> String {
        var scanner = JSONScanner()
        let bytes = Array(text.utf8)
        let value = try scanner.scanValue(bytes.span, maximumDepth: 64)
        var output: [UInt8] = []
        JSONText.appendCompact(bytes.span, value, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private func escaped(_ string: String) -> String {
        var output: [UInt8] = []
        JSONText.appendEscaped(string, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test(arguments: [
        ("{ \"a\" : [ 1.50 , \" b \\\" c \" ] }", "{\"a\":[1.50,\" b \\\" c \"]}"), ("  \"a b\"  ", "\"a b\""),
        ("[\n\t1e+02,\r\n-0.000 ]", "[1e+02,-0.000]"), ("{ }", "{}"), ("[ ]", "[]"), ("1", "1"),
        ("[123456789012345678901234567890.10, \"\\\\\" , \"\"]", "[123456789012345678901234567890.10,\"\\\\\",\"\"]"),
        ("{\"\\\" \": 1 }", "{\"\\\" \":1}"), ("[ true, false ,null]", "[true,false,null]"),
    ])
    func compactionDropsOnlyWhitespaceOutsideStrings(_ text: String, _ expected: String) throws {
        #expect(try compact(text) == expected)
        #expect(try compact(expected) == expected)
    }

    @Test(arguments: [
        ("", "\"\""), ("a", "\"a\""), ("\"", "\"\\\"\""), ("\\", "\"\\\\\""), ("/", "\"/\""),
        ("\n\r\t\u{8}\u{C}", "\"\\n\\r\\t\\b\\f\""),
        ("\u{0}\u{1F}", "\"\\u0000\\u001f\""), ("é😀\u{7F}\u{2028}", "\"é😀\u{7F}\u{2028}\""),
        ("</script>", "\"</script>\""),
        ("\u{B}\u{10}\u{1A}", "\"\\u000b\\u0010\\u001a\""), ("a\\\\b\"c", "\"a\\\\\\\\b\\\"c\""),
    ])
    func onlyWhatMustBeIsEscaped(_ string: String, _ expected: String) {
        #expect(escaped(string) == expected)
    }

    @Test func everyCharacterComesBackFromItsEscapedForm() throws {
        for code in (0...0x10FFFF as ClosedRange<UInt32>) where code < 0x900 || code % 251 == 0 || code > 0x10FFF0 {
            guard let scalar = Unicode.Scalar(code) else { continue }
            let original = "a" + String(Character(scalar)) + "b"
            let text = escaped(original)
            let json = try JSON.parse(text, maximumDepth: 0)
            let decoded = JSONText.string(unescaping: text.utf8.span, 1..<text.utf8.count - 1)
            if json.string.map({ Array($0.utf8) }) != Array(original.utf8)
                || Array(decoded.utf8) != Array(original.utf8)
            {
                Issue.record("U+\(String(code, radix: 16))")
            }
        }
    }

    /// Text is written eight bytes at a time as far as it is plain: what must be escaped may be anywhere in the eight.
    @Test(arguments: 0...17)
    func aCharacterIsEscapedWhereverItStands(_ place: Int) {
        for code in UInt8.min...0x7F {
            let character = String(UnicodeScalar(code))
            let (before, after) = (String(repeating: "x", count: place), String(repeating: "é", count: 9))
            let alone = escaped(character).dropFirst().dropLast()
            #expect(escaped(before + character + after) == "\"" + before + alone + after + "\"")
            #expect(escaped(before + character + character) == "\"" + before + alone + alone + "\"")
        }
    }

    @Test func escapesDecodeToTheirCharacters() {
        let text = #"\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\uDE00 plain é"#
        let decoded = JSONText.string(unescaping: text.utf8.span, 0..<text.utf8.count)
        #expect(decoded == "\"\\/\u{8}\u{C}\n\r\tAé€😀 plain é")
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("0.000", 0), ("0e99999999999999999999", 0), ("60", 60), ("-60", -60), ("60.0", 60),
            ("6e1", 60), ("6E+1", 60), ("0.6e2", 60), ("60000e-3", 60), ("0.0060e4", 60),
            ("1e18", 1_000_000_000_000_000_000),
            ("9223372036854775807", .max), ("9223372036854775807.000", .max), ("-9223372036854775807", -.max),
            ("59.99999999999999999999", nil), ("60.00000000000000000001", nil), ("6e-1", nil), ("60.5", nil),
            ("1e-400", nil),
            ("9223372036854775808", nil), ("1e19", nil), ("1e99999999999999999999", nil),
            ("92233720368547758070e-1", .max),
        ] as [(String, Int64?)])
    func integersAreReadToTheLastDigit(_ text: String, _ expected: Int64?) {
        #expect(JSONText.integer(text.utf8.span, 0..<text.utf8.count) == expected)
    }

    @Test(arguments: [
        (#""a\/b""#, #""a/b""#), (#""\\/""#, #""\\/""#), (#""\\\/""#, #""\\/""#), (#""\u002f\n\"""#, #""\u002f\n\"""#),
        (#"{"\/":[1.50,"\/\/"]}"#, #"{"/":[1.50,"//"]}"#), (#"[ "/" , 1e5 ]"#, #"[ "/" , 1e5 ]"#),
    ])
    func plainSlashesChangeNothingElse(_ text: String, _ expected: String) throws {
        var scanner = JSONScanner()
        let bytes = Array(text.utf8)
        let value = try scanner.scanValue(bytes.span, maximumDepth: 64)
        var output: [UInt8] = []
        JSONText.appendPlainSlashes(bytes.span, value, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == expected)
    }

    @Test(arguments: [0, 1, -1, 9, 10, 99, 100, 1_767_225_600, -1_000_000, .max, .min, .max - 1] as [Int64])
    func integersAreWrittenInDecimal(_ integer: Int64) {
        var output: [UInt8] = []
        JSONText.appendInteger(integer, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == String(integer))
    }
}
