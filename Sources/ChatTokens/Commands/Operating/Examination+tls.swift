internal import Domain

extension Examination {
    /// Seconds before the end of a certificate from which on somebody should do something.
    private static let notice: Int64 = 14 * 86_400

    mutating func examine(_ tls: Settings.TLSFiles) {
        let check = "TLS certificate"
        do throws(CommandFailure) {
            let (from, until) = try tls.validity()
            let now = world.now()
            if now > until {
                note(check, .broken, "\(tls.certificate) expired at \(until)")
            } else if now < from {
                note(check, .broken, "\(tls.certificate) is not good before \(from)")
            } else if now.adding(seconds: Self.notice) > until {
                note(check, .doubtful, "\(tls.certificate) expires at \(until)")
            } else {
                note(check, .fine, "good until \(until)")
            }
        } catch {
            note(check, .broken, error.message)
        }
    }
}
