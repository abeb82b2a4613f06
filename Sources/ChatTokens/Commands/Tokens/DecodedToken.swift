internal import Domain
internal import Tokens

/// The two JSON parts of a token; nothing about it is proved.
struct DecodedToken {
    let header: JSON
    let claims: JSON
    private let headerText: [UInt8], claimsText: [UInt8]
    private let signatureBytes: Int

    private static let longest = 64 * 1_024

    /// Reads three parts of base64url, the first two JSON objects.
    init(_ token: String) throws(CommandFailure) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard token.utf8.count <= Self.longest, parts.count == 3 else {
            throw CommandFailure("This is no token: it is not three parts with two dots between them.")
        }
        (header, headerText) = try Self.object(parts[0], called: "header")
        (claims, claimsText) = try Self.object(parts[1], called: "payload")
        guard let signature = Base64URL.decode(parts[2]) else {
            throw CommandFailure("The signature is not base64url.")
        }
        signatureBytes = signature.count
    }

    private static func object(_ part: String, called name: String) throws(CommandFailure) -> (JSON, [UInt8]) {
        guard let bytes = Base64URL.decode(part) else { throw CommandFailure("The \(name) is not base64url.") }
        do throws(JSONFailure) {
            let json = try JSON.parse(bytes.span, maximumDepth: 64)
            guard json.kind == .object else { throw JSONFailure(.objectExpected, at: 0) }
            return (json, bytes)
        } catch {
            throw CommandFailure("The \(name) is not a JSON object: \(error).")
        }
    }

    /// The token as a JSON object, its two parts as they were signed.
    var document: [UInt8] {
        var document = JSONDocument()
        document.add("verified", false)
        document.add("header", verbatim: headerText)
        document.add("claims", verbatim: claimsText)
        document.add("signatureBytes", JSON(Int64(signatureBytes)))
        return document.bytes
    }

    /// The token for people.
    func sheet(now: Timestamp) -> Sheet {
        var sheet = Sheet()
        for member in header.members ?? [] { sheet.add("header \(member.name)", Self.text(member.value)) }
        for member in claims.members ?? [] {
            let moment = ["iat", "exp", "nbf"].contains(member.name) ? Self.moment(member.value, now: now) : ""
            sheet.add("claim \(member.name)", Self.text(member.value) + moment)
        }
        sheet.add("signature", "\(signatureBytes) bytes, not checked")
        return sheet
    }

    private static func text(_ value: JSON) -> String {
        // Compact JSON has every control character escaped, so that a token cannot steer a terminal.
        String(decoding: value.compactBytes(), as: UTF8.self)
    }

    private static func moment(_ value: JSON, now: Timestamp) -> String {
        guard let seconds = value.integer, abs(seconds) < 1 << 40 else { return "" }
        let distance = seconds - now.seconds
        return " (\(Timestamp(seconds: seconds)), \(distance >= 0 ? "in \(distance) s" : "\(-distance) s ago"))"
    }
}
