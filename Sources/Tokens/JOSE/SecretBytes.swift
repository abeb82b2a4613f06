internal import COpenSSL

/// Bytes that are written once, may be read from any thread, and are wiped when the last owner lets go.
///
/// The address is kept as a number because a pointer cannot be `Sendable`: sharing is safe as nothing writes to the
/// block between `init` and `deinit`. It stays out of copies, crash-safe descriptions and `Mirror`.
@safe
final class SecretBytes: Sendable, CustomReflectable {
    private let address: UInt
    let count: Int

    init(copying bytes: Span<UInt8>) throws(TokenFailure) {
        guard let block = unsafe CRYPTO_malloc(max(bytes.count, 1), #fileID, #line) else {
            throw .cryptographyUnavailable
        }
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe block.copyMemory(from: start, byteCount: source.count)
        }
        address = UInt(bitPattern: block)
        count = bytes.count
    }

    deinit {
        unsafe CRYPTO_clear_free(UnsafeMutableRawPointer(bitPattern: address), count, #fileID, #line)
    }

    var customMirror: Mirror { Mirror(self, children: []) }

    /// Runs `body` on the bytes in place.
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let raw = unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count)
        return unsafe body(Span(_unsafeBytes: raw))
    }

    /// A copy of the value that starts `offset` bytes into the block.
    func load<Value: BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count)
        let raw = unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count)
        return unsafe raw.loadUnaligned(fromByteOffset: offset, as: type)
    }
}
