package import Tokens

/// A sealed constant by which a database tells its own master key from any other.
///
/// Without it a wrong key would show only when the first signing key is opened, and a new tenant sealed under it would
/// be lost to the right one.
package enum MasterKeyCheck {
    private static let context = "deployment"
    private static let constant = Array("chat-tokens master key check 1".utf8)

    /// The value to store with a new database.
    package static func value(of key: MasterKey) throws(TokenFailure) -> [UInt8] {
        try key.seal(constant, context: context)
    }

    /// Whether the stored value was made under this key.
    package static func value(_ stored: [UInt8], fits key: MasterKey) -> Bool {
        do throws(TokenFailure) {
            return try key.open(stored, context: context) == constant
        } catch {
            return false
        }
    }
}
