internal import Domain
internal import Hummingbird
internal import NIOCore
internal import Tokens

/// `POST /verify/batch`.
struct VerifyBatchEndpoint: Sendable {
    let service: HotService
    let readUser: ReadUser
    let world: World

    static let bodyLimit = 2 * 1_024 * 1_024
    private static let mostTokens = 256

    func answer(_ request: Request, _ context: MainContext) async throws -> Response {
        let headers = HotHeaders(request)
        let caller = try await service.caller(headers.apiKey, needs: .verify, in: context)
        guard headers.isJSON else { throw Failure.unsupportedMediaType }
        let body = try await request.wholeBody(limit: Self.bodyLimit)
        let questions = try Self.questions(in: body)
        let verdicts = try await verdicts(on: questions, caller: caller, loop: context.loop)
        var response = HotResponse(status: 200)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        response.body.append(text: "{\"results\":[")
        for (index, verdict) in verdicts.enumerated() {
            if index > 0 { response.body.append(text: ",") }
            VerdictJSON.append(verdict.verdict, at: world.now(), user: verdict.user, to: &response.body)
        }
        response.body.append(text: "]}")
        return response.converted()
    }

    private func verdicts(
        on questions: [VerifyQuestion], caller: Caller, loop: any EventLoop
    ) async throws(Failure) -> [(verdict: Verdict, user: User??)] {
        var verify = VerifyToken(directory: service.directory, world: world)
        var verdicts: [(verdict: Verdict, user: User??)] = []
        for question in questions {
            let verdict = try await service.verdict(
                on: question.token, expect: question.kind, for: caller, by: &verify, loop: loop)
            verdicts.append((verdict, try await user(of: verdict, wanted: question.includesUser, loop: loop)))
        }
        return verdicts
    }

    private func user(of verdict: Verdict, wanted: Bool, loop: any EventLoop) async throws(Failure) -> User?? {
        guard wanted, case .valid(let token) = verdict else { return nil }
        return .some(
            try await service.onStorageThread(for: loop) { [readUser] () throws(StoreFailure) in
                try readUser(token.tenant, token.user)
            })
    }

    private static func questions(in body: ByteBuffer) throws(Failure) -> [VerifyQuestion] {
        let json = try JSON.read(body)
        var fields = JSONFields(json)
        let tokens = fields.required("tokens", as: .array)
        let include = fields.optional("include", as: .strings) ?? []
        if json["include"]?.isNull == true || include.contains(where: { $0 != "user" }) {
            fields.refuse("include", "must be an array of \"user\"")
        }
        if let tokens, !(1...mostTokens).contains(tokens.count) {
            fields.refuse("tokens", "must have 1 to \(mostTokens) elements")
        }
        try fields.finishRequest()
        var questions: [VerifyQuestion] = []
        for (index, token) in (tokens ?? []).enumerated() {
            var entry = JSONFields(token)
            let text = entry.required("token", as: .string)
            let kind = entry.required("expect", as: .kind)
            try entry.finishRequest(of: "tokens[\(index)]")
            guard let text, let kind else { throw .internalError }
            questions.append(
                VerifyQuestion(token: Array(text.utf8), kind: kind, includesUser: include.contains("user")))
        }
        return questions
    }
}

extension JSONFields.Reading {
    /// `rest` or `ws`.
    static var kind: JSONFields.Reading<TokenKind> { .init("rest or ws") { $0.string.flatMap(TokenKind.init) } }
}
