extension IPAddress {
    /// What counts as one source of attempts: an IPv4 address, or the first 64 bits of an IPv6 address, since whoever
    /// has one of those has all behind them.
    package var network: String {
        isIPv4 ? description : "\(IPAddress(bits: (bits >> 64) << 64))/64"
    }
}
