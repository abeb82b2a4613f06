import Testing
import Tokens

@Suite("One key serves many threads at once")
struct SigningConcurrencyTests {
    /// More tasks than `AsymmetricKey` has contexts, so that some have to wait.
    @Test("signatures made and checked at the same time are all right", arguments: SignatureAlgorithm.allCases)
    func parallel(algorithm: SignatureAlgorithm) async throws {
        let key = try freshKey(algorithm)
        let other = try freshKey(algorithm)
        let rounds = 20
        let wrong = await withTaskGroup(of: Int.self) { group in
            for task in 0..<40 {
                group.addTask {
                    (0..<rounds).count { round in
                        let text = "\(task) \(round)"
                        guard let signature = try? key.signature(of: text) else { return true }
                        return !key.accepts(signature, of: text) || key.accepts(signature, of: text + "!")
                            || other.accepts(signature, of: text)
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test("keys come and go while others are used", arguments: SignatureAlgorithm.allCases)
    func lifetimes(algorithm: SignatureAlgorithm) async throws {
        let stored = try freshKey(algorithm).secretBytes()
        let wrong = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<6).count { round in
                        guard let key = try? SigningKey(secretBytes: stored),
                            let signature = try? key.signature(of: String(round))
                        else { return true }
                        return !key.accepts(signature, of: String(round))
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }
}
