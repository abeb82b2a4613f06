import Testing
import Tokens

/// Strings: UTF-8, control characters and escapes (RFC 8259 §7 and §8, RFC 3629).
@Suite struct JSONStringTests {
    /// The verdict on the same content at every alignment to the eight bytes the scanner reads at a time.
    private func verdicts(_ content: [UInt8]) -> Set<JSONFailure.Problem?> {
        var verdicts: Set<JSONFailure.Problem?> = []
        for before in 0..<9 {
            for after in [0, 1, 7, 8, 9] {
                let padding = { [UInt8](repeating: UInt8(ascii: "x"), count: $0) }
                let text = [0x22] + padding(before) + content + padding(after) + [0x22]
                verdicts.insert(JSONGrammarTests.verdict(text))
                #expect(JSONGrammarTests.treeVerdict(text) == JSONGrammarTests.verdict(text))
            }
        }
        return verdicts
    }

    @Test(arguments: [
        "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000", "\\u001f", "\\u001F", "\\uFFFF", "\\u00e9",
        "\\uD83D\\uDE00", "\\ud83d\\ude00", "\\uDBFF\\uDFFF", "\\uD7FF", "\\uE000", "é", "日本語", "😀", "\u{7F}", "\u{80}",
        "\u{7FF}", "\u{800}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}", "\u{2028}", "\u{FEFF}", "/", "'", "\u{FFFE}",
        "\u{D7FF}",
    ])
    func legalContentIsAccepted(_ content: String) {
        #expect(verdicts(Array(content.utf8)) == [nil])
    }

    @Test func everyControlCharacterMustBeEscaped() {
        for byte in UInt8(0)..<0x20 { #expect(verdicts([byte]) == [.controlCharacter]) }
    }

    @Test(arguments: [
        "\\a", "\\x41", "\\0", "\\'", "\\ ", "\\U0041", "\\u00g0", "\\u+041", "\\u-041", "\\u 041", "\\uＡ",
    ])
    func otherEscapesAreRefused(_ content: String) {
        #expect(verdicts(Array(content.utf8)) == [.invalidEscape])
    }

    @Test(arguments: ["\\", "\\u", "\\u1", "\\u12", "\\u123", "\\uD83D\\u", "\\uD83D\\uDE0", "\\uD83D\\", "\\uD83D"])
    func anEscapeMayNotRunIntoTheEnd(_ content: String) {
        #expect(JSONGrammarTests.verdict(Array("\"\(content)".utf8)) != nil)
        #expect(JSONGrammarTests.verdict(Array("\"\(content)\"".utf8)) != nil)
    }

    @Test(arguments: [
        "\\uD800", "\\uDBFF", "\\uDC00", "\\uDFFF", "\\uD83D\\uD83D", "\\uDE00\\uD83D", "\\uD83Dx", "\\uD83D\\n",
        "\\uD83D\\u0041", "\\uD83D\\\\uDE00", "\\uD83D\\uE000",
    ])
    func loneSurrogatesAreRefused(_ content: String) {
        #expect(verdicts(Array(content.utf8)) == [.loneSurrogate])
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xC2], [0xC3, 0x28], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF],
            [0xE1, 0x80], [0xE1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
            [0xEF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFC], [0xFE], [0xFF], [0xE9], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28],
            [0xF0, 0x28, 0x8C, 0xBC], [0xF0, 0x90, 0x28, 0xBC], [0xF0, 0x90, 0x8C, 0x28], [0xC3, 0xA9, 0x80],
        ] as [[UInt8]])
    func whatIsNotUTF8IsRefused(_ content: [UInt8]) {
        #expect(verdicts(content) == [.invalidUTF8])
    }

    /// All sequences of one to three bytes, and the first three of four, against the standard library's decoder.
    @Test func everyShortSequenceHasTheVerdictOfTheStandardLibrary() {
        let interesting: [UInt8] = [
            0x21, 0x7E, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xFF,
        ]
        for first in UInt8(0x23)...0xFF where first != 0x5C {
            for second in interesting {
                for third in interesting {
                    for content in [[first, second, third], [first, second, third, 0x80]] {
                        let isValid = String(validating: content, as: UTF8.self) != nil
                        let verdict = JSONGrammarTests.verdict([0x22] + content + [0x22])
                        if (verdict == nil) != isValid { Issue.record("\(content): \(String(describing: verdict))") }
                    }
                }
            }
        }
    }
}
