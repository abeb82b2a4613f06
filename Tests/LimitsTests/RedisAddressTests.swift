import RedisLimits
import Testing

@Suite("A Redis URL is understood or refused, and shown without its password")
struct RedisAddressTests {
    @Test(
        "what is understood, and how it is shown",
        arguments: [
            ("redis://localhost", "redis://localhost:6379"),
            ("redis://localhost/", "redis://localhost:6379"),
            ("redis://10.0.0.1:7000/2", "redis://10.0.0.1:7000/2"),
            ("redis://[::1]:7000", "redis://[::1]:7000"),
            ("redis://:secret@localhost", "redis://:(hidden)@localhost:6379"),
            ("redis://limits:p%40ss@localhost/1", "redis://limits:(hidden)@localhost:6379/1"),
            ("redis://limits:a@b:c@localhost", "redis://limits:(hidden)@localhost:6379"),
            ("redis+sentinel://a,b:1/mymaster", "redis+sentinel://a:26379,b:1/mymaster"),
            ("redis+sentinel://:secret@a/mymaster/3", "redis+sentinel://:(hidden)@a:26379/mymaster/3"),
            ("redis+cluster://u:secret@a,[::1]:2,c:3", "redis+cluster://u:(hidden)@a:6379,[::1]:2,c:3"),
        ])
    func understood(url: String, shown: String) throws {
        #expect(RedisAddress(url)?.shown == shown)
    }

    @Test(
        "what is refused",
        arguments: [
            "", "localhost", "redis:localhost", "redis://", "rediss://localhost", "http://localhost",
            "redis://localhost:0", "redis://localhost:65536", "redis://localhost:x", "redis://localhost:", "redis://:1",
            "redis://a,b", "redis://localhost/x", "redis://localhost/-1", "redis://localhost/10000",
            "redis://localhost/1/2", "redis://user@localhost", "redis://user:@localhost", "redis://u:%zz@localhost",
            "redis://u:%f@localhost", "redis://[::1", "redis://::1", "redis+sentinel://a", "redis+sentinel://a/m/x",
            "redis+sentinel://a,/m", "redis+cluster://a/1", "redis+cluster://a,,b", "redis+tls://a",
        ])
    func refused(url: String) {
        #expect(RedisAddress(url) == nil)
    }
}
