import Testing
import Tokens

/// No name twice in one object, at any depth, at a price that nobody can drive up.
@Suite struct JSONDuplicateTests {
    private func pad(_ count: Int) -> String { (0..<count).map { "\"pad\($0)\":0," }.joined() }

    @Test(arguments: [
        ("a", "a"), ("a", "\\u0061"), ("\\u0061", "\\u0061"), ("", ""), ("é", "\\u00e9"), ("é", "\\u00E9"),
        ("😀", "\\ud83d\\ude00"), ("\\/", "/"), ("\\n", "\\u000a"), ("\\u0000", "\\u0000"), ("12345678", "12345678"),
        ("123456789", "12345678\\u0039"), ("a long name with a tail", "a long name with a t\\u0061il"),
        ("\\\\", "\\u005c"),
    ])
    func oneNameTwiceIsRefusedInSmallAndLargeObjectsAtEveryDepth(_ one: String, _ other: String) {
        for padding in [0, 1, 14, 15, 16, 100] {
            let object = "{\"\(one)\":1,\(pad(padding))\"\(other)\":2}"
            for text in [object, "[\(object)]", "{\"x\":[{\"y\":\(object)}]}", "[1,{\"b\":{}},\(object)]"] {
                let verdict = JSONGrammarTests.verdict(Array(text.utf8))
                guard case .duplicateMember = verdict else {
                    Issue.record("\(text): \(String(describing: verdict))")
                    continue
                }
                #expect(JSONGrammarTests.treeVerdict(Array(text.utf8)) == verdict)
            }
        }
    }

    @Test(arguments: [
        ("a", "A"), ("a", "b"), ("a", "a "), ("", " "), ("a", "a\\u0000"), ("", "\\u0000"), ("12345678", "123456789"),
        ("123456781", "123456782"), ("é", "e\\u0301"), ("\\\\u0061", "a"), ("same prefix 1", "same prefix 2"),
    ])
    func differentNamesAreAccepted(_ one: String, _ other: String) {
        for padding in [0, 14, 15, 100] {
            let text = "{\"\(one)\":1,\(pad(padding))\"\(other)\":2}"
            #expect(JSONGrammarTests.verdict(Array(text.utf8)) == nil)
        }
    }

    @Test func theSameNameMayStandInDifferentObjects() {
        for text in [
            #"{"a":{"a":{"a":[{"a":1},{"a":2}]}}}"#, #"[{"a":1},{"a":1}]"#,
            #"{"a":{"b":1},"b":{"a":1,"b":2},"c":{"a":0}}"#,
        ] { #expect(JSONGrammarTests.verdict(Array(text.utf8)) == nil) }
    }

    @Test func theNameIsReportedDecodedAtItsSecondPlace() {
        var scanner = JSONScanner()
        #expect(throws: JSONFailure(.duplicateMember("é"), at: 18)) {
            try scanner.scanObject("{\"é\":1,\"b\":{},  \"\\u00e9\":2}".utf8.span, maximumDepth: 4)
        }
    }

    @Test(arguments: [16, 17, 100, 1_000, 4_000, 20_000])
    func comparisonsGrowWithTheNumberOfNamesOnly(_ count: Int) throws {
        var scanner = JSONScanner()
        let text = "{" + (0..<count).map { "\"the same long prefix \($0)\":0" }.joined(separator: ",") + "}"
        try scanner.scanObject(text.utf8.span, maximumDepth: 1)
        #expect(scanner.members.count == count)
        #expect(scanner.nameComparisons <= 8 * count)
    }

    @Test func comparisonsDoNotGrowWithTheNumberOfSiblingObjects() throws {
        var scanner = JSONScanner()
        for names in [1, 4, 16, 17, 40] {
            let object = "{" + (0..<names).map { "\"n\($0)\":0" }.joined(separator: ",") + "}"
            let text = "[" + Array(repeating: object, count: 2_000).joined(separator: ",") + "]"
            _ = try scanner.scanValue(text.utf8.span, maximumDepth: 2)
            #expect(scanner.nameComparisons <= 8 * names * 2_000)
        }
    }

    @Test func anOuterObjectMayGrowBetweenInnerOnes() throws {
        var scanner = JSONScanner()
        let text = "{" + (0..<2_000).map { "\"n\($0)\":{\"a\":{\"b\":1},\"b\":2}" }.joined(separator: ",")
        try scanner.scanObject((text + "}").utf8.span, maximumDepth: 3)
        #expect(scanner.nameComparisons <= 8 * 5 * 2_000)
        #expect(throws: JSONFailure.self) { try scanner.scanObject((text + ",\"n0\":1}").utf8.span, maximumDepth: 3) }
    }
}
