internal import COpenSSL

/// The key under which secrets lie in the database: AES-256-GCM (NIST SP 800-38D), wiped with the last reference.
///
/// A sealed value is nonce (12 bytes, random), ciphertext and tag (16 bytes). Its context, such as the table, tenant
/// and row it belongs to, is authenticated but not stored: a value moved to another row does not open.
package final class MasterKey: Sendable {
    /// The length of a master key.
    package static let byteCount = 32
    static let nonceBytes = 12
    static let tagBytes = 16

    private let key: SecretBytes

    /// The master key of exactly 32 random bytes; throws `keyRefused(.memberEncoding)` for any other length.
    package init(_ bytes: [UInt8]) throws(TokenFailure) {
        guard bytes.count == Self.byteCount else { throw .keyRefused(.memberEncoding) }
        key = try SecretBytes(copying: bytes.span)
    }

    /// Encrypts `plaintext` so that only `open` with this key and the same `context` gives it back.
    package func seal(_ plaintext: [UInt8], context: String) throws(TokenFailure) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: Self.nonceBytes)
        guard unsafe RAND_bytes(&sealed, Int32(sealed.count)) == 1 else { throw .cryptographyUnavailable }
        var cipher = try SealCipher()
        try cipher.start(key, nonce: sealed.span, encrypts: true)
        let text = try cipher.process(plaintext.span, context: Array(context.utf8))
        guard let tag = cipher.finishedTag() else { throw .cryptographyUnavailable }
        return sealed + text + tag
    }

    /// What was sealed under this key and `context`; anything else, or anything changed, throws `sealBroken`.
    package func open(_ sealed: [UInt8], context: String) throws(TokenFailure) -> [UInt8] {
        let end = sealed.count - Self.tagBytes
        guard end >= Self.nonceBytes else { throw .sealBroken }
        var cipher = try SealCipher()
        try cipher.start(key, nonce: sealed.span.extracting(..<Self.nonceBytes), encrypts: false)
        var text = try cipher.process(
            sealed.span.extracting(Self.nonceBytes..<end), context: Array(context.utf8))
        guard cipher.accepts(tag: Array(sealed[end...])) else {
            wipe(&text)
            throw .sealBroken
        }
        return text
    }

    /// A key for one purpose alone: HKDF-Expand (RFC 5869 §2.3) of this one, whose holders cannot get back to it.
    ///
    /// The same purpose gives the same key on every node; another master key gives others.
    package func derivedKey(for purpose: String) throws(TokenFailure) -> SigningKey {
        let block = try block(for: purpose)
        return try SigningKey.generate(.hs256, kid: purpose) { count in Array(block.bytes.prefix(count)) }
    }

    /// A key to seal with for one purpose alone, derived in the same way.
    ///
    /// Where so much is sealed that random nonces could meet under one key, each piece has a purpose of its own.
    package func derivedMasterKey(for purpose: String) throws(TokenFailure) -> MasterKey {
        try MasterKey(block(for: purpose).bytes)
    }

    private func block(for purpose: String) throws(TokenFailure) -> Digest {
        let expander = try key.withBytes { bytes in
            Result { () throws(TokenFailure) in
                var copy = [UInt8](copying: bytes)
                defer { wipe(&copy) }
                return try HMACKey(secret: copy)
            }
        }.get()
        return expander.code(of: (Array(purpose.utf8) + [1]).span)
    }
}
