package import Tokens

/// A password as it is stored: an scrypt hash with its salt and what it cost.
package struct PasswordHash: Sendable, Equatable {
    /// The form in which it is stored, such as `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`, the last two in base64url.
    package let text: String
    private let cost: Scrypt.Cost
    private let salt: [UInt8], hash: [UInt8]

    private static let saltBytes = 16

    /// Hashes a password; dear, see ``Scrypt/hash(_:salt:cost:)``.
    package init(of password: Password, cost: Scrypt.Cost, world: World) throws(TokenFailure) {
        let salt = world.randomBytes(Self.saltBytes)
        self.init(cost: cost, salt: salt, hash: try Scrypt.hash(password.bytes, salt: salt, cost: cost))
    }

    /// The hash that was stored; nil where the text is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let cost = Self.cost(parts[2]) else {
            return nil
        }
        var salt: [UInt8] = [], hash: [UInt8] = []
        guard Base64URL.decode(parts[3].utf8.span, into: &salt), Base64URL.decode(parts[4].utf8.span, into: &hash),
            hash.count == Scrypt.byteCount
        else { return nil }
        self.init(cost: cost, salt: salt, hash: hash)
    }

    private init(cost: Scrypt.Cost, salt: [UInt8], hash: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.hash = hash
        text = "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Base64URL.encode(salt))$\(Base64URL.encode(hash))"
    }

    /// A hash that no password has, to be compared with where there is no account, so that this takes as long.
    package static func ofNobody(cost: Scrypt.Cost, world: World) -> PasswordHash {
        PasswordHash(cost: cost, salt: world.randomBytes(saltBytes), hash: world.randomBytes(Scrypt.byteCount))
    }

    /// Whether this is the password; dear.
    package func matches(_ password: Password) throws(TokenFailure) -> Bool {
        let other = try Scrypt.hash(password.bytes, salt: salt, cost: cost)
        return constantTimeEquals(other.span, hash.span)
    }

    private static func cost(_ text: Substring) -> Scrypt.Cost? {
        var numbers: [Int] = []
        for (name, part) in zip(["ln=", "r=", "p="], text.split(separator: ",", omittingEmptySubsequences: false)) {
            guard part.hasPrefix(name), let number = Int(part.dropFirst(name.count)) else { return nil }
            numbers.append(number)
        }
        return numbers.count == 3 ? Scrypt.Cost(logN: numbers[0], r: numbers[1], p: numbers[2]) : nil
    }
}
