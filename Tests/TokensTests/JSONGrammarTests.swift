import Testing
import Tokens

/// Verdicts of the scanner and the tree on texts written from RFC 8259, a table per guarantee.
@Suite struct JSONGrammarTests {
    static func verdict(_ bytes: [UInt8], maximumDepth: Int = 64) -> JSONFailure.Problem? {
        var scanner = JSONScanner()
        do throws(JSONFailure) {
            _ = try scanner.scanValue(bytes.span, maximumDepth: maximumDepth)
            return nil
        } catch { return error.problem }
    }

    static func treeVerdict(_ bytes: [UInt8], maximumDepth: Int = 64) -> JSONFailure.Problem? {
        do throws(JSONFailure) {
            _ = try JSON.parse(bytes.span, maximumDepth: maximumDepth)
            return nil
        } catch { return error.problem }
    }

    @Test(arguments: [
        "{}", "[]", "\"\"", "0", "-0", "1", "-1", "true", "false", "null", " \t\r\n1\n", "[1 , 2]", "{ \"a\" : [ ] }",
        "[[[[]]]]", "{\"a\":{\"a\":{\"a\":1}}}", "[{\"a\":1},{\"a\":1}]", "[null,true,false,\"\",0,{},[]]", "{\"\":0}",
        "{\"a\":1,\"A\":2}", "{\"a\":1,\"aa\":2,\"aaa\":3}",
    ])
    func everyValueMayStandAlone(_ text: String) {
        #expect(Self.verdict(Array(text.utf8)) == nil)
        #expect(Self.treeVerdict(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        "0.0", "-0.0", "1.5", "10", "123456789", "1e1", "1E1", "1e+1", "1e-1", "1.25E-007", "0e0", "0e+00", "-1e9",
        "9223372036854775807", "-9223372036854775808", "1.7976931348623157e308", "5e-324", "1e-400",
    ])
    func numbersOfTheGrammarAreAccepted(_ text: String) {
        for wrapped in [text, "[\(text)]", "{\"n\":\(text)}", " \(text) "] {
            #expect(Self.verdict(Array(wrapped.utf8)) == nil)
            #expect(Self.treeVerdict(Array(wrapped.utf8)) == nil)
        }
    }

    @Test(arguments: [
        "-", "+1", "01", "00", "-01", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1e-", "1E", "0x10", "1_000", "1,5",
        "1..2",
        "1.2.3", "1e1e1", "1e1.5", "--1", "-a", "Infinity", "-Infinity", "NaN", "nan", "1f", "1 2", "٣", "1e٣", "0b1",
        "1-",
    ])
    func numbersOutsideTheGrammarAreRefused(_ text: String) {
        for wrapped in [text, "[\(text)]", "{\"n\":\(text)}"] where wrapped != "[1,5]" {
            #expect(Self.verdict(Array(wrapped.utf8)) != nil, "\(wrapped)")
            #expect(Self.treeVerdict(Array(wrapped.utf8)) != nil, "\(wrapped)")
        }
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "1e309", "-1e309", "123456789012345678901234567890",
    ])
    func numbersThatNoMachineTypeHoldsAreRefusedByTheTreeOnly(_ text: String) {
        #expect(Self.verdict(Array(text.utf8)) == nil)
        #expect(Self.treeVerdict(Array(text.utf8)) == .numberOutOfRange)
    }

    @Test(arguments: [
        "", " ", "\n", "[", "]", "{", "}", "[1", "[1,", "[,", "[,1]", "[1,]", "[1,,2]", "[1 2]", "{,}", "{\"a\"",
        "{\"a\":",
        "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{\"a\",1}", "{\"a\"::1}", "{a:1}", "{1:1}", "{'a':1}",
        "{null:1}", "{[]:1}", "{\"a\":}", "{:1}", "[1}", "{\"a\":1]", "[1]]", "{}{}", "1 1", "[]x", "{} x", "tru",
        "trux",
        "truee", "True", "TRUE", "nul", "nulll", "fals", "falsy", "undefined", "'a'", "a", "`a`", "[1]/**/", "/**/[1]",
        "// x\n1", "#1", "\u{0B}1", "\u{0C}1", "\u{A0}1", "\u{2028}1", "[1\u{0B}]", "\u{0}", "1\u{0}", "[1,\u{0}]",
        "\"", "\"a",
        "[\"a]", "{\"a:1}", "\\u0031", "[\\n1]", "{\"a\":1;\"b\":2}", "[1;2]", "[1:2]", "(1)", "<1>", "[\u{FF11}]",
    ])
    func brokenStructureIsRefused(_ text: String) {
        #expect(Self.verdict(Array(text.utf8)) != nil)
        #expect(Self.treeVerdict(Array(text.utf8)) != nil)
    }

    @Test func aByteOrderMarkIsRefusedAndNamed() {
        #expect(Self.verdict([0xEF, 0xBB, 0xBF, 0x31]) == .byteOrderMark)
        #expect(Self.verdict([0xFE, 0xFF, 0x00, 0x31]) == .unexpectedByte)
        #expect(Self.verdict([0x31, 0xEF, 0xBB, 0xBF]) == .trailingBytes)
    }

    @Test func whatIsWrongIsNamedWithItsByte() {
        func failure(_ text: String) -> JSONFailure? {
            var scanner = JSONScanner()
            do throws(JSONFailure) {
                try scanner.scanObject(text.utf8.span, maximumDepth: 2)
                return nil
            } catch { return error }
        }
        #expect(failure("{\"a\":1}") == nil)
        #expect(failure("{\"a\":1") == JSONFailure(.unexpectedEnd, at: 6))
        #expect(failure("{\"a\":x}") == JSONFailure(.unexpectedByte, at: 5))
        #expect(failure("{\"a\":1}x") == JSONFailure(.trailingBytes, at: 7))
        #expect(failure("{\"a\":\"\n\"}") == JSONFailure(.controlCharacter, at: 6))
        #expect(failure("{\"a\":01}") == JSONFailure(.invalidNumber, at: 6))
        #expect(failure("{\"a\":[[]]}") == JSONFailure(.tooDeep, at: 6))
        #expect(failure(" [1]") == JSONFailure(.objectExpected, at: 1))
        #expect(failure("{\"a\":1,\"a\":2}") == JSONFailure(.duplicateMember("a"), at: 8))
        #expect(JSONFailure(.duplicateMember("a"), at: 17).description == "duplicate member \"a\" at byte 17")
        #expect(JSONFailure(.controlCharacter, at: 9).description == "unescaped control character at byte 9")
    }

    @Test func theNameInADescriptionIsShortAndPrintable() {
        let hostile = "\u{1B}[2J\n\u{202E}\"\\" + String(repeating: "x", count: 1_000)
        let description = JSONFailure(.duplicateMember(hostile), at: 1).description
        #expect(description.hasPrefix(#"duplicate member "\u{1b}[2J\u{a}\u{202e}\"\\xxx"#))
        #expect(description.hasSuffix(#"xxx…" at byte 1"#))
        #expect(description.utf8.count < 200)
    }
}
