internal import Foundation
internal import Tokens

/// What a command prints.
enum Output {
    /// Prints exactly one JSON document, or text for people.
    static func show(asJSON: Bool, _ json: @autoclosure () -> JSON, text: @autoclosure () -> String) {
        show(asJSON: asJSON, bytes: json().compactBytes(), text: text())
    }

    /// The same for a document that is text already.
    static func show(asJSON: Bool, bytes: @autoclosure () -> [UInt8], text: @autoclosure () -> String) {
        if asJSON {
            write(bytes() + [UInt8(ascii: "\n")], to: .standardOutput)
        } else {
            let text = text()
            write(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), to: .standardOutput)
        }
    }

    /// Prints one line at once, for commands that answer line by line.
    static func line(_ text: String) {
        write(Array("\(text)\n".utf8), to: .standardOutput)
    }

    /// Prints lines that end with their line feed already.
    static func raw(_ lines: [UInt8]) { write(lines, to: .standardOutput) }

    /// Says what went wrong on stderr.
    static func complain(_ message: String) {
        write(Array("chat-tokens: \(message)\n".utf8), to: .standardError)
    }

    /// Says something on stderr that is not a failure, such as how far a long command has come.
    static func note(_ message: String) {
        write(Array("\(message)\n".utf8), to: .standardError)
    }

    private static func write(_ bytes: [UInt8], to handle: FileHandle) {
        // A reader that went away is no reason for a crash report.
        try? handle.write(contentsOf: Data(bytes))
    }
}
