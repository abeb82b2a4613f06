internal import ArgumentParser

/// The settings that every command with a database takes as flags.
struct DeploymentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A JSON file of settings (CHAT_TOKENS_CONFIG).", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var config: String?

    @Option(
        help: ArgumentHelp(
            """
            sqlite:///absolute/path, sqlite:relative/path or postgres://…; default: .data/chat-tokens.db in the working \
            directory.
            """, valueName: "url"))
    var databaseUrl: String?

    @Option(
        help: ArgumentHelp(
            "The file of the master key; default: master.key beside the database file, else in .data.",
            valueName: "file"))
    var masterKeyFile: String?

    @Option(
        help: ArgumentHelp(
            "The master key itself, base64; other users of the machine can see it, so prefer the file.",
            valueName: "key"))
    var masterKey: String?

    @Option(help: ArgumentHelp("What API keys begin with; default: chatsdk.", valueName: "text"))
    var keyPrefix: String?

    @Option(
        help: ArgumentHelp(
            "The address clients know the server by, part of every token's issuer; default: http://<host>:<port>.",
            valueName: "url"))
    var publicUrl: String?

    @Option(help: ArgumentHelp("The aud claim of REST tokens; default: chat-api.", valueName: "text"))
    var restAudience: String?

    @Option(help: ArgumentHelp("The aud claim of WS tokens; default: chat-realtime.", valueName: "text"))
    var wsAudience: String?

    @Option(help: ArgumentHelp("The address to listen on; default: 127.0.0.1.", valueName: "host"))
    var host: String?

    @Option(help: ArgumentHelp("The port to listen on; default: 8080.", valueName: "port"))
    var port: String?

    /// What was given.
    var flags: [Setting: String] {
        [
            (Setting.databaseUrl, databaseUrl), (.masterKeyFile, masterKeyFile), (.masterKey, masterKey),
            (.keyPrefix, keyPrefix), (.publicUrl, publicUrl), (.restAudience, restAudience),
            (.wsAudience, wsAudience), (.host, host), (.port, port),
        ].reduce(into: [:]) { flags, flag in flags[flag.0] = flag.1 }
    }
}

/// The settings that only a server has.
struct ServerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The certificate chain, PEM; with --tls-key: HTTPS and HTTP/2.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The certificate's private key, PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            """
            Addresses and networks of proxies whose X-Forwarded-For is believed, with commas, such as \
            127.0.0.1,10.0.0.0/8; default: none, the client is whoever connects.
            """, valueName: "list"))
    var trustedProxies: String?

    @Option(help: ArgumentHelp("Event loops; default: one per core.", valueName: "number"))
    var eventLoops: String?

    @Option(help: ArgumentHelp("Where /metrics is served, or off; default: 127.0.0.1:9464.", valueName: "host:port"))
    var metricsAddress: String?

    @Option(
        help: ArgumentHelp(
            "Seconds without news of changes after which nothing is issued or verified; default: 30.",
            valueName: "seconds"))
    var stalenessLimit: String?

    @Option(
        help: ArgumentHelp(
            """
            Where those publish their keys whose reports of leaked API keys are taken, a URL or a path, such as \
            https://api.github.com/meta/public_keys/secret_scanning; default: none, POST /leaks takes nothing.
            """, valueName: "url"))
    var leakKeysUrl: String?

    @Option(
        help: ArgumentHelp(
            "What becomes of a leaked API key: quarantine or report; default: quarantine.", valueName: "action"))
    var leakAction: String?

    @Option(
        help: ArgumentHelp(
            "Seconds after which a grant can no longer be refreshed, however often it was; default: 2592000 (30 days).",
            valueName: "seconds"))
    var refreshLifetime: String?

    @Option(
        help: ArgumentHelp(
            "Seconds after which a grant that was not refreshed can no longer be; default: 604800 (7 days).",
            valueName: "seconds"))
    var refreshIdle: String?

    @Option(
        help: ArgumentHelp("trace, debug, info, notice, warning, error or critical; default: info.", valueName: "level")
    )
    var logLevel: String?

    @Option(help: ArgumentHelp("Log every request too: on or off; default: off.", valueName: "on|off"))
    var accessLog: String?

    @Option(
        help: ArgumentHelp(
            """
            The Redis that keeps the rate limits of all nodes: redis://, redis+sentinel:// or redis+cluster://; default: \
            none, each node has limits of its own.
            """, valueName: "url"))
    var redisUrl: String?

    @Option(
        help: ArgumentHelp(
            """
            Centrifugo's server API, such as http://127.0.0.1:8000/api, where the connections of revoked users are ended; \
            {tenant} stands for the tenant. Default: none.
            """, valueName: "url"))
    var centrifugoApiUrl: String?

    @Option(
        help: ArgumentHelp(
            "The key of that API; other users of the machine can see it, so prefer the variable.", valueName: "key"))
    var centrifugoApiKey: String?

    /// What was given.
    var flags: [Setting: String] {
        [
            (Setting.tlsCertificate, tlsCertificate), (.tlsKey, tlsKey), (.trustedProxies, trustedProxies),
            (.eventLoops, eventLoops), (.metricsAddress, metricsAddress), (.stalenessLimit, stalenessLimit),
            (.leakKeysUrl, leakKeysUrl), (.leakAction, leakAction), (.refreshLifetime, refreshLifetime),
            (.refreshIdle, refreshIdle), (.logLevel, logLevel), (.accessLog, accessLog), (.redisUrl, redisUrl),
            (.centrifugoApiUrl, centrifugoApiUrl), (.centrifugoApiKey, centrifugoApiKey),
        ].reduce(into: [:]) { flags, flag in flags[flag.0] = flag.1 }
    }
}

/// How a command answers.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print exactly one JSON document.")
    var json = false
}
