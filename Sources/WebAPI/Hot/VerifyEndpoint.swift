internal import Domain
internal import NIOCore
internal import Tokens

/// `POST /verify`.
struct VerifyEndpoint: Sendable {
    let readUser: ReadUser
    let world: World

    func step(_ request: HotRequest, in workspace: Workspace, service: HotService, sink: any HotSink) -> HotStep {
        switch service.authenticate(request, needs: .verify) {
        case .refused(let failure): return .refuse(failure)
        case .load(let want): return .load(want)
        case .caller(let caller):
            let body = request.body
            do throws(Failure) {
                guard request.headers.isJSON else { throw .unsupportedMediaType }
                let question = try VerifyBody.read(body.readableBytesUInt8Span, scanner: &workspace.scanner)
                return answer(question, caller, request, in: workspace, service: service, sink: sink)
            } catch {
                return .refuse(error)
            }
        }
    }

    private func answer(
        _ question: VerifyQuestion, _ caller: Caller, _ request: HotRequest, in workspace: Workspace,
        service: HotService, sink: any HotSink
    ) -> HotStep {
        switch workspace.verify(question.token.span, expect: question.kind, caller: caller) {
        case .load(let want): return .load(want)
        case .verdict(let verdict):
            guard question.includesUser, case .valid(let token) = verdict else {
                return .respond(response(verdict, user: nil, in: workspace))
            }
            let waiting = NIOLoopBound((request, workspace, sink), eventLoop: workspace.loop)
            service.onStorageThread(for: workspace.loop) { [readUser] () throws(StoreFailure) in
                try readUser(token.tenant, token.user)
            } then: { result in
                let (request, workspace, sink) = waiting.value
                switch result {
                case .success(let user): sink.respond(response(verdict, user: .some(user), in: workspace), to: request)
                case .failure(let failure): service.refuse(request, with: failure, sink: sink)
                }
            }
            return .waiting
        }
    }

    private func response(_ verdict: Verdict, user: User??, in workspace: Workspace) -> HotResponse {
        var response = workspace.response(status: 200)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        VerdictJSON.append(verdict, at: world.now(), user: user, to: &response.body)
        return response
    }
}
