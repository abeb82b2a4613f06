internal import Domain
internal import Hummingbird
internal import Tokens

/// `POST /tokens/explain`.
struct ExplainEndpoint: Sendable {
    let service: HotService
    let world: World

    private static let bodyLimit = 16 * 1_024

    func answer(_ request: Request, _ context: MainContext) async throws -> Response {
        let headers = HotHeaders(request)
        let caller = try await service.caller(headers.apiKey, needs: .verify, in: context)
        guard headers.isJSON else { throw Failure.unsupportedMediaType }
        let question = try Self.question(in: try await request.wholeBody(limit: Self.bodyLimit))
        let explain = ExplainToken(directory: service.directory, world: world)
        for _ in 0..<HotService.mostLoads {
            switch explain(question, caller: caller) {
            case .load(let want): try await service.load(want, on: context.loop)
            case .explanation(let explanation):
                var response = HotResponse(status: 200)
                response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
                response.body = explanation.json.compactBytes()
                return response.converted()
            }
        }
        throw Failure.storageUnavailable
    }

    private static func question(in body: ByteBuffer) throws(Failure) -> ExplainQuestion {
        var fields = JSONFields(try JSON.read(body))
        var question = ExplainQuestion(token: fields.required("token", as: .string) ?? "")
        question.verifier = fields.optional("verifier", as: .verifier) ?? .server
        question.kind = fields.optional("expect", as: .kind)
        question.audience = fields.optional("audience", as: .string)
        question.at = fields.optional("at", as: .moment)
        question.leeway = fields.optional("leeway", as: .leeway) ?? 0
        try fields.finishRequest()
        return question
    }
}

extension JSONFields.Reading {
    fileprivate static var verifier: JSONFields.Reading<Verifier> {
        let names = Verifier.allCases.map(\.rawValue).joined(separator: ", ")
        return .init("one of \(names)") { $0.string.flatMap(Verifier.init) }
    }

    fileprivate static var moment: JSONFields.Reading<Timestamp> {
        .init("a moment of RFC 3339 in UTC, such as 2026-01-02T03:04:05Z") {
            $0.string.flatMap(Timestamp.init(rfc3339:))
        }
    }

    fileprivate static var leeway: JSONFields.Reading<Int64> {
        let range = 0...ExplainQuestion.mostLeeway
        return .init("an integer from 0 to \(ExplainQuestion.mostLeeway) (seconds)") { json in
            json.wholeNumber.flatMap { range.contains($0) ? $0 : nil }
        }
    }
}
