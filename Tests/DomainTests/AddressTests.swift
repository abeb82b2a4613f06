import Domain
import Testing

@Suite("IP addresses, networks and the client behind proxies")
struct AddressTests {
    @Test(
        "an address is read in every form of its standard and written in one",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("fe80::1:2:3:4", "fe80::1:2:3:4"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"), ("::192.0.2.1", "::c000:201"),
        ])
    func addresses(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        "what is nearly an address is none",
        arguments: [
            "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80",
            "[::1]", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::g", "fe80::1%eth0", "::1%1", "localhost",
            "1.2.3.4\0", "::1\0", "٣.1.1.1", "0x7f.1", "2130706433", "::ffff:1.2.3", "12345::",
        ])
    func noAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "a network has exactly the addresses that begin with its bits",
        arguments: [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                ["9.255.255.255", "11.0.0.0", "::a00:1"]
            ),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.3.128"]),
            ("192.0.2.7", ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("192.0.2.7/32", ["192.0.2.7"], ["192.0.2.6"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::", "::1", "2001:db8::"]),
            ("::/0", ["::", "ffff::", "::1:0:0"], ["1.2.3.4", "::ffff:1.2.3.4"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "2001:db7:ffff::"]),
            ("2001:db8::1", ["2001:db8::1"], ["2001:db8::2"]),
            ("::ffff:10.0.0.0/104", ["10.0.0.0", "10.255.255.255"], ["11.0.0.0"]),
        ])
    func ranges(text: String, inside: [String], outside: [String]) throws {
        let range = try #require(AddressRange(text))
        for address in inside { #expect(range.contains(try #require(IPAddress(address))), "\(address)") }
        for address in outside { #expect(!range.contains(try #require(IPAddress(address))), "\(address)") }
        #expect(AddressRange(range.description) == range)
    }

    @Test(
        "what is nearly a network is none",
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8",
            "10.0.0.0 /8", "10.0.0.0/8 ", "10.0.0.1/8", "::1/127", "::/129", "10.0.0.0/255.0.0.0", "10/8",
            "::ffff:10.0.0.0/8",
        ])
    func noRanges(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(
        "the client is the right-most address that is no trusted proxy",
        arguments: [
            // The peer is no proxy: whatever it says, it is the client.
            ("198.51.100.9", "203.0.113.1", "198.51.100.9"),
            ("10.0.0.1", nil, "10.0.0.1"), ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
            ("::ffff:10.0.0.1", "203.0.113.1", "203.0.113.1"),
            // Left of the right-most untrusted address is what the client made up.
            ("10.0.0.1", "192.0.2.1, 203.0.113.1", "203.0.113.1"),
            ("10.0.0.1", "10.0.0.7, 203.0.113.1", "203.0.113.1"),
            ("10.0.0.1", "192.0.2.1, 203.0.113.1, 10.2.3.4 ,\t10.0.0.2", "203.0.113.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            // Whoever wrote what cannot be read is the last that is known.
            ("10.0.0.1", "203.0.113.1, unknown, 10.0.0.2", "10.0.0.2"), ("10.0.0.1", "unknown", "10.0.0.1"),
            ("10.0.0.1", "203.0.113.1,", "10.0.0.1"), ("10.0.0.1", "203.0.113.1 4", "10.0.0.1"),
            ("10.0.0.1", "203.0.113.1:51234", "203.0.113.1"),
            ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"), ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
            ("10.0.0.1", "[2001:db8::1]x", "10.0.0.1"),
            ("2001:db8:1::1", "203.0.113.1", "203.0.113.1"),
        ])
    func proxies(peer: String, list: String?, client: String) throws {
        let proxies = TrustedProxies(
            [try #require(AddressRange("10.0.0.0/8")), try #require(AddressRange("2001:db8:1::/48"))])
        let peer = try #require(IPAddress(peer))
        let found = list.map { proxies.client(peer: peer, forwardedFor: $0.utf8.span) }
        #expect((found ?? proxies.client(peer: peer, forwardedFor: nil)).description == client)
        let nobody = list.map { TrustedProxies.none.client(peer: peer, forwardedFor: $0.utf8.span) }
        #expect((nobody ?? peer) == peer)
    }
}
