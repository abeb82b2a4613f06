import Testing
import Tokens

/// What the scanner tells about a text it accepts.
@Suite struct JSONScannerTests {
    private func scan(_ text: String, maximumDepth: Int = 17) throws -> (bytes: [UInt8], members: [JSONScanner.Member])
    {
        var scanner = JSONScanner()
        let bytes = Array(text.utf8)
        try scanner.scanObject(bytes.span, maximumDepth: maximumDepth)
        return (bytes, scanner.members)
    }

    @Test func membersCarryTheRangesOfNameAndValue() throws {
        let (bytes, members) = try scan(#" {"a" : "x" ,"b\n":-1.50e+2,"c":{"d":[ 1]},"e":null , "f":true,"g":false}"#)
        let texts = members.map { JSONText.string(bytes.span, $0.value.range) }
        #expect(members.map { JSONText.string(bytes.span, $0.name) } == ["a", "b\\n", "c", "e", "f", "g"])
        #expect(texts == ["\"x\"", "-1.50e+2", "{\"d\":[ 1]}", "null", "true", "false"])
        #expect(members.map(\.value.kind) == [.string, .number, .object, .null, .true, .false])
        #expect(members.map(\.nameHasEscapes) == [false, true, false, false, false, false])
        #expect(members.map(\.value.hasWhitespace) == [false, false, true, false, false, false])
        #expect(JSONText.string(bytes.span, members[0].value.content) == "x")
    }

    @Test(arguments: [
        ("1", 0), ("\"[[\"", 0), ("{}", 1), ("[]", 1), ("[1]", 1), ("[[]]", 2), ("{\"a\":{}}", 2),
        ("[[],[[[]]],[]]", 4),
    ])
    func depthCountsLevelsInsideTheValue(_ text: String, _ depth: Int) throws {
        let (_, members) = try scan("{\"deep\":[[[[[]]]]],\"v\":\(text),\"w\":1}")
        #expect(members.map(\.value.depth) == [5, depth, 0])
    }

    @Test(arguments: [
        ("\"plain\"", false, false), ("\"\\\"\"", true, false), ("\"\\n\"", true, true), ("\"\\u0000\"", true, true),
        ("\"\\u001F\"", true, true), ("\"\\u007f\"", true, true), ("\"\\u0085\"", true, true),
        ("\"\\u00a0\"", true, false),
        ("\"\u{7F}\"", false, true), ("\"\u{85}\"", false, true), ("\"\u{A0}\"", false, false), ("\"é\"", false, false),
        ("[\"\\t\"]", true, true), ("{\"\\t\":1}", true, true), ("[1]", false, false),
        ("\"\\ud83d\\ude00\"", true, false),
        ("\"\u{20}~\"", false, false), ("\"\u{3080}\"", false, false),
    ])
    func escapesAndControlCharactersAreFlagged(_ text: String, _ escapes: Bool, _ controls: Bool) throws {
        let (bytes, members) = try scan("{\"x\":\"\\n\",\"v\":\(text),\"w\":[1,\(text) , \"\"]}")
        #expect(members[1].value.hasEscapes == escapes)
        #expect(members[1].value.hasControlCharacters == controls)
        var elements = JSONElements(of: members[2].value)
        _ = elements.next(bytes.span)
        let next = elements.next(bytes.span)
        let element = try #require(next)
        #expect(element.hasEscapes == escapes)
        #expect(element.hasControlCharacters == controls)
    }

    @Test func elementsAreThoseThatAScanOfEachWouldFind() throws {
        let parts = [
            "1", "\"a,]\\\"[\"", "[ 1,[2] ]", "[[[]],[]]", "{\"a\":[\"}\"]}", "null", "true", "-0.1e5", "\"\"", "[]",
            "{ }",
        ]
        for separator in [",", " , ", ",\n"] {
            let bytes = Array("[\(parts.joined(separator: separator))]".utf8)
            var scanner = JSONScanner()
            var elements = JSONElements(of: try scanner.scanValue(bytes.span, maximumDepth: 8))
            for part in parts {
                let next = elements.next(bytes.span)
                let element = try #require(next)
                var alone = try scanner.scanValue(part.utf8.span, maximumDepth: 8)
                #expect(JSONText.string(bytes.span, element.range) == part)
                alone.range = element.range
                #expect(element == alone)
            }
            let end = elements.next(bytes.span)
            #expect(end == nil)
        }
    }

    @Test(arguments: ["[]", "[ ]", "[\n\t]"]) func anEmptyArrayHasNoElements(_ text: String) throws {
        var scanner = JSONScanner()
        var elements = JSONElements(of: try scanner.scanValue(text.utf8.span, maximumDepth: 1))
        let end = elements.next(text.utf8.span)
        #expect(end == nil)
    }

    @Test func nestingIsAllowedToTheLimitAndNotBeyond() {
        for limit in 0...20 {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                for depth in 1...22 {
                    let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                    let expected: JSONFailure.Problem? = depth <= limit ? nil : .tooDeep
                    #expect(JSONGrammarTests.verdict(Array(text.utf8), maximumDepth: limit) == expected)
                }
            }
        }
    }

    @Test func noCallerCanAskForMoreLevelsThanTheStackHolds() {
        let ceiling = JSONScanner.depthCeiling
        for (depth, expected) in [(ceiling, nil), (ceiling + 1, .tooDeep), (100_000, .tooDeep)]
            as [(Int, JSONFailure.Problem?)]
        {
            let closed = Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
            #expect(JSONGrammarTests.verdict(closed, maximumDepth: .max) == expected)
            #expect(JSONGrammarTests.treeVerdict(closed, maximumDepth: .max) == expected)
        }
    }

    @Test func aFailureLeavesNoMembersAndTheScannerUsable() throws {
        var scanner = JSONScanner()
        let bad = #"{"a":1,"b":{"c":1,"\u0064":2,"d":3}}"#
        #expect(throws: JSONFailure(.duplicateMember("d"), at: 30)) {
            try scanner.scanObject(bad.utf8.span, maximumDepth: 3)
        }
        #expect(scanner.members.isEmpty)
        try scanner.scanObject("{\"d\":1}".utf8.span, maximumDepth: 3)
        #expect(scanner.members.count == 1)
    }
}
