internal import Foundation
internal import JWTKit

/// `jwt-kit-verify`: reads lines `{"alg","jwk","jws"}` and answers `valid` or `invalid`, a line each.
///
/// The protocol of `chat-tokens jws verify`, with jwt-kit in the place of our verifier. What cannot be read is invalid.
@main
enum Command {
    static func main() async {
        while let line = readLine(strippingNewline: true) {
            print(await accepts(Data(line.utf8)) ? "valid" : "invalid")
        }
    }

    private static func accepts(_ line: Data) async -> Bool {
        guard let question = try? JSONDecoder().decode(Question.self, from: line),
            let keys = try? await question.keys()
        else { return false }
        return (try? await keys.verify(question.jws, as: AnyClaims.self)) != nil
    }
}

/// Claims of which nothing is demanded but that they are JSON.
private struct AnyClaims: JWTPayload {
    func verify(using algorithm: some JWTAlgorithm) {}
}
