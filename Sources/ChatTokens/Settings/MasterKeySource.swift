internal import Tokens

/// A master key as people write it: base64 of 32 bytes.
struct MasterKeyText: Sendable, Equatable {
    static let rule = "base64 of 32 random bytes, such as `openssl rand -base64 32` prints"

    /// The key's bytes.
    let bytes: [UInt8]

    /// Reads base64 with or without padding, in either alphabet; nil where it is not 32 bytes.
    init?(_ text: String) {
        let plain = text.split(whereSeparator: \.isWhitespace).joined()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        guard let bytes = Base64URL.decode(plain), bytes.count == MasterKey.byteCount else { return nil }
        self.bytes = bytes
    }
}

/// Where the master key comes from.
enum MasterKeySource: Sendable, Equatable {
    /// The setting holds the key itself.
    case inline(MasterKeyText)
    /// The absolute path of a file that holds it.
    case file(String)
}
