import Foundation
import Testing
import WebAPI

@Suite("Whatever is taken before the HTTP decoder, the decoder would have read alike")
struct PlainHeadDifferentialTests {
    typealias Delivery = PlainHeadReference.Delivery

    @Test("requests that are nearly right, 120,000 of them", arguments: UInt64(0)..<12)
    func mutations(seed: UInt64) {
        var mutator = RequestMutator(seed: seed)
        let reference = PlainHeadReference()
        var accepted = 0
        for number in 0..<10_000 {
            // Byte by byte is dear.
            let delivery: Delivery =
                number % 64 == 0 ? .byteByByte : number % 2 == 0 ? .withAnother : .butForTheLastByte
            do throws(PlainHeadReference.Disagreement) {
                if try reference.accepts(mutator.next(), delivery: delivery) { accepted += 1 }
            } catch {
                Issue.record("case \(number) of seed \(seed), \(error)")
            }
        }
        #expect((2_000...8_000).contains(accepted), "the cases should be of both kinds")
    }

    @Test("what fuzzing found worth keeping", arguments: Delivery.allCases)
    func corpus(delivery: Delivery) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let corpus = tests.appending(path: "Fuzz/corpus/http")
        let files = try FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)
        let reference = PlainHeadReference()
        var accepted = 0
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            if try reference.accepts(bytes, delivery: delivery) { accepted += 1 }
        }
        #expect(accepted > 0 && accepted < files.count, "the corpus should have both kinds: \(accepted)")
    }
}
