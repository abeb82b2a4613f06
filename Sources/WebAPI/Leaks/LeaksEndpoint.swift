internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Tokens

/// `POST /leaks`: what a secret scanner found, in the format of GitHub's partner programme.
struct LeaksEndpoint: Sendable {
    let service: HotService
    let desk: LeakDesk
    /// Whose reports are taken; nil: nobody's.
    let reporters: LeakReporters?

    /// The most bytes of a message, which may have many matches.
    private static let bodyLimit = 1_024 * 1_024
    /// How many matches one message can have: each costs a look-up.
    private static let mostMatches = 1_000

    /// One match of a message.
    private struct Match: Sendable {
        let token: String, type: String, place: String
    }

    func answer(_ request: Request, _ context: MainContext) async throws -> Response {
        guard let reporters else { throw Failure.accessDenied("This server takes no reports of leaked keys.") }
        let body = try await request.wholeBody(limit: Self.bodyLimit)
        let (identifier, signature) = (request.headers[.leakKey], request.headers[.leakSignature])
        guard let identifier, let signature = signature.flatMap(Base64.decode),
            let key = await reporters.key(identifier), key.verify(der: signature, of: body.readableBytesUInt8Span)
        else { throw Failure.signatureInvalid }
        let matches = try Self.matches(in: body)
        let origin = AuditOrigin(
            actor: "leak desk", address: context.client?.description, requestID: context.requestID)
        let findings = try await service.manage(on: context.loop) { [desk] () throws(ManagementFailure) in
            var findings: [LeakDesk.Finding?] = []
            for match in matches { findings.append(try desk.report(match.token, at: match.place, by: origin)) }
            return findings
        }
        note(findings)
        return HotResponse(JSON(zip(matches, findings).map(Self.label))).converted()
    }

    /// Puts the changes in force on this server and tells its operator; others learn of them from the change log.
    private func note(_ findings: [LeakDesk.Finding?]) {
        for case let finding? in findings where finding.isNew {
            service.directory.apply([Change(sequence: 0, subject: .apiKey(finding.key.id))])
            service.logger.warning(
                "an API key was found in the open",
                metadata: [
                    "key": "\(finding.key.id)", "owner": "\(finding.key.owner.tenant?.text ?? finding.key.owner.kind)",
                    "where": "\(finding.key.leak?.place ?? "")",
                    "quarantined": "\(finding.key.leak?.quarantinedAt != nil)",
                ])
        }
    }

    private static func matches(in body: ByteBuffer) throws(Failure) -> [Match] {
        let json = try JSON.read(body)
        guard let elements = json.array, (1...mostMatches).contains(elements.count) else {
            throw .invalidRequest("The body must be an array of 1 to \(mostMatches) matches.", [])
        }
        var matches: [Match] = []
        for (index, element) in elements.enumerated() {
            // Members that are not known are passed over: the format is another's, and grows.
            guard let token = element["token"]?.string, let type = element["type"]?.string else {
                throw .invalidRequest(
                    Failure.unacceptable, [Failure.Field("[\(index)]", "must have the strings token and type")])
            }
            let url = element["url"]?.string ?? ""
            matches.append(Match(token: token, type: type, place: url.isEmpty ? element["source"]?.string ?? "" : url))
        }
        return matches
    }

    /// Whether it was a key; the token itself is not repeated.
    private static func label(_ match: Match, _ finding: LeakDesk.Finding?) -> JSON {
        [
            "token_hash": JSON(Base64.encode(SHA256.digest(match.token.utf8.span).bytes)),
            "token_type": JSON(match.type), "label": finding == nil ? "false_positive" : "true_positive",
        ]
    }
}

extension HTTPField.Name {
    /// `Github-Public-Key-Identifier`.
    fileprivate static let leakKey = known("Github-Public-Key-Identifier")
    /// `Github-Public-Key-Signature`.
    fileprivate static let leakSignature = known("Github-Public-Key-Signature")
}
