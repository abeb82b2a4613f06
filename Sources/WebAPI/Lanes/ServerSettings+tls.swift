package import Domain
internal import NIOSSL

/// Why a certificate and its key cannot be used.
package enum TLSFailure: Error, Equatable {
    /// The one file holds no certificate.
    case certificate
    /// The other holds no private key, or one that takes a passphrase.
    case key
    /// The key is not that of the first certificate.
    case mismatch
}

extension ServerSettings.TLS {
    /// The time in which every certificate of the file is good.
    ///
    /// - Throws: what keeps the files from being used together; the time is not looked at.
    package func validity() throws(TLSFailure) -> (from: Timestamp, until: Timestamp) {
        let chain = try chain()
        _ = try context(of: chain)
        let from = chain.map(\.notValidBefore).max() ?? 0, until = chain.map(\.notValidAfter).min() ?? 0
        return (Timestamp(seconds: Int64(from)), Timestamp(seconds: Int64(until)))
    }

    /// What connections are secured with: TLS 1.2 or later, for HTTP/2 and HTTP/1.1.
    func context() throws(TLSFailure) -> NIOSSLContext { try context(of: chain()) }

    private func context(of chain: [NIOSSLCertificate]) throws(TLSFailure) -> NIOSSLContext {
        guard let key = try? NIOSSLPrivateKey(file: key, format: .pem) else { throw .key }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // Each is well by itself.
        guard let context = try? NIOSSLContext(configuration: configuration) else { throw .mismatch }
        return context
    }

    private func chain() throws(TLSFailure) -> [NIOSSLCertificate] {
        guard let chain = try? NIOSSLCertificate.fromPEMFile(certificate), !chain.isEmpty else { throw .certificate }
        return chain
    }
}
