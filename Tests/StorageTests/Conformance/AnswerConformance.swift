import Domain
import Testing
import Tokens

@Suite("Requests that come again, in every store")
struct AnswerConformance {
    /// An application, and commands that may be repeated.
    private struct Scene {
        let store: Store
        let acme: Application

        init(_ backend: Backend, quota: Int64? = nil) throws {
            store = try backend.makeEmpty()
            acme = try Application.stored("acme", in: store, quota: quota)
        }

        /// A command whose sealed answer tells its user and its grant.
        func command(
            _ user: String, key: String = "k", body: String = "b", of apiKey: String = "abcdefghijkl",
            number: UInt64 = 1, name: FieldChange<String> = .keep, after seconds: Int64 = 0
        ) throws -> RepeatableCommand {
            let command = try acme.command(user, name: name).born(after: seconds, number: number)
            let caller = try #require(APIKey.ID(apiKey))
            return RepeatableCommand(
                command, key: try #require(IdempotencyKey(key, of: caller)), request: SHA256.digest(body.utf8.span)
            ) { user in Array("\(user.id.text) \(user.name ?? "-") \(number)".utf8) }
        }

        func issue(_ commands: RepeatableCommand...) throws(StoreFailure) -> [String] {
            try store.storage.issue(commands).map(\.told)
        }

        var pairs: Int64 { get throws { try store.storage.issuedPairs(acme.id, in: Month(of: .start)) } }
    }

