import Domain
import Testing
import Tokens

/// A verifier that asks about tokens on behalf of somebody.
struct Door {
    let house: House
    let caller: Caller

    /// A node key of the operator asks.
    init(node house: House) throws {
        try self.init(house, key: try house.keys.create(for: .node, name: "gateway").text)
    }

    /// A key of the tenant asks.
    init(_ house: House, tenant: String) throws {
        let id = try house.state(tenant).tenant.id
        try self.init(house, key: try house.keys.create(for: .tenant(id), name: "backend").text)
    }

    private init(_ house: House, key: String) throws {
        self.house = house
        house.directory.confirmFresh(now: house.clock.monotonic)
        let authenticate = Authenticate(directory: house.directory, world: house.world)
        for _ in 0..<4 {
            switch authenticate(key, needs: .verify) {
            case .caller(let caller):
                self.caller = caller
                return
            case .load(let want): try house.directory.load(want)
            case .refused(let failure): throw failure
            }
        }
        throw House.Absent()
    }

    /// The verdict, with everything loaded that it takes.
    func verdict(on token: String, expect kind: TokenKind = .ws) throws -> Verdict {
        var verify = VerifyToken(directory: house.directory, world: house.world)
        for _ in 0..<4 {
            switch verify(token.utf8.span, expect: kind, caller: caller) {
            case .verdict(let verdict): return verdict
            case .load(let want): try house.directory.load(want)
            }
        }
        throw House.Absent()
    }

    /// The refusal, or nil where the token is valid.
    func refusal(of token: String, expect kind: TokenKind = .ws) throws -> Verdict.Refusal? {
        switch try verdict(on: token, expect: kind) {
        case .valid: nil
        case .invalid(let refusal): refusal
        }
    }
}
