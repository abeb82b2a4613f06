extension OfflineVerifier {
    /// Where the tokens come from, which of them are let in, and how fresh the knowledge about them has to be.
    public struct Settings: Sendable {
        /// Whose tokens are let in.
        public enum Tenants: Sendable, Equatable {
            /// Those of these tenants, by their identifiers.
            case only([String])
            /// Those of every tenant of the deployment; the key sets of the 10,000 used last are kept.
            case all
        }

        /// The server's public URL, without a slash at its end: a tenant's tokens have this, `/t/` and the tenant as
        /// their `iss`.
        public var publicURL: String
        /// Where keys and revocations are fetched, if it is another way than the public one; nil: ``publicURL``.
        public var address: String?
        /// Whose tokens are let in.
        public var tenants: Tenants
        /// The door that is guarded.
        public var kind: TokenKind
        /// What `aud` has to be: `chat-api` or `chat-realtime` unless the server's settings say otherwise.
        public var audience: String
        /// How long a token passes after its end, 0 (the default) to 300 s, for machines whose clocks differ.
        public var leeway: Duration = .zero
        /// The HS256 keys of tenants, as private JWKs: what `chat-tokens signing-key export --private` prints.
        ///
        /// Who has such a key can make tokens. Tenants with other algorithms need nothing here: their keys are public.
        public var secrets: [String: [String]] = [:]
        /// How often key sets in use are fetched again; 300 s is how long the server calls them fresh.
        public var refreshInterval: Duration = .seconds(300)
        /// How long after one fetch of a key set an unknown `kid` may cause the next; 5 s.
        public var minimumRefetchInterval: Duration = .seconds(5)
        /// How long a key set serves that cannot be fetched again; a day, after which its tokens are over anyway.
        public var keysUsableFor: Duration = .seconds(86_400)
        /// How long a request may take from its start to its last byte; 5 s.
        public var timeout: Duration = .seconds(5)

        /// How revocations are followed; nil, which is the default: not at all, and tokens pass until they end.
        public var feed: Feed?

        /// What a verifier of this kind of token needs at least.
        ///
        /// - Parameters:
        ///   - publicURL: the server's public URL, such as `https://chat.example`.
        ///   - tenants: whose tokens are let in.
        ///   - kind: the door that is guarded.
        public init(publicURL: String, tenants: Tenants, expecting kind: TokenKind) {
            self.publicURL = publicURL
            self.tenants = tenants
            self.kind = kind
            audience = kind.usualAudience
        }
    }

    /// How a verifier follows what is revoked.
    public struct Feed: Sendable {
        /// An API key with the scope `tokens:verify`: the tenant's, or a node key for several tenants.
        public var apiKey: String
        /// The name of 1 to 64 bytes under which the verifier tells what it has applied, so that an operator can wait
        /// for it; nil: it does not tell.
        public var verifier: String?
        /// How long nothing may have been heard of the feed before tokens are refused; 30 s.
        ///
        /// They may have been revoked. Nil: they are honoured until they end, however long the server is away. It says
        /// something every 15 s.
        public var silence: Duration? = .seconds(30)

        /// A verifier that follows with this key.
        ///
        /// - Parameters:
        ///   - apiKey: an API key with the scope `tokens:verify`.
        ///   - verifier: the name under which it tells what it has applied; different for each instance.
        public init(apiKey: String, verifier: String? = nil) {
            self.apiKey = apiKey
            self.verifier = verifier
        }
    }

    /// What is wrong with settings.
    public enum SettingsFailure: Error, Sendable, Equatable {
        /// Not an absolute http or https URL without query, fragment and a slash at its end.
        case addressUnfit(String)
        /// Not 1 to 63 lower-case letters, digits and inner hyphens.
        case tenantUnfit(String)
        /// Not a private JWK of an HS256 key with a `kid`, or the second of one name; the tenant is told, not the key.
        case secretUnfit(tenant: String)
        /// An API key with characters that no key has, or a name that is empty or over 64 bytes.
        case feedUnfit
        /// A time outside its limits, by the name of the setting.
        case timeUnfit(String)
    }
}

extension OfflineVerifier.Settings {
    func check() throws(OfflineVerifier.SettingsFailure) {
        for address in [publicURL, address ?? publicURL] {
            guard let start = ["http://", "https://"].first(where: address.hasPrefix), address.count > start.count,
                !address.hasSuffix("/"), address.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
                !address.contains("?"), !address.contains("#")
            else { throw .addressUnfit(address) }
        }
        for tenant in secrets.keys.sorted() + listed where !Self.isTenant(tenant) { throw .tenantUnfit(tenant) }
        if let feed {
            let isFit = !feed.apiKey.isEmpty && feed.apiKey.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            let name = feed.verifier?.utf8.count ?? 1
            guard isFit, (1...64).contains(name) else { throw .feedUnfit }
        }
        let times: [(String, Duration, ClosedRange<Duration>)] = [
            ("leeway", leeway, .zero ... .seconds(300)),
            ("refreshInterval", refreshInterval, .seconds(1) ... .seconds(86_400)),
            ("minimumRefetchInterval", minimumRefetchInterval, .milliseconds(100) ... .seconds(3_600)),
            ("keysUsableFor", keysUsableFor, .seconds(1) ... .seconds(31_536_000)),
            ("timeout", timeout, .milliseconds(100) ... .seconds(60)),
            ("silence", feed?.silence ?? .seconds(1), .milliseconds(100) ... .seconds(31_536_000)),
        ]
        for (name, time, limits) in times where !limits.contains(time) { throw .timeUnfit(name) }
    }

    /// The tenants that are named.
    var listed: [String] {
        switch tenants {
        case .only(let names): names
        case .all: []
        }
    }

    /// The tenant of an issuer whose tokens are let in; nil for any other issuer.
    func tenant(of issuer: String) -> String? {
        let prefix = publicURL + "/t/"
        guard issuer.utf8.starts(with: prefix.utf8) else { return nil }
        let tenant = String(decoding: issuer.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        guard Self.isTenant(tenant) else { return nil }
        switch tenants {
        case .only(let listed): return listed.contains(tenant) ? tenant : nil
        case .all: return tenant
        }
    }

    /// Whether the text can be a tenant's identifier, and so a part of a URL.
    static func isTenant(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...63).contains(bytes.count) && bytes.first != UInt8(ascii: "-") && bytes.last != UInt8(ascii: "-")
            && bytes.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }
}
