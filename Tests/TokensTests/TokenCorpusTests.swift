import Foundation
import Testing
import Tokens

/// Replays what fuzzing found worth keeping.
@Suite struct TokenCorpusTests {
    @Test func everyTokenOfTheFuzzingCorpusIsReadAsTheReferenceReadsIt() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let corpus = tests.appending(path: "Fuzz/corpus/token")
        let files = try FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)
        var accepted = 0
        for file in files {
            let token = TokenReference.token(fromFuzzing: [UInt8](try Data(contentsOf: file)))
            let reference = TokenReference(token)
            var payload: [UInt8] = []
            let read = try? UnverifiedToken(token.span, payload: &payload)
            #expect(read?.algorithm.rawValue == reference?.algorithm, "\(file.lastPathComponent)")
            #expect(read?.typ == reference?.typ && read?.kid == reference?.kid, "\(file.lastPathComponent)")
            #expect(payload == reference?.payload ?? [], "\(file.lastPathComponent)")
            if reference != nil { accepted += 1 }
        }
        #expect(accepted > 0 && accepted < files.count, "the corpus should have both kinds: \(accepted)")
    }
}