    @Test(
        "The same request gets the answer of the first, also in one batch, and one pair is counted",
        arguments: Backend.all)
    func repeats(backend: Backend) throws {
        let scene = try Scene(backend)
        #expect(
            try scene.issue(
                scene.command("u", number: 1, name: .set("Uma")), scene.command("u", number: 2, name: .set("Ute")))
                == ["issued u Uma 1", "repeated u Uma 1"])
        #expect(try scene.issue(scene.command("u", number: 3, name: .clear)) == ["repeated u Uma 1"])
        #expect(try scene.pairs == 1)
        #expect(try scene.store.storage.user(scene.acme.id, .of("u"))?.name == "Uma", "a repetition changes nothing")
        #expect(try scene.issue(scene.command("u", key: "K", number: 4)) == ["issued u Uma 4"])
    }

    @Test(
        "A key that was used for another request is told as such; another API key's is another", arguments: Backend.all)
    func others(backend: Backend) throws {
        let scene = try Scene(backend)
        #expect(
            try scene.issue(
                scene.command("u"), scene.command("v", body: "c"),
                scene.command("w", of: "abcdefghijkm", number: 5))
                == ["issued u - 1", "another request", "issued w - 5"])
        #expect(try scene.issue(scene.command("v", body: "c")) == ["another request"])
        #expect(try scene.store.storage.user(scene.acme.id, .of("v")) == nil)
        #expect(try scene.pairs == 2)
    }

    @Test("An answer is kept for ten minutes, and then the key is free", arguments: Backend.all)
    func ends(backend: Backend) throws {
        let scene = try Scene(backend)
        #expect(try scene.issue(scene.command("u")) == ["issued u - 1"])
        #expect(try scene.issue(scene.command("u", number: 2, after: 599)) == ["repeated u - 1"])
        #expect(try scene.issue(scene.command("u", body: "c", number: 3, after: 600)) == ["issued u - 3"])
        #expect(try scene.issue(scene.command("u", body: "c", number: 4, after: 1_199)) == ["repeated u - 3"])
        #expect(try scene.issue(scene.command("u", number: 5, after: 1_199)) == ["another request"])
    }

    @Test("Nobody who was erased is in an answer that is given again", arguments: Backend.all)
    func erased(backend: Backend) throws {
        let scene = try Scene(backend)
        let keys = ManageKeys(storage: scene.store.storage, keyPrefix: "chatsdk", world: .standing)
        let key = try keys.create(
            for: .tenant(scene.acme.id), name: "backend", by: .commandLine
        ).key.id.text
        #expect(try scene.issue(scene.command("u", of: key, name: .set("Uma"))) == ["issued u Uma 1"])
        _ = try scene.store.storage.purge(
            .of("u"), of: scene.acme.id, at: .start, recording: .sample(for: scene.acme.id))
        #expect(try scene.issue(scene.command("u", of: key, number: 2)) == ["issued u - 2"])
    }

    @Test("A refusal is not kept, and leaves the others of its batch alone", arguments: Backend.all)
    func refused(backend: Backend) throws {
        let scene = try Scene(backend, quota: 2)
        let audit = AuditDraft(.userDeactivated, for: scene.acme.id, by: AuditOrigin(actor: "test"), at: .start)
        _ = try scene.store.storage.issue([scene.acme.command("gone")])
        _ = try scene.store.storage.setStatus(
            .deactivated, of: .of("gone"), of: scene.acme.id, at: .start, recording: audit)
        #expect(
            try scene.issue(
                scene.command("gone", key: "1"), scene.command("u", key: "2"), scene.command("v", key: "3"),
                scene.command("u", key: "2"), scene.command("v", key: "3"))
                == ["user deactivated", "issued u - 1", "quota", "repeated u - 1", "quota"])
        #expect(try scene.pairs == 2)
        #expect(try scene.store.storage.pruneAnswers(at: .start.adding(seconds: 600), limit: 9, dryRun: true) == 1)
    }

    @Test("What cannot be answered is not done", arguments: Backend.all)
    func unanswerable(backend: Backend) throws {
        let scene = try Scene(backend)
        let good = try scene.command("u")
        let bad = RepeatableCommand(good.command, key: good.key, request: good.request) { _ throws(TokenFailure) in
            throw .cryptographyUnavailable
        }
        #expect(failure { () throws(StoreFailure) in _ = try scene.store.storage.issue([bad]) }?.isCorrupt == true)
        #expect(try scene.pairs == 0)
        #expect(try scene.issue(good) == ["issued u - 1"])
    }

    @Test("Twenty at once with one key do it once, and all get the one answer", arguments: Backend.all)
    func herd(backend: Backend) throws {
        let scene = try Scene(backend)
        for round in 0..<5 {
            let answers = atOnce(20) { number in
                (try? scene.issue(scene.command("u", key: "\(round)", number: UInt64(number)))) ?? []
            }
            let flat = answers.compactMap { $0?.first }
            let first = try #require(flat.first { $0.hasPrefix("issued") })
            let told = first.replacing("issued", with: "repeated")
            #expect(flat.count == 20 && flat.filter { $0 == told }.count == 19)
        }
        #expect(try scene.pairs == 5)
    }

    @Test("Old answers are pruned, no more than asked for, and the others stay", arguments: Backend.all)
    func prune(backend: Backend) throws {
        let scene = try Scene(backend)
        for number in 0..<5 {
            let command = try scene.command("u", key: "\(number)", number: UInt64(number), after: Int64(number) * 100)
            _ = try scene.store.storage.issue([command])
        }
        let moment = Timestamp.start.adding(seconds: 800)
        #expect(try scene.store.storage.pruneAnswers(at: moment, limit: 2, dryRun: true) == 3)
        for count: Int64 in [2, 1, 0] {
            #expect(try scene.store.storage.pruneAnswers(at: moment, limit: 2, dryRun: false) == count)
        }
        #expect(try scene.issue(scene.command("u", key: "4", number: 9, after: 900)) == ["repeated u - 4"])
    }
}

extension RepeatableOutcome {
    /// What became of it in words, with what the kept answer says.
    fileprivate var told: String {
        switch self {
        case .issued(let answer): "issued \(String(decoding: answer.sealed, as: UTF8.self))"
        case .repeated(let answer): "repeated \(String(decoding: answer.sealed, as: UTF8.self))"
        case .otherRequest: "another request"
        case .refused(.quotaExceeded): "quota"
        case .refused(.userDeactivated): "user deactivated"
        case .refused: "refused"
        }
    }
}

extension IssueCommand {
    /// The same, asked for later and with another grant.
    fileprivate func born(after seconds: Int64, number: UInt64) -> IssueCommand {
        let moment = Timestamp.start.adding(seconds: seconds)
        let grant = Grant.ID(birth: moment, random: 1, moreRandom: number)
        return IssueCommand(
            change: change, month: month, quota: quota, isQuotaShadowed: isQuotaShadowed,
            draft: TokenDraft(
                state: draft.state, signer: draft.signer, deployment: draft.deployment, apiKey: draft.apiKey,
                grant: grant, issuedAt: moment, expiresAt: moment.adding(seconds: 60), channels: draft.channels))
    }
}
