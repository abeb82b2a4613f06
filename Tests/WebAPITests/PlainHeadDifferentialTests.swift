import Foundation
import Testing
import WebAPI

@Suite("Whatever is taken before the HTTP decoder, the decoder would have read alike")
struct PlainHeadDifferentialTests {
    @Test("requests that are nearly right, 120,000 of them", arguments: UInt64(0)..<12)
    func mutations(seed: UInt64) {
        var mutator = RequestMutator(seed: seed)
        let reference = PlainHeadReference()
        var accepted = 0
        for number in 0..<10_000 {
            let bytes = mutator.next()
            // Byte by byte is dear.
            let delivery: PlainHeadReference.Delivery =
                number % 64 == 0 ? .byteByByte : number % 2 == 0 ? .withAnother : .butForTheLastByte
            do throws(PlainHeadReference.Disagreement) {
                if try reference.accepts(bytes, delivery: delivery) { accepted += 1 }
            } catch {
                Issue.record("case \(number) of seed \(seed), \(error)")
            }
        }
        #expect((2_000...8_000).contains(accepted), "the cases should be of both kinds")
    }
}
