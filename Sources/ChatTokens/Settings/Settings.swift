internal import Domain
internal import Logging
internal import RedisLimits
internal import WebAPI

/// Every setting with its effective, checked value.
struct Settings: Sendable {
    /// A host and a port to listen on.
    struct Address: Sendable, Equatable {
        let host: String
        let port: Int
    }

    /// The certificate chain and the private key of the server, PEM files.
    struct TLSFiles: Sendable, Equatable {
        let certificate: String
        let key: String
    }

    /// Centrifugo's server HTTP API.
    struct Centrifugo: Sendable {
        let address: CentrifugoAddress
        let key: String
    }

    /// One line of `chat-tokens config`.
    struct Line: Sendable {
        let setting: Setting
        /// The effective value; nil where there is none.
        let text: String?
        /// Where it was written; `default` where nowhere.
        let origin: String
    }

    let address: Address
    /// The address clients know the server by, without a trailing slash.
    let publicURL: String
    let database: DatabaseLocation
    /// Where the limits that all nodes share are kept; nil: each node has limits of its own.
    let redis: RedisAddress?
    /// Where the connections of users are ended whose tokens are revoked; nil: nowhere.
    let centrifugo: Centrifugo?
    let masterKey: MasterKeySource
    let keyPrefix: String
    let restAudience: String, wsAudience: String
    let tls: TLSFiles?
    /// Addresses and networks (CIDR) whose `X-Forwarded-For` is believed.
    let trustedProxies: [AddressRange]
    /// nil: one per core that the process may use.
    let eventLoops: Int?
    /// nil: metrics are not served.
    let metricsAddress: Address?
    /// Seconds without a look at the change log after which nothing is issued or verified.
    let stalenessLimit: Int64
    /// Where the keys are published of those whose reports of leaked API keys are taken: a URL or a path; nil: nobody's
    /// reports are.
    let leakKeys: String?
    /// Whether an API key that was found in the open is out of use at once, or only noted.
    let quarantinesLeaks: Bool
    /// How long refresh tokens work.
    let refresh: RefreshLife
    let logLevel: Logger.Level
    let accessLog: Bool
    /// Every setting in the order of its declaration, for showing.
    let lines: [Line]

    /// The names that tokens and keys carry.
    var deployment: Deployment {
        Deployment(
            publicURL: publicURL, restAudience: restAudience, wsAudience: wsAudience, keyPrefix: keyPrefix,
            refresh: refresh)
    }
}

extension Settings.Address: CustomStringConvertible {
    /// `host:port`, an IPv6 address in brackets.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads `host:port` or `[v6]:port`.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }
}
