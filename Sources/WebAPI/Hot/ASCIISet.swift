/// A set of ASCII characters, a bit each; written as numbers, so that no access has to wait for an initialiser.
struct ASCIISet {
    private let low: UInt64, high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        return ((byte < 64 ? low : high) >> UInt64(byte & 63)) & 1 == 1
    }

    /// RFC 9110 §5.6.2: letters, digits and "!#$%&'*+-.^_`|~".
    static let token = ASCIISet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    /// Path and query of RFC 3986 §3.3 and §3.4: letters, digits and "/?=&%:@!$'()*+,;-._~".
    static let target = ASCIISet(low: 0xAFFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF)
    /// RFC 3986 §2.2 and §2.3, reserved and unreserved: letters, digits and "-._~:/?#[]@!$&'()*+,;=".
    static let uri = ASCIISet(low: 0xAFFF_FFDA_0000_0000, high: 0x47FF_FFFE_AFFF_FFFF)
}
