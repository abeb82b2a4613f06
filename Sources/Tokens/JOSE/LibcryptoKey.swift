internal import COpenSSL

/// The one owner of an `EVP_PKEY`: imported or generated once, never changed after, freed with the last reference.
///
/// libcrypto lets many threads use one unchanging key. The address is kept as a number because a pointer cannot be
/// `Sendable`.
@safe
final class LibcryptoKey: Sendable {
    private let address: UInt
    /// Whether signing is possible.
    let isPrivate: Bool

    /// Takes over `key`.
    init(owning key: OpaquePointer, isPrivate: Bool) {
        address = UInt(bitPattern: key)
        self.isPrivate = isPrivate
    }

    deinit { unsafe EVP_PKEY_free(OpaquePointer(bitPattern: address)) }

    /// Runs `body` on the key, which lives as long as the call at least.
    func withPointer<Result>(_ body: (OpaquePointer?) -> Result) -> Result {
        defer { withExtendedLifetime(self) {} }
        return unsafe body(OpaquePointer(bitPattern: address))
    }

    /// Whether the public part is a member of its group, and the private part, if there is one, belongs to it.
    ///
    /// For an RSA pair this tests the primes, which takes some hundred milliseconds.
    func isSound() -> Bool {
        defer { ERR_clear_error() }
        return unsafe withPointer { key in
            guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return false }
            defer { unsafe EVP_PKEY_CTX_free(context) }
            return unsafe EVP_PKEY_public_check(context) == 1
                && (!isPrivate || EVP_PKEY_pairwise_check(context) == 1)
        }
    }

    /// A number of the key by libcrypto's parameter name, big-endian without leading zeros.
    func number(_ name: String) -> [UInt8]? {
        unsafe withPointer { key in
            var number: OpaquePointer?
            guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1 else { return nil }
            defer { unsafe BN_clear_free(number) }
            var bytes = [UInt8](repeating: 0, count: unsafe (Int(BN_num_bits(number)) + 7) / 8)
            _ = unsafe BN_bn2bin(number, &bytes)
            return bytes
        }
    }
}
