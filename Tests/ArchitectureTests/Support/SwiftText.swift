/// Just enough of Swift's lexical structure to tell code from comments and string literals.
enum SwiftText {
    /// The text with comments and the content of string literals replaced by spaces; lines stay where they are.
    static func code(of text: String) -> String {
        var lexer = Lexer(bytes: Array(text.utf8))
        return lexer.code()
    }

    private struct Lexer {
        var bytes: [UInt8]
        var index = 0

        mutating func code() -> String {
            while index < bytes.count {
                if starts("//") {
                    blank { $0 == UInt8(ascii: "\n") }
                } else if starts("/*") {
                    blankComment()
                } else if let hashes = stringHashes() {
                    blankString(hashes)
                } else {
                    index += 1
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        private func starts(_ text: String, at offset: Int = 0) -> Bool {
            bytes[min(index + offset, bytes.count)...].starts(with: text.utf8)
        }

        private mutating func blank(until isEnd: (UInt8) -> Bool) {
            while index < bytes.count, !isEnd(bytes[index]) { blankByte() }
        }

        private mutating func blankByte() {
            if bytes[index] != UInt8(ascii: "\n") { bytes[index] = UInt8(ascii: " ") }
            index += 1
        }

        private mutating func blankComment() {
            var depth = 0
            repeat {
                if starts("/*") {
                    depth += 1
                    blankByte()
                } else if starts("*/") {
                    depth -= 1
                    blankByte()
                }
                blankByte()
            } while depth > 0 && index < bytes.count
        }

        /// The number of `#` before a string literal that begins here; nil where none does.
        private func stringHashes() -> Int? {
            var end = index
            while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
            return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end - index : nil
        }

        private mutating func blankString(_ hashes: Int) {
            let fence = String(repeating: "#", count: hashes)
            index += hashes
            let quote = starts("\"\"\"") ? "\"\"\"" : "\""
            index += quote.utf8.count
            while index < bytes.count, !starts(quote + fence) {
                // A line's end closes a literal that this lexer misread, so that one mistake stays on its line.
                if quote == "\"", bytes[index] == UInt8(ascii: "\n") { return }
                if starts("\\" + fence + "(") {
                    blankInterpolation(1 + hashes)
                } else {
                    let isEscape = starts("\\" + fence)
                    blankByte()
                    if isEscape, index < bytes.count { blankByte() }
                }
            }
            index += quote.utf8.count + hashes
        }

        private mutating func blankInterpolation(_ prefix: Int) {
            for _ in 0..<prefix { blankByte() }
            var depth = 0
            repeat {
                if bytes[index] == UInt8(ascii: "(") { depth += 1 }
                if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
                if let hashes = stringHashes() { blankString(hashes) } else { blankByte() }
            } while depth > 0 && index < bytes.count
        }
    }
}
