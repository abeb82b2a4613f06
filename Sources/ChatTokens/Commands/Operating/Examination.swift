internal import Domain
internal import Foundation

/// One round of looking at a deployment.
struct Examination {
    private(set) var findings: [Finding] = []
    let world: World

    init(world: World) {
        self.world = world
    }

    /// Adds a finding.
    mutating func note(_ check: String, _ status: Finding.Status, _ detail: String) {
        findings.append(Finding(check: check, status: status, detail: detail))
    }

    /// Examines everything that these settings name.
    mutating func examine(_ settings: Settings) {
        note("settings", .fine, "no unknown names, no bad values")
        examinePublicURL(settings)
        examineFiles(settings)
        examinePorts(settings)
        examineRedis(settings)
        examineDatabase(settings)
    }

    private mutating func examinePublicURL(_ settings: Settings) {
        let name = Setting.publicUrl.variable
        guard settings.lines.contains(where: { $0.setting == .publicUrl && $0.origin != "default" }) else {
            return note(
                "public URL", .doubtful,
                "\(name) is not set: tokens are issued by \(settings.publicURL), which only this machine may know")
        }
        let isSafe = settings.publicURL.hasPrefix("https://")
        note(
            "public URL", isSafe ? .fine : .doubtful,
            isSafe ? settings.publicURL : "\(settings.publicURL) is not https: keys and tokens can be read on the way")
    }

    private mutating func examineFiles(_ settings: Settings) {
        if case .file(let path) = settings.masterKey {
            examineMode("master key file", path, exposed: .doubtful)
        } else {
            note("master key", .fine, "given by a setting")
        }
        if let path = settings.database.path { examineMode("database file", path, exposed: .doubtful) }
        if let tls = settings.tls {
            examineMode("TLS key file", tls.key, exposed: .doubtful)
            examine(tls)
        }
    }

    private mutating func examineMode(_ check: String, _ path: String, exposed: Finding.Status) {
        switch MasterKeyFile.isExposed(path) {
        case nil: note(check, .broken, "\(path) does not exist")
        case _ where !FileManager.default.isReadableFile(atPath: path):
            note(check, .broken, "\(path) cannot be read by the user that runs this")
        case true: note(check, exposed, "\(path) can be used by other users of this machine: chmod 600 it")
        case false: note(check, .fine, path)
        }
    }

    private mutating func examinePorts(_ settings: Settings) {
        examinePort("port", settings.address)
        if let metrics = settings.metricsAddress { examinePort("metrics port", metrics) }
    }

    private mutating func examinePort(_ check: String, _ address: Settings.Address) {
        if let complaint = PortProbe.complaint(about: address) {
            note(check, .doubtful, "\(complaint) (fine if it is this server that runs)")
        } else {
            note(check, .fine, "\(address) is free")
        }
    }

    private mutating func examineDatabase(_ settings: Settings) {
        do throws(CommandFailure) {
            let installation = try Installation.open(settings, for: .tool, world: world)
            note("database", .fine, "it opens, and the master key fits")
            examineHealth(of: installation)
            examineIntegrity(of: installation)
            examineTenants(of: installation)
            examineSecrets(of: installation)
        } catch {
            note("database", .broken, error.message)
        }
    }
}
