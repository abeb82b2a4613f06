internal import Tokens

/// What a token says, with nothing proved.
struct ReadToken {
    /// Why a token cannot be read.
    struct Fault: Error {
        let refusal: Verdict.Refusal
        let detail: String
    }

    let bytes: [UInt8]
    let form: UnverifiedToken
    let claims: JSON
    let issuer: String, subject: String, audience: String, identifier: String
    let issuedAt: Timestamp, expiresAt: Timestamp

    /// Nesting allowed in a payload, as for the verifier.
    private static let deepest = 20
    /// Seconds beyond which no date is taken, as for the verifier: 12 digits.
    private static let latest: Int64 = 999_999_999_999

    init(_ text: String) throws(Fault) {
        let bytes = Array(text.utf8)
        let form: UnverifiedToken
        var payload: [UInt8] = []
        do throws(TokenFailure) {
            form = try UnverifiedToken(bytes.span, payload: &payload)
        } catch {
            throw Fault(refusal: .malformed, detail: Self.words(for: error))
        }
        let claims: JSON
        do throws(JSONFailure) {
            claims = try JSON.parse(payload.span, maximumDepth: Self.deepest)
        } catch {
            throw Fault(refusal: .malformed, detail: "The payload is not a JSON object: \(error).")
        }
        self.bytes = bytes
        self.form = form
        self.claims = claims
        issuer = try Self.text("iss", claims)
        subject = try Self.text("sub", claims)
        audience = try Self.text("aud", claims)
        identifier = try Self.text("jti", claims)
        issuedAt = try Self.date("iat", claims)
        expiresAt = try Self.date("exp", claims)
    }

    private static func text(_ name: String, _ claims: JSON) throws(Fault) -> String {
        guard let text = claims[name]?.string else {
            throw Fault(refusal: .malformed, detail: "The claim \(name) is missing or not one plain string.")
        }
        return text
    }

    private static func date(_ name: String, _ claims: JSON) throws(Fault) -> Timestamp {
        guard let seconds = claims[name]?.integer, (0...latest).contains(seconds) else {
            throw Fault(
                refusal: .malformed, detail: "The claim \(name) is missing or not a whole number of seconds since 1970."
            )
        }
        return Timestamp(seconds: seconds)
    }

    private static func words(for failure: TokenFailure) -> String {
        switch failure {
        case .algorithmRefused: "The header names an algorithm that this server never signs with, such as none."
        case .malformed(.tooLong): "The token is longer than \(UnverifiedToken.maximumBytes) bytes."
        case .malformed(.notThreeSegments): "The token is not three parts with two dots between them."
        case .malformed(.notBase64URL): "A part of the token is not canonical base64url without padding."
        case .malformed(.headerNotJSON): "The header is not a JSON object without duplicate members."
        case .malformed(.headerMemberUnknown): "The header has a member beyond alg, typ and kid."
        case .malformed(.headerMemberMissing): "The header lacks one of alg, typ and kid."
        default: "The token cannot be read."
        }
    }
}
