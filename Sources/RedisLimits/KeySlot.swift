/// Which of the 16,384 parts of a cluster a key belongs to (Redis Cluster Specification, "Key distribution model").
enum KeySlot {
    static let count = 16_384

    /// The slot: CRC-16/XMODEM of what is in the first pair of braces, or of the whole key where there is nothing.
    static func slot(of key: String) -> Int {
        let bytes = Array(key.utf8)
        if let open = bytes.firstIndex(of: UInt8(ascii: "{")),
            let close = bytes[open...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
        {
            return crc16(bytes[(open + 1)..<close])
        }
        return crc16(bytes[...])
    }

    private static func crc16(_ bytes: ArraySlice<UInt8>) -> Int {
        var crc: UInt16 = 0
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
        return Int(crc) % count
    }
}
