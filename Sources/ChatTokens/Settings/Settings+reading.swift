internal import Domain
internal import Logging
internal import RedisLimits
internal import WebAPI

extension Settings {
    /// The effective settings; throws all problems at once.
    init(_ sources: SettingSources, workingDirectory: String) throws(InvalidSettings) {
        var reader = SettingReader(sources)
        let host = reader.text(.host, default: "127.0.0.1", rule: "a host name or an IP address", SettingRule.isHost)
        let port = reader.take(
            .port, default: 8080, shown: "8080", rule: "a port from 0 to 65535", parse: SettingRule.port)
        let listen = Address(host: host, port: port)
        let tls = Self.tls(&reader)
        let ownURL = "\(tls == nil ? "http" : "https")://\(listen)"
        publicURL = reader.take(
            .publicUrl, default: ownURL, shown: ownURL,
            rule: "an absolute http(s) URL without user, query and fragment",
            parse: SettingRule.publicURL)
        let standard = DatabaseLocation.standard(in: workingDirectory)
        database = reader.take(
            .databaseUrl, default: standard, shown: standard.url, rule: DatabaseLocation.rule
        ) { DatabaseLocation($0, workingDirectory: workingDirectory) }
        masterKey = Self.masterKey(&reader, database: database, workingDirectory: workingDirectory)
        keyPrefix = reader.text(
            .keyPrefix, default: "chatsdk", rule: "1 to 32 letters, digits, hyphens and underscores",
            SettingRule.isKeyPrefix)
        restAudience = reader.text(
            .restAudience, default: "chat-api", rule: SettingRule.audience, SettingRule.isAudience)
        wsAudience = reader.text(
            .wsAudience, default: "chat-realtime", rule: SettingRule.audience, SettingRule.isAudience)
        if restAudience == wsAudience {
            reader.refuse("\(Setting.restAudience.variable) and \(Setting.wsAudience.variable) must differ")
        }
        address = listen
        self.tls = tls
        trustedProxies = reader.take(
            .trustedProxies, default: [], shown: nil, rule: "IP addresses and networks such as 10.0.0.0/8, with commas",
            parse: SettingRule.networks)
        eventLoops = reader.take(
            .eventLoops, default: nil, shown: nil, rule: "a number from 1 to 256"
        ) { text in Int(text).flatMap { (1...256).contains($0) ? .some($0) : nil } }
        metricsAddress = reader.take(
            .metricsAddress, default: Address(host: "127.0.0.1", port: 9464), shown: "127.0.0.1:9464",
            rule: "host:port, or off"
        ) { text in text == "off" ? .some(nil) : Address(text).map { .some($0) } }
        stalenessLimit = reader.take(
            .stalenessLimit, default: 30, shown: "30", rule: "a number of seconds from 1 to 3600"
        ) { text in Int64(text).flatMap { (1...3_600).contains($0) ? $0 : nil } }
        leakKeys = reader.optional(
            .leakKeysUrl, rule: "an http(s) URL, or the absolute path of a file that can be read",
            SettingRule.isDocumentPlace)
        quarantinesLeaks = reader.take(
            .leakAction, default: true, shown: "quarantine", rule: "quarantine or report"
        ) { text in ["quarantine": true, "report": false][text] }
        refresh = Self.refresh(&reader)
        logLevel = reader.take(
            .logLevel, default: .info, shown: "info",
            rule: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))",
            parse: Logger.Level.init(rawValue:))
        accessLog = reader.take(.accessLog, default: false, shown: "off", rule: "on or off", parse: SettingRule.onOff)
        redis = reader.take(.redisUrl, default: nil, shown: nil, rule: RedisAddress.rule) { text in
            RedisAddress(text).map { .some($0) }
        }
        centrifugo = Self.centrifugo(&reader)
        guard reader.problems.isEmpty else { throw InvalidSettings(problems: reader.problems) }
        var normalized: [Setting: String] = [.publicUrl: publicURL, .databaseUrl: database.url]
        // Its password is for nobody's eyes.
        normalized[.redisUrl] = redis?.shown
        lines = Setting.allCases.compactMap { setting in
            reader.lines.first { $0.setting == setting }.map { line in
                Line(setting: setting, text: normalized[setting] ?? line.text, origin: line.origin)
            }
        }
    }

    /// Both up to 30 days: revocations are remembered a day longer than anything they could match.
    private static func refresh(_ reader: inout SettingReader) -> RefreshLife {
        let rule = "a number of seconds from 60 to \(RefreshLife.longest)"
        func seconds(_ text: String) -> Int64? {
            Int64(text).flatMap { (60...RefreshLife.longest).contains($0) ? $0 : nil }
        }
        let standard = RefreshLife()
        return RefreshLife(
            absolute: reader.take(
                .refreshLifetime, default: standard.absolute, shown: String(standard.absolute), rule: rule,
                parse: seconds),
            idle: reader.take(
                .refreshIdle, default: standard.idle, shown: String(standard.idle), rule: rule, parse: seconds))
    }

    private static func tls(_ reader: inout SettingReader) -> TLSFiles? {
        let rule = "a PEM file that can be read"
        let certificate = reader.optional(.tlsCertificate, rule: rule, SettingRule.isReadableFile)
        let key = reader.optional(.tlsKey, rule: rule, SettingRule.isReadableFile)
        if let certificate, let key { return TLSFiles(certificate: certificate, key: key) }
        if reader.isSet(.tlsCertificate) != reader.isSet(.tlsKey) {
            reader.refuse(
                "\(Setting.tlsCertificate.variable) and \(Setting.tlsKey.variable) must be set together or not at all")
        }
        return nil
    }

    private static func centrifugo(_ reader: inout SettingReader) -> Centrifugo? {
        let address: CentrifugoAddress? = reader.take(
            .centrifugoApiUrl, default: nil, shown: nil, rule: CentrifugoAddress.rule
        ) { text in CentrifugoAddress(text).map { .some($0) } }
        let key = reader.optional(.centrifugoApiKey, rule: SettingRule.audience, SettingRule.isAudience)
        if let address, let key { return Centrifugo(address: address, key: key) }
        if reader.isSet(.centrifugoApiUrl) != reader.isSet(.centrifugoApiKey) {
            let names = "\(Setting.centrifugoApiUrl.variable) and \(Setting.centrifugoApiKey.variable)"
            reader.refuse("\(names) must be set together or not at all")
        }
        return nil
    }

    private static func masterKey(
        _ reader: inout SettingReader, database: DatabaseLocation, workingDirectory: String
    ) -> MasterKeySource {
        let path = reader.text(
            .masterKeyFile, default: database.folder + "/master.key", rule: "the path of a file"
        ) { !$0.isEmpty }
        let inline: MasterKeyText? = reader.take(
            .masterKey, default: nil, shown: nil, rule: MasterKeyText.rule
        ) { text in MasterKeyText(text).map { .some($0) } }
        // Two settings of one purpose: the flag goes before the variable here, too.
        if let inline, !reader.isSet(.masterKeyFile, before: .masterKey) { return .inline(inline) }
        return .file(FilePath.absolute(path, in: workingDirectory))
    }
}
