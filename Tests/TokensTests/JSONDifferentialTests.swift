import Foundation
import Testing
import Tokens

/// The scanner, jansson and Foundation agree on what is JSON and on what it means.
///
/// Where another parser is more lenient or stricter by design, the difference is a predicate here with its reason.
@Suite struct JSONDifferentialTests {
    /// What a text means: numbers by their text, strings by their bytes, so that nothing is rounded or normalised.
    indirect enum Meaning: Equatable {
        case null, bool(Bool), number(String), string([UInt8])
        case array([Meaning])
        case object([[UInt8]: Meaning])
    }

    static let maximumDepth = 64

    @Test(arguments: 0..<8) func generatedTextsHaveOneVerdictAndOneMeaning(_ seed: UInt64) {
        var generator = JSONGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<1_500 {
            let text = generator.text()
            for bytes in [text, generator.damaged(text)] where Self.agree(on: bytes) { accepted += 1 }
        }
        #expect((500...2_500).contains(accepted), "the generator should make both kinds: \(accepted)")
    }

    @Test func theFuzzingCorpusHasOneVerdictAndOneMeaning() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let corpus = tests.appending(path: "Fuzz/corpus/json")
        let files = try FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files { _ = Self.agree(on: [UInt8](try Data(contentsOf: file))) }
    }

    /// Compares all three and returns whether the scanner accepts; a disagreement is an issue.
    static func agree(on bytes: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        let text = String(decoding: bytes, as: UTF8.self)
        let value: JSONScanner.Value
        do throws(JSONFailure) {
            value = try scanner.scanValue(bytes.span, maximumDepth: maximumDepth)
        } catch {
            // jansson takes a null byte outside a string for the end of the text, and has another depth limit.
            let isKnown = error.problem == .tooDeep || bytes.contains(0)
            if !isKnown, (try? JSON.parseUnscanned(bytes.span)) != nil {
                Issue.record("jansson accepts: \(error): \(text)")
            }
            if foundation(bytes) != nil, !isLenient(error, bytes) {
                Issue.record("Foundation accepts: \(error): \(text)")
            }
            return false
        }
        let meaning = meaning(bytes.span, value)
        compareTree(bytes, meaning, text)
        if let other = foundation(bytes) {
            if !isSame(meaning, other) { Issue.record("Foundation reads \(other): \(text)") }
        } else if !isStricter(meaning) {
            Issue.record("Foundation refuses: \(text)")
        }
        return true
    }

    private static func compareTree(_ bytes: [UInt8], _ expected: Meaning, _ text: String) {
        do throws(JSONFailure) {
            let tree = try JSON.parse(bytes.span, maximumDepth: maximumDepth)
            if !isSame(expected, tree) { Issue.record("the tree differs: \(text)") }
            let again = try JSON.parse(tree.canonicalBytes().span, maximumDepth: maximumDepth)
            if again != tree { Issue.record("canonical text is another value: \(text)") }
        } catch {
            // jansson holds numbers as Int64 and Double, and names as C strings.
            let limits: [JSONFailure.Problem] = [.numberOutOfRange, .nullCharacterInName]
            if !limits.contains(error.problem) { Issue.record("the tree refuses: \(error): \(text)") }
        }
    }

    /// What the scanner's ranges say the text means.
    private static func meaning(_ bytes: Span<UInt8>, _ value: JSONScanner.Value) -> Meaning {
        switch value.kind {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .number: return .number(JSONText.string(bytes, value.range))
        case .string: return .string(Array(JSONText.string(unescaping: bytes, value.content).utf8))
        case .array:
            var elements = JSONElements(of: value)
            var meanings: [Meaning] = []
            while let element = elements.next(bytes) { meanings.append(meaning(bytes, element)) }
            return .array(meanings)
        case .object:
            var scanner = JSONScanner()
            let part = bytes.extracting(value.range)
            do throws(JSONFailure) { try scanner.scanObject(part, maximumDepth: maximumDepth) } catch {
                Issue.record("a part is refused: \(error)")
            }
            var meanings: [[UInt8]: Meaning] = [:]
            for member in scanner.members {
                meanings[Array(JSONText.string(unescaping: part, member.name).utf8)] = meaning(part, member.value)
            }
            return .object(meanings)
        }
    }

    private static func isSame(_ meaning: Meaning, _ json: JSON) -> Bool {
        switch meaning {
        case .null: json.isNull
        case .bool(let bool): json.bool == bool
        case .number(let text): json.integer.map { $0 == Int64(text) } ?? (json.double == Double(text))
        case .string(let utf8): json.string.map { Array($0.utf8) } == utf8
        case .array(let elements):
            json.array.map { $0.count == elements.count && zip(elements, $0).allSatisfy(isSame) } ?? false
        case .object(let members):
            json.members.map { found in
                found.count == members.count
                    && found.allSatisfy { name, value in members[Array(name.utf8)].map { isSame($0, value) } ?? false }
            } ?? false
        }
    }
}
