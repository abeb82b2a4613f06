internal import Domain
internal import WebAPI

extension Settings.TLSFiles {
    /// The time in which the certificates are good; throws what keeps the files from being used, and names them.
    func validity() throws(CommandFailure) -> (from: Timestamp, until: Timestamp) {
        do throws(TLSFailure) {
            return try ServerSettings.TLS(certificate: certificate, key: key).validity()
        } catch {
            throw CommandFailure(complaint(about: error))
        }
    }

    private func complaint(about failure: TLSFailure) -> String {
        switch failure {
        case .certificate: "\(Setting.tlsCertificate.variable): \(certificate) holds no certificate in PEM."
        case .key: "\(Setting.tlsKey.variable): \(key) holds no private key in PEM, or one with a passphrase."
        case .mismatch:
            "\(Setting.tlsKey.variable): the key in \(key) is not that of the first certificate in \(certificate)."
        }
    }
}
