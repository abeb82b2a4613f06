internal import Domain
internal import NIOCore
internal import Tokens

/// `POST /verify`.
struct VerifyEndpoint: Sendable {
    let readUser: ReadUser
    let world: World

    func step(_ request: HotRequest, in workspace: Workspace, service: HotService) -> HotStep {
        switch service.authenticate(request.headers.apiKey, needs: .verify) {
        case .refused(let failure): return .refuse(failure)
        case .load(let want): return .load(want)
        case .caller(let caller):
            do throws(Failure) {
                guard request.headers.isJSON else { throw .unsupportedMediaType }
                let question = try VerifyBody.read(
                    request.body.readableBytesUInt8Span, scanner: &workspace.scanner)
                return answer(question, caller, in: workspace, service: service)
            } catch {
                return .refuse(error)
            }
        }
    }

    private func answer(
        _ question: VerifyQuestion, _ caller: Caller, in workspace: Workspace, service: HotService
    ) -> HotStep {
        switch workspace.verify(question.token.span, expect: question.kind, caller: caller) {
        case .load(let want): return .load(want)
        case .verdict(let verdict):
            guard question.includesUser, case .valid(let token) = verdict else {
                return .respond(Self.response(verdict, user: nil, at: world.now()))
            }
            return .later { [world, readUser] reply in
                service.onStorageThread(for: workspace.loop) { () throws(StoreFailure) in
                    try readUser(token.tenant, token.user)
                } then: { result in
                    switch result {
                    case .success(let user): reply(.success(Self.response(verdict, user: .some(user), at: world.now())))
                    case .failure(let failure): reply(.failure(failure))
                    }
                }
            }
        }
    }

    private static func response(_ verdict: Verdict, user: User??, at now: Timestamp) -> HotResponse {
        var response = HotResponse(status: 200)
        response.body.reserveCapacity(1_024)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        VerdictJSON.append(verdict, at: now, user: user, to: &response.body)
        return response
    }
}
