internal import Domain
internal import Foundation
internal import SQLiteStorage
internal import Tokens

extension Examination {
    mutating func examineHealth(of installation: Installation) {
        let health = installation.storage.health()
        let checks = [("database answers", health.database), ("schema", health.migrations), ("disk", health.disk)]
        for (check, complaint) in checks {
            note(check, complaint == nil ? .fine : .broken, complaint ?? "fine")
        }
    }

    /// A file that may be damaged is examined whole; a server does that by itself.
    mutating func examineIntegrity(of installation: Installation) {
        guard let file = installation.storage as? SQLiteStorage else { return }
        do throws(StoreFailure) {
            let complaints = try file.integrityCheck()
            if complaints.isEmpty { note("integrity", .fine, "every page was examined") }
            for complaint in complaints { note("integrity", .broken, complaint) }
        } catch {
            note("integrity", .broken, error.sentence)
        }
    }

    mutating func examineTenants(of installation: Installation) {
        do throws(ManagementFailure) {
            let tenants = try installation.tenants.list()
            if tenants.isEmpty {
                note("tenants", .doubtful, "there are none: chat-tokens tenant create <id>")
            } else {
                note("tenants", .fine, "\(tenants.count)")
            }
            for tenant in tenants { try examine(tenant, of: installation) }
            examineClock(newest: tenants.map(\.createdAt).max(), database: installation.settings.database.path)
        } catch {
            note("tenants", .broken, error.description)
        }
    }

    private mutating func examine(_ tenant: Tenant, of installation: Installation) throws(ManagementFailure) {
        let details = try installation.tenants.show(tenant.id)
        let check = "tenant \(tenant.id)"
        if tenant.status == .suspended { note(check, .doubtful, "it is suspended") }
        if !details.signingKeys.contains(where: { $0.state == .active }) {
            note(check, .broken, "no signing key is active: chat-tokens signing-key rotate --activate-now")
        }
        if !details.apiKeys.contains(where: { $0.status(at: world.now()) == .active }) {
            note(check, .doubtful, "it has no active API key: chat-tokens key create --tenant \(tenant.id)")
        }
        if details.issuedPairs >= tenant.quota {
            note(check, .doubtful, "its quota of \(tenant.quota) pairs this month is used up")
        }
    }

    /// One key that does not open keeps a tenant from issuing, whatever its state.
    mutating func examineSecrets(of installation: Installation) {
        do throws(StoreFailure) {
            let secrets = try installation.storage.sealedSecrets().secrets
            var areFine = true
            for secret in secrets {
                do throws(TokenFailure) {
                    _ = try installation.vault.open(secret)
                } catch {
                    areFine = false
                    note("secrets", .broken, "\(secret.place) does not open (\(error))")
                }
            }
            if areFine { note("secrets", .fine, "\(secrets.count) open under the master key") }
        } catch {
            note("secrets", .broken, error.sentence)
        }
    }

    /// A clock that is wrong makes tokens that are refused at once, or live too long.
    private mutating func examineClock(newest: Timestamp?, database path: String?) {
        let now = world.now()
        let tolerance: Int64 = 300
        let written = path.flatMap { try? FileManager.default.attributesOfItem(atPath: $0)[.modificationDate] as? Date }
            .map { Timestamp(seconds: Int64($0.timeIntervalSince1970)) }
        // The first release of this program, and a time by which nobody will run it.
        let plausible = Timestamp(seconds: 1_780_000_000)...Timestamp(seconds: 4_102_444_800)
        if !plausible.contains(now) {
            note("clock", .broken, "it says \(now), which cannot be")
        } else if let latest = [newest, written].compactMap({ $0 }).max(), latest > now.adding(seconds: tolerance) {
            note("clock", .broken, "it says \(now), but the database was written at \(latest)")
        } else {
            note("clock", .fine, now.description)
        }
    }
}
