internal import Dispatch
internal import Domain
internal import Logging
internal import ServiceLifecycle

/// Signs the checkpoints of the audit log that are due, and tells the server's log of them.
///
/// A log that is collected elsewhere keeps the hashes where those who can write to the database cannot.
struct AuditSealer: Service {
    private let seal: SealAuditLog
    private let logger: Logger
    private let pause: Duration
    private let thread = DispatchQueue(label: "chat-tokens.audit-sealer")

    init(seal: SealAuditLog, logger: Logger, pause: Duration = .seconds(60)) {
        self.seal = seal
        self.logger = logger
        self.pause = pause
    }

    func run() async throws {
        await thread.untilShutdown(every: pause) { sealWhatIsDue() }
    }

    private func sealWhatIsDue() {
        do throws(ManagementFailure) {
            for checkpoint in try seal() {
                logger.notice(
                    "audit checkpoint",
                    metadata: [
                        "tenant": "\(checkpoint.tenant?.text ?? "")", "sequence": "\(checkpoint.sequence)",
                        "hash": "\(checkpoint.hash.hex)",
                    ])
            }
        } catch {
            logger.warning("checkpoints of the audit log could not be signed", metadata: ["cause": "\(error)"])
        }
    }
}
