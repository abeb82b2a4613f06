internal import Tokens

extension TenantState {
    /// A header that tokens of this tenant may have: which key signed, and for which kind of token.
    package struct Door: Sendable {
        let header: [UInt8]
        let kind: TokenKind
        let key: SigningKey
    }

    /// Every header of the keys that may verify, so that a genuine token's header need not be parsed.
    static func doors(of ring: KeyRing) -> [Door] {
        ring.entries.filter(\.state.verifies).flatMap { entry in
            TokenKind.allCases.map { kind in
                Door(header: entry.key.headerSegment(typ: kind.type), kind: kind, key: entry.key)
            }
        }
    }

    /// The door whose header segment is exactly this one.
    func door(header: Span<UInt8>) -> Door? {
        doors.first { $0.header.span.equals(header) }
    }

    /// The door of a token whose header is written otherwise than this server writes it.
    func door(parsing token: Span<UInt8>) -> Result<Door, Verdict.Refusal> {
        var ignored: [UInt8] = []
        let parsed: UnverifiedToken
        do throws(TokenFailure) {
            parsed = try UnverifiedToken(token, payload: &ignored)
        } catch {
            return .failure(.malformed)
        }
        guard let kind = TokenKind.allCases.first(where: { $0.type == parsed.typ }) else { return .failure(.malformed) }
        guard let door = doors.first(where: { $0.key.kid == parsed.kid && $0.kind == kind }) else {
            return .failure(.keyUnknown)
        }
        // The algorithm belongs to the key (RFC 8725 §3.1): a header that names another proves tampering.
        guard door.key.algorithm == parsed.algorithm else { return .failure(.signatureInvalid) }
        return .success(door)
    }
}

extension Span<UInt8> {
    /// Whether both have the same bytes; takes time that depends on them.
    package func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
