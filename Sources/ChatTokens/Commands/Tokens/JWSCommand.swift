internal import ArgumentParser
internal import Tokens

/// `chat-tokens jws`.
struct JWSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jws",
        abstract: "Runs signature test vectors through the server's own verifier.",
        discussion: """
            Example:
              chat-tokens jws verify < vectors.jsonl
            """,
        subcommands: [JWSVerify.self])
}

/// `chat-tokens jws verify`.
struct JWSVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads a JSON object a line and answers valid or invalid, a line each.",
        discussion: """
            Example:
              echo '{"alg":"ES256","jwk":{…},"jws":"eyJ…"}' | chat-tokens jws verify

            A line is {"alg","jwk","jws"} or {"alg","jwk","msg","sig"} with msg and sig in hex. What cannot be read is \
            invalid. With --json the answers are one array.
            """)

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        var verdicts: [JSON] = []
        while let line = readLine(strippingNewline: true) {
            let verdict = JWSCheck.verdict(Array(line.utf8).span)
            if output.json { verdicts.append(JSON(verdict)) } else { Output.line(verdict) }
        }
        if output.json { Output.show(asJSON: true, JSON(verdicts), text: "") }
    }
}
