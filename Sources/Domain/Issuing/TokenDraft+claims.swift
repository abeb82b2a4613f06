internal import Tokens

extension TokenDraft {
    /// Appends the claims of one token as a JSON object, in the shape that every gateway of the field accepts.
    func appendClaims(of kind: TokenKind, for user: User, to out: inout [UInt8]) {
        let fixed = kind == .rest ? state.restClaims : state.wsClaims
        out.append(copying: fixed.beforeSubject.span)
        out.append(json: user.id.text)
        out.append(copying: fixed.beforeIssuedAt.span)
        JSONText.appendInteger(issuedAt.seconds, to: &out)
        out.append(text: ",\"exp\":")
        JSONText.appendInteger(expiresAt.seconds, to: &out)
        out.append(text: ",\"jti\":\"")
        grant.append(to: &out)
        out.append(copying: fixed.afterGrant.span)
        out.append(string: apiKey.text)
        out.append(text: "\"")
        if let label {
            out.append(text: ",\"lbl\":")
            out.append(json: label.text)
        }
        if kind == .ws { appendRealtimeClaims(for: user, fixed, to: &out) }
        if !state.tenant.tokenClaims.isEmpty { appendCustom(of: user, to: &out) }
        out.append(text: "}")
    }

    private func appendRealtimeClaims(
        for user: User, _ fixed: TenantState.FixedClaims, to out: inout [UInt8]
    ) {
        out.append(text: ",\"info\":{")
        if let name = user.name {
            out.append(text: "\"name\":")
            out.append(json: name)
        }
        if let image = user.image {
            out.append(text: user.name == nil ? "\"image\":" : ",\"image\":")
            out.append(json: image)
        }
        out.append(text: "}")
        out.append(copying: fixed.meta.span)
        if let channels {
            out.append(text: ",\"channels\":")
            out.append(copying: channels.span)
        }
        if let host = state.tenant.xmppHost {
            out.append(text: ",\"jid\":")
            out.append(json: XMPPAddress.text(local: user.id.text, host: host))
        }
    }

    /// Appends `,"custom":{…}` with the members the tenant wants in tokens, as far as the user has them.
    private func appendCustom(of user: User, to out: inout [UInt8]) {
        guard let custom = user.custom else { return }
        var scanner = JSONScanner()
        // Only what this scanner accepted is ever stored; a row that was changed by hand yields no claims.
        guard (try? scanner.scanObject(custom.span, maximumDepth: 17)) != nil else { return }
        var isFirst = true
        for member in scanner.members {
            let name = JSONText.string(unescaping: custom.span, member.name)
            guard state.tenant.tokenClaims.contains(name) else { continue }
            out.append(text: isFirst ? ",\"custom\":{" : ",")
            out.append(json: name)
            out.append(text: ":")
            // Gateways refuse what is stored as it came, if it came with `\/`.
            JSONText.appendPlainSlashes(custom.span, member.value, to: &out)
            isFirst = false
        }
        if !isFirst { out.append(text: "}") }
    }
}

/// The escaping of XEP-0106, by which any user identifier becomes the local part of an XMPP address.
enum XMPPAddress {
    private static let reserved = Array(" \"&'/:<>@\\".utf8)
    private static let digits = Array("0123456789abcdef".utf8)

    static func text(local: String, host: String) -> String {
        // By bytes: a `Character` may be a reserved sign together with the accent that follows it.
        let bytes = Array(local.utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\\") ? beginsEscape(bytes[(index + 1)...]) : reserved.contains(byte) {
                text.append(UInt8(ascii: "\\"))
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 0xF)])
            } else {
                text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self) + "@" + host
    }

    /// Whether a backslash before these bytes would read as an escape; only then it is escaped itself.
    private static func beginsEscape(_ rest: ArraySlice<UInt8>) -> Bool {
        let code = rest.prefix(2)
        return reserved.contains { code.elementsEqual([digits[Int($0 >> 4)], digits[Int($0 & 0xF)]]) }
    }
}
