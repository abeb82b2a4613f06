internal import COpenSSL

/// A libcrypto parameter list under construction, with the numbers it points to until the key is made.
@safe
struct KeyParameters: ~Copyable {
    private let builder: OpaquePointer
    private var numbers: [OpaquePointer] = unsafe []
    private let point = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 65)

    init?() {
        guard let builder = unsafe OSSL_PARAM_BLD_new() else { return nil }
        unsafe self.builder = unsafe builder
    }

    deinit {
        unsafe OSSL_PARAM_BLD_free(builder)
        for index in unsafe numbers.indices { unsafe BN_clear_free(numbers[index]) }
        unsafe point.deallocate()
    }

    /// Takes in the numbers of an ES256 or RS256 key.
    mutating func fill(_ material: KeyMaterial) -> Bool {
        material.algorithm == .es256 ? fillP256(material) : fillRSA(material)
    }

    private mutating func fillP256(_ material: KeyMaterial) -> Bool {
        let uncompressed = [4] + material.publicParts[0] + material.publicParts[1]
        guard uncompressed.count == 65 else { return false }
        _ = unsafe point.update(from: uncompressed)
        let curve: StaticString = "P-256"
        let isPublic =
            unsafe OSSL_PARAM_BLD_push_utf8_string(builder, pointer("group"), pointer(curve), 0) == 1
            && OSSL_PARAM_BLD_push_octet_string(builder, pointer("pub"), point.baseAddress, point.count) == 1
        guard isPublic, let scalar = material.privateParts?.first else { return isPublic }
        return push("priv", scalar)
    }

    private mutating func fillRSA(_ material: KeyMaterial) -> Bool {
        let names: [StaticString] = ["n", "e"]
        let privateNames: [StaticString] = [
            "d", "rsa-factor1", "rsa-factor2", "rsa-exponent1", "rsa-exponent2", "rsa-coefficient1",
        ]
        for (name, bytes) in zip(names, material.publicParts) where !push(name, bytes) { return false }
        for (name, bytes) in zip(privateNames, material.privateParts ?? []) where !push(name, bytes) { return false }
        return true
    }

    private mutating func push(_ name: StaticString, _ bytes: [UInt8]) -> Bool {
        guard let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil) else { return false }
        unsafe numbers.append(number)
        return unsafe OSSL_PARAM_BLD_push_BN(builder, pointer(name), number) == 1
    }

    /// The list keeps the address of a name, not a copy, so a name has to live as long as the program.
    private func pointer(_ name: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// The key of what was taken in, or `nil` if libcrypto refuses it.
    func makeKey(_ material: KeyMaterial) -> OpaquePointer? {
        let list = unsafe OSSL_PARAM_BLD_to_param(builder)
        defer { unsafe OSSL_PARAM_free(list) }
        let type = material.algorithm == .es256 ? "EC" : "RSA"
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        let publicSelection =
            OSSL_KEYMGMT_SELECT_PUBLIC_KEY | OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS
            | OSSL_KEYMGMT_SELECT_OTHER_PARAMETERS
        let selection = publicSelection | (material.privateParts == nil ? 0 : OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &key, selection, list) == 1
        else { return nil }
        return unsafe key
    }
}
