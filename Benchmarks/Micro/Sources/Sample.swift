import Domain
import Synchronization
import Tokens

/// The inputs of the micro-benchmarks: the same bytes in every run, so that the counts can be compared.
enum Sample {
    /// A body of `POST /tokens` of the size the load benchmark sends.
    static let request = Array(
        """
        {"userId":"user-0000001","name":"Alice Johnson","image":"https://cdn.example.com/avatars/user-0000001.png",\
        "custom":{"department":"Engineering","title":"Staff Engineer","locale":"en-GB","organizationId":"org-417",\
        "seq":100000001,"tags":["beta","on-call"],"flags":{"moderator":true,"muted":false}}}
        """.utf8)

    /// The claims of a realtime token.
    static let claims = Array(
        """
        {"iss":"https://tokens.example.com/t/acme","sub":"user-0000001","aud":"chat-realtime","iat":1767225600,\
        "exp":1767312000,"jti":"01980000-0000-7000-8000-000000000000.ws","scope":"chat:ws",\
        "info":{"name":"Alice Johnson","image":"https://cdn.example.com/avatars/user-0000001.png"},\
        "meta":{"tenant":"acme"},"akid":"0123456789AB"}
        """.utf8)

    /// An HS256 key of 32 bytes that are no secret.
    static func key() throws -> SigningKey {
        try SigningKey.generate(.hs256, kid: "micro-benchmark-key") { Array(repeating: 0x5A, count: $0) }
    }

    private static let state = Atomic<UInt64>(1)

    /// A world whose clock stands still and whose "random" bytes are the same sequence in every run.
    static let world = World(
        now: { Timestamp(milliseconds: 1_767_225_600_000) },
        monotonicNanoseconds: { 0 },
        randomBytes: { count in
            (0..<count).map { _ in
                // A linear congruential generator (Knuth's MMIX constants): repeatable, and even enough for test keys.
                let next = state.load(ordering: .relaxed) &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                state.store(next, ordering: .relaxed)
                return UInt8(truncatingIfNeeded: next >> 56)
            }
        })
}
